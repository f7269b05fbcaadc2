pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Each language under its own name.
Sheet {
    id: languages

    required property var kiosk
    property var view: ({})

    side: Metrics.px(Metrics.portrait ? 48 : 72)

    above: Row {
        anchors.verticalCenter: parent.verticalCenter
        spacing: Metrics.px(26)

        Icon {
            name: "language"
            size: Metrics.px(72)
            color: Tokens.amberColor
            anchors.verticalCenter: parent.verticalCenter
        }
        Label {
            text: languages.view.title ?? ""
            strong: true
            color: Tokens.amberColor
            font.pixelSize: Metrics.letters(48, 24)
            anchors.verticalCenter: parent.verticalCenter
        }
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: Metrics.gap

        GridLayout {
            columns: 2
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            uniformCellWidths: true
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
                    Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(112))
                    onTapped: languages.kiosk.pickLanguage(modelData.code)

                    Label {
                        anchors.centerIn: parent
                        text: each.modelData.name
                        color: Tokens.paperColor
                        font.pixelSize: Metrics.letters(38, 20)
                    }
                }
            }
        }

        Item {
            Layout.fillHeight: true
        }

        Quiet {
            objectName: "back"
            title: languages.view.back ?? ""
            sign: "back"
            ink: Tokens.softColor
            edge: Tokens.inkLineColor
            onTapped: languages.kiosk.tap("back")
        }
    }
}
