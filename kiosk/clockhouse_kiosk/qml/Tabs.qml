pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Which jobs the tiles show, and the way to finding one by its number or name.
RowLayout {
    id: tabs

    required property var kiosk
    property var view: ({})

    spacing: Metrics.gap / 2

    Repeater {
        model: tabs.view.tabs ?? []

        Press {
            id: tab
            required property var modelData
            readonly property bool chosen: modelData.tab === tabs.view.tab
            objectName: "tab-" + modelData.tab
            label: modelData.title
            rest: chosen ? Tokens.textColor : "transparent"
            lit: chosen ? Tokens.textColor : Tokens.faceColor
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: name.implicitWidth + Metrics.px(32)
            Layout.minimumWidth: Metrics.target
            onTapped: tabs.kiosk.tab(modelData.tab)

            Label {
                id: name
                anchors.centerIn: parent
                width: Math.min(implicitWidth, tab.width - Metrics.px(12))
                text: tab.modelData.title
                color: tab.chosen ? Tokens.paperColor : Tokens.muteColor
                font.pixelSize: Metrics.letters(25, 16)
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 12
                horizontalAlignment: Text.AlignHCenter
            }
        }
    }

    Quiet {
        objectName: "find"
        visible: !Metrics.gloves
        title: tabs.view.find ?? ""
        sign: "find"
        rest: Tokens.cardColor
        ink: Tokens.muteColor
        Layout.preferredWidth: implicitWidth
        onTapped: tabs.kiosk.tap("search")
    }
}
