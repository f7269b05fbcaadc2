pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Digits as on a telephone, the same way round in every language.
GridLayout {
    id: pad

    required property var kiosk
    property string ok: ""
    property bool light: false
    property var digits: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]
    property var keys: [...digits.slice(0, 9), "erase", digits[9], "enter"]

    columns: 3
    columnSpacing: Metrics.gap
    rowSpacing: Metrics.gap
    layoutDirection: Qt.LeftToRight
    LayoutMirroring.enabled: false

    Repeater {
        model: pad.visible ? pad.keys : []

        Press {
            id: key
            required property string modelData
            readonly property bool digit: modelData.length === 1
            readonly property bool last: modelData === "enter"
            objectName: "key-" + modelData
            opacity: modelData === "" ? 0 : 1
            label: modelData
            rest: last ? (pad.light ? Tokens.jobColor : Tokens.amberColor) : pad.light ? Tokens.cardColor : Tokens.ink2Color
            lit: last ? Qt.darker(rest, 1.2) : pad.light ? Tokens.faceColor : Tokens.inkLitColor
            border.color: last ? rest : pad.light ? Tokens.lineColor : Tokens.inkLineColor
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
                color: key.last ? (pad.light ? Tokens.onColorColor : Tokens.inkColor) : pad.light ? Tokens.textColor : Tokens.paperColor
                font.pixelSize: key.digit ? Metrics.letters(54, 30) : Metrics.letters(40, 24)
            }

            Loader {
                active: key.modelData === "erase"
                anchors.centerIn: parent

                sourceComponent: Icon {
                    name: "erase"
                    color: pad.light ? Tokens.muteColor : Tokens.softColor
                    size: Metrics.px(50)
                }
            }
        }
    }
}
