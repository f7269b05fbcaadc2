pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Which jobs the tiles show, and the way to finding one by its number or name.
RowLayout {
    id: tabs

    required property var kiosk
    property var view: ({})

    spacing: Math.max(5, Metrics.gap / 2)

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
            Layout.preferredWidth: name.natural + Metrics.px(32)
            Layout.minimumWidth: Metrics.target
            onTapped: tabs.kiosk.tab(modelData.tab)

            Fitted {
                id: name
                anchors.centerIn: parent
                room: tab.width - 6
                text: tab.modelData.title
                color: tab.chosen ? Tokens.paperColor : Tokens.muteColor
                font.pixelSize: Metrics.letters(25, 16)
                height: tab.height - 6
            }
        }
    }

    Quiet {
        objectName: "find"
        visible: !Metrics.gloves && label !== ""
        title: tabs.width > Metrics.px(780) || tabs.view.tabs?.length < 4 ? tabs.view.find ?? "" : ""
        label: tabs.view.find ?? ""
        sign: "find"
        rest: Tokens.cardColor
        ink: Tokens.muteColor
        Layout.preferredWidth: Math.max(Metrics.target, implicitWidth)
        Layout.minimumWidth: Metrics.target
        onTapped: tabs.kiosk.tap("search")
    }
}
