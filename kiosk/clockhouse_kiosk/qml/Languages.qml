pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Each language under its own name.
Item {
    id: languages

    required property var kiosk
    property var view: ({})

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(72)
        anchors.rightMargin: Metrics.px(72)
        anchors.bottomMargin: Metrics.px(48)
        anchors.topMargin: Metrics.px(40)
        spacing: Metrics.px(40)

        Label {
            text: languages.view.title ?? ""
            strong: true
            color: Tokens.amberColor
            font.pixelSize: Metrics.head
        }

        GridLayout {
            columns: 2
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            Layout.fillWidth: true

            Repeater {
                model: languages.view.languages ?? []

                Press {
                    id: each
                    required property var modelData
                    objectName: "language-" + modelData.code
                    label: modelData.name
                    rest: Tokens.ink2Color
                    lit: Tokens.inkLitColor
                    border.color: Tokens.inkLineColor
                    border.width: Metrics.edge
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(120))
                    onTapped: languages.kiosk.pickLanguage(modelData.code)

                    Label {
                        anchors.centerIn: parent
                        text: each.modelData.name
                        color: Tokens.paperColor
                        font.pixelSize: Metrics.letters(36, 15)
                    }
                }
            }
        }

        Item {
            Layout.fillHeight: true
        }
    }
}
