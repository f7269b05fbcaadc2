import QtQuick
import QtQuick.Layouts
import "../style"

// The clock of the house, and the one sentence that everybody needs.
Item {
    id: idle

    required property var kiosk
    property var view: ({})

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(Metrics.portrait ? 56 : 72)
        anchors.rightMargin: Metrics.px(Metrics.portrait ? 56 : 72)
        anchors.bottomMargin: Metrics.px(48)
        spacing: 0

        Item {
            Layout.fillHeight: true
            Layout.preferredHeight: 1
        }

        RowLayout {
            spacing: Metrics.px(24)
            LayoutMirroring.enabled: false
            Layout.alignment: Qt.AlignLeft
            // Digits have no descenders: the line's own room below them would tear clock and date apart.
            Layout.bottomMargin: -Metrics.px(34)
            Layout.topMargin: -Metrics.px(40)

            Label {
                objectName: "clock"
                text: idle.view.clock ?? ""
                strong: true
                color: Tokens.paperColor
                font.pixelSize: Metrics.clock
                Layout.alignment: Qt.AlignBaseline
            }

            Label {
                visible: text !== ""
                text: idle.view.half ?? ""
                color: Tokens.softColor
                font.pixelSize: Metrics.title
                Layout.alignment: Qt.AlignBaseline
            }
        }

        Label {
            text: idle.view.date ?? ""
            color: Tokens.softColor
            font.pixelSize: Metrics.letters(42, 24)
            Layout.fillWidth: true
            fontSizeMode: Text.HorizontalFit
        }

        Item {
            Layout.fillHeight: true
            Layout.preferredHeight: 1
        }

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.px(24)

            Icon {
                name: "badge"
                size: Metrics.px(72)
                color: Tokens.amberColor
            }

            Label {
                objectName: "sentence"
                text: idle.view.sentence ?? ""
                strong: true
                color: Tokens.amberColor
                font.pixelSize: Metrics.letters(46, 24)
                Layout.fillWidth: true
                wrapMode: Text.WordWrap
                maximumLineCount: 2
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: Metrics.body
            }
        }

        RowLayout {
            Layout.topMargin: Metrics.px(44)
            Layout.fillWidth: true
            spacing: Metrics.px(24)

            Press {
                objectName: "pin"
                label: idle.view.pin ?? ""
                rest: Tokens.ink2Color
                lit: Tokens.inkLitColor
                border.color: Tokens.inkLineColor
                border.width: Metrics.edge
                Layout.preferredWidth: Math.max(Metrics.px(300), pin.implicitWidth + Metrics.px(64))
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(128))
                onTapped: idle.kiosk.tap("number")

                Row {
                    id: pin
                    anchors.centerIn: parent
                    spacing: Metrics.px(26)

                    Icon {
                        name: "pin"
                        size: Metrics.px(46)
                        color: Tokens.amberColor
                        anchors.verticalCenter: parent.verticalCenter
                    }
                    Label {
                        text: idle.view.pin ?? ""
                        color: Tokens.paperColor
                        font.pixelSize: Metrics.letters(34, 15)
                        anchors.verticalCenter: parent.verticalCenter
                    }
                }
            }

            Item {
                Layout.fillWidth: true
            }

            Quiet {
                objectName: "languages"
                title: idle.view.language_name ?? ""
                sign: "language"
                ink: Tokens.softColor
                edge: Tokens.inkLineColor
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(128))
                Layout.preferredWidth: Math.max(implicitWidth, Metrics.px(220))
                onTapped: idle.kiosk.tap("languages")
            }
        }
    }
}
