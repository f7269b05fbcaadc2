pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Nobody clocked out: ask when they left, kindly, and take "later" for an answer.
Item {
    id: forgotten

    required property var kiosk
    property var view: ({})

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(72)
        anchors.rightMargin: Metrics.px(72)
        anchors.topMargin: Metrics.px(30)
        anchors.bottomMargin: Metrics.px(40)
        spacing: Metrics.px(18)

        Label {
            objectName: "forgottenTitle"
            Layout.fillWidth: true
            text: forgotten.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(60, 15)
            wrapMode: Text.WordWrap
            maximumLineCount: 2
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.body
            Layout.maximumHeight: Metrics.px(150)
        }

        Label {
            Layout.fillWidth: true
            text: forgotten.view.detail ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(26, 16)
            wrapMode: Text.WordWrap
        }

        Item {
            Layout.fillHeight: true
        }

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.gap
            LayoutMirroring.enabled: false

            Repeater {
                model: [-60, -15]

                delegate: stepper
            }

            Label {
                objectName: "claimed"
                Layout.fillWidth: true
                text: forgotten.view.claimed ?? ""
                strong: true
                font.pixelSize: Metrics.letters(96, 15)
                horizontalAlignment: Text.AlignHCenter
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: Metrics.body
            }

            Repeater {
                model: [15, 60]

                delegate: stepper
            }
        }

        Item {
            Layout.fillHeight: true
        }

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.gap

            Action {
                objectName: "confirm"
                kind: "out"
                title: forgotten.view.confirm ?? ""
                Layout.fillWidth: true
                Layout.preferredWidth: 3
                onTapped: forgotten.kiosk.tap("confirm")
            }

            GridLayout {
                Layout.fillWidth: true
                Layout.preferredWidth: Metrics.gloves ? 4 : 2
                columns: Metrics.gloves ? 2 : 1
                rowSpacing: Metrics.gap / 2
                columnSpacing: Metrics.gap
                uniformCellWidths: true

                Quiet {
                    objectName: "later"
                    title: forgotten.view.later ?? ""
                    Layout.fillWidth: true
                    onTapped: forgotten.kiosk.tap("later")
                }
                Quiet {
                    objectName: "still"
                    title: forgotten.view.still ?? ""
                    Layout.fillWidth: true
                    onTapped: forgotten.kiosk.tap("still")
                }
            }

            Quiet {
                objectName: "notMe"
                title: forgotten.view.not_me ?? ""
                edge: "transparent"
                ink: Tokens.muteColor
                onTapped: forgotten.kiosk.tap("not_me")
            }
        }
    }

    Component {
        id: stepper

        Press {
            id: press
            required property int modelData
            readonly property int minutes: modelData
            readonly property string text: (minutes > 0 ? "+" : "−") + (Math.abs(minutes) === 60 ? "1:00" : "0:15")
            objectName: "shift" + modelData
            label: text
            rest: Tokens.cardColor
            lit: Tokens.faceColor
            border.color: Tokens.lineColor
            border.width: Metrics.edge
            Layout.preferredWidth: Math.max(Metrics.target, Metrics.px(132))
            Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(112))
            onTapped: forgotten.kiosk.shift(minutes)

            Label {
                anchors.centerIn: parent
                text: press.text
                strong: true
                color: Tokens.jobColor
                font.pixelSize: Metrics.letters(34, 18)
            }
        }
    }
}
