pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Digits as on a telephone, the same way round in every language.
GridLayout {
    id: pad

    required property var kiosk
    property string ok: ""
    property var keys: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "enter"]

    columns: 3
    columnSpacing: Metrics.gap
    rowSpacing: Metrics.gap
    layoutDirection: Qt.LeftToRight
    LayoutMirroring.enabled: false

    Repeater {
        model: pad.keys

        Press {
            id: key
            required property string modelData
            readonly property bool digit: modelData.length === 1
            readonly property bool last: modelData === "enter"
            objectName: "key-" + modelData
            label: modelData
            rest: last ? Tokens.amberColor : Tokens.ink2Color
            lit: last ? Qt.darker(Tokens.amberColor, 1.2) : Tokens.inkLitColor
            border.color: last ? Tokens.amberColor : Tokens.inkLineColor
            border.width: Metrics.edge
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 1
            Layout.preferredHeight: 1
            Layout.minimumHeight: Metrics.target
            onTapped: digit ? pad.kiosk.key(modelData) : pad.kiosk.tap(modelData)

            Label {
                visible: key.modelData !== "erase"
                anchors.centerIn: parent
                text: key.digit ? key.modelData : key.last ? pad.ok : ""
                strong: true
                color: key.last ? Tokens.inkColor : Tokens.paperColor
                font.pixelSize: key.digit ? Metrics.letters(54, 30) : Metrics.letters(40, 24)
            }

            Icon {
                visible: key.modelData === "erase"
                anchors.centerIn: parent
                name: "erase"
                color: Tokens.softColor
                size: Metrics.px(50)
            }
        }
    }
}
