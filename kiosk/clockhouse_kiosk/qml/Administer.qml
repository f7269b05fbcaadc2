pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// An administrator's mode: what the machine says above, everything to touch below.
Item {
    id: administer

    required property var kiosk
    property var view: ({})
    readonly property var buttons: view.buttons ?? []
    readonly property int columns: Metrics.portrait ? (Metrics.large ? 2 : 3) : buttons.length > 8 ? 4 : Math.max(3, Math.min(4, buttons.length))

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Metrics.margin
        anchors.topMargin: Metrics.gap
        spacing: Metrics.gap

        Label {
            objectName: "administerTitle"
            Layout.fillWidth: true
            text: administer.view.title ?? ""
            strong: true
            color: Tokens.jobColor
            font.pixelSize: Metrics.letters(36, 20)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 14
        }
        Label {
            objectName: "administerSaid"
            visible: text !== ""
            Layout.fillWidth: true
            text: administer.view.said ?? ""
            strong: true
            color: (administer.view.good ?? true) ? Tokens.inColor : Tokens.outColor
            font.pixelSize: Metrics.letters(26, 16)
            wrapMode: Text.Wrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
            Layout.maximumHeight: administer.height * 0.2
        }
        Label {
            visible: text !== ""
            Layout.fillWidth: true
            text: administer.view.about ?? ""
            font.pixelSize: Metrics.letters(28, 16)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
            Layout.maximumHeight: administer.height * 0.3
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Metrics.px(8)

            Repeater {
                model: administer.view.rows ?? []

                RowLayout {
                    id: row
                    required property var modelData
                    readonly property bool told: modelData.level !== ""
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.maximumHeight: Metrics.px(Metrics.portrait ? 150 : 96)
                    spacing: Metrics.px(16)

                    Icon {
                        visible: row.told
                        name: row.modelData.level === "ok" ? "check" : "refused"
                        color: row.modelData.level === "ok" ? Tokens.inColor : row.modelData.level === "warn" ? Tokens.breakColor : Tokens.outColor
                        size: Metrics.px(36)
                    }
                    Label {
                        Layout.fillHeight: true
                        Layout.fillWidth: true
                        Layout.preferredWidth: 3
                        verticalAlignment: Text.AlignVCenter
                        text: row.modelData.label
                        color: Tokens.muteColor
                        font.pixelSize: Metrics.caption
                        wrapMode: Text.Wrap
                        fontSizeMode: Text.Fit
                        minimumPixelSize: 12
                    }
                    Label {
                        Layout.fillHeight: true
                        Layout.fillWidth: true
                        Layout.preferredWidth: 7
                        verticalAlignment: Text.AlignVCenter
                        text: row.modelData.do !== "" ? row.modelData.value + "\n" + row.modelData.do : row.modelData.value
                        strong: row.modelData.do === ""
                        font.pixelSize: Metrics.caption
                        wrapMode: Text.Wrap
                        fontSizeMode: Text.Fit
                        minimumPixelSize: 12
                    }
                }
            }
            Item {
                Layout.fillHeight: true
                Layout.preferredHeight: 0
            }
        }

        GridLayout {
            Layout.fillWidth: true
            columns: administer.columns
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            uniformCellWidths: true
            layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

            Repeater {
                model: administer.buttons

                Quiet {
                    required property var modelData
                    readonly property bool filled: modelData.chief || modelData.chosen
                    objectName: modelData.name
                    title: modelData.title
                    sign: modelData.sign
                    rest: modelData.chief ? Tokens.jobColor : modelData.chosen ? Tokens.textColor : "transparent"
                    ink: filled ? Tokens.onColorColor : Tokens.textColor
                    edge: filled ? rest : Tokens.lineColor
                    Layout.fillWidth: true
                    onTapped: administer.kiosk.press(modelData.name)
                }
            }
        }
    }
}
