import QtQuick
import QtQuick.Layouts
import "../style"

// Nobody can punch here yet: what an administrator does now, and what to compare.
Item {
    id: join

    required property var kiosk
    property var view: ({})

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(Metrics.portrait ? 48 : 72)
        anchors.rightMargin: Metrics.px(Metrics.portrait ? 48 : 72)
        anchors.bottomMargin: Metrics.px(64)
        spacing: Metrics.px(32)

        Item {
            Layout.fillHeight: true
        }

        Label {
            objectName: "joinTitle"
            Layout.fillWidth: true
            text: join.view.title ?? ""
            strong: true
            color: Tokens.amberColor
            font.pixelSize: Metrics.letters(64, 15)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 20
            Layout.maximumHeight: join.height * 0.28
        }

        Label {
            objectName: "words"
            visible: text !== ""
            Layout.fillWidth: true
            text: join.view.words ?? ""
            strong: true
            color: Tokens.paperColor
            font.pixelSize: Metrics.letters(88, 15)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Metrics.body
        }

        Label {
            Layout.fillWidth: true
            text: join.view.detail ?? ""
            color: Tokens.softColor
            font.pixelSize: Metrics.letters(32, 18)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 16
            Layout.maximumHeight: join.height * 0.28
        }

        Label {
            visible: text !== ""
            Layout.fillWidth: true
            text: join.view.note ?? ""
            color: Tokens.softColor
            font.pixelSize: Metrics.letters(26, 16)
            wrapMode: Text.WordWrap
        }

        GridLayout {
            visible: (join.view.setup ?? "") !== ""
            Layout.fillWidth: true
            columns: Metrics.portrait ? 1 : 2
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            uniformCellWidths: true

            Press {
                id: setup
                objectName: "setup"
                label: join.view.setup ?? ""
                rest: Tokens.amberColor
                lit: Qt.darker(Tokens.amberColor, 1.2)
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(112))
                onTapped: join.kiosk.tap("setup")

                Fitted {
                    anchors.centerIn: parent
                    room: setup.width - Metrics.px(28)
                    height: setup.height - Metrics.px(10)
                    text: setup.label
                    strong: true
                    color: Tokens.inkColor
                    font.pixelSize: Metrics.letters(38, 20)
                }
            }
            Quiet {
                objectName: "languages"
                title: join.view.choose ?? ""
                sign: "language"
                ink: Tokens.softColor
                edge: Tokens.inkLineColor
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(112))
                onTapped: join.kiosk.tap("languages")
            }
        }

        Item {
            visible: (join.view.setup ?? "") === ""
            Layout.fillHeight: true
        }
    }
}
