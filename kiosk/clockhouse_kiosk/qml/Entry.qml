pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// The personnel number, then the PIN; the PIN shows as dots only.
Item {
    id: entry

    required property var kiosk
    property var view: ({})

    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(72)
        anchors.rightMargin: Metrics.px(48)
        anchors.bottomMargin: Metrics.px(40)
        anchors.topMargin: Metrics.px(16)
        spacing: Metrics.px(56)

        ColumnLayout {
            Layout.fillWidth: true
            Layout.preferredWidth: 5
            Layout.fillHeight: true
            spacing: Metrics.px(28)

            Label {
                objectName: "entryTitle"
                Layout.topMargin: Metrics.px(60)
                Layout.fillWidth: true
                text: entry.view.title ?? ""
                strong: true
                color: Tokens.amberColor
                font.pixelSize: Metrics.head
                wrapMode: Text.WordWrap
            }

            Rectangle {
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(112))
                radius: Metrics.radius
                color: Tokens.ink2Color
                border.color: Tokens.inkLineColor
                border.width: Metrics.edge
                LayoutMirroring.enabled: false
                LayoutMirroring.childrenInherit: true

                Label {
                    visible: entry.view.entry === "number"
                    anchors.verticalCenter: parent.verticalCenter
                    x: Metrics.px(32)
                    width: parent.width - 2 * x
                    text: entry.view.entry === "number" ? entry.view.shown : ""
                    strong: true
                    color: Tokens.paperColor
                    font.pixelSize: Metrics.letters(64, 15)
                    font.letterSpacing: Metrics.px(6)
                    fontSizeMode: Text.HorizontalFit
                }

                Row {
                    visible: entry.view.entry === "pin"
                    anchors.centerIn: parent
                    spacing: Metrics.px(26)

                    Repeater {
                        model: Math.max(entry.view.most ?? 0, (entry.view.shown ?? "").length)

                        Rectangle {
                            required property int index
                            readonly property bool typed: index < (entry.view.shown ?? "").length
                            width: Metrics.px(28)
                            height: width
                            radius: width / 2
                            color: typed ? Tokens.paperColor : "transparent"
                            border.color: typed ? Tokens.paperColor : Tokens.quietColor
                            border.width: Math.max(2, Metrics.px(3))
                        }
                    }
                }
            }

            Label {
                objectName: "problem"
                Layout.fillWidth: true
                text: (entry.view.busy ?? "") !== "" ? entry.view.busy : entry.view.problem ?? ""
                color: Tokens.paperColor
                font.pixelSize: Metrics.body
                wrapMode: Text.WordWrap
            }

            Item {
                Layout.fillHeight: true
            }

            Quiet {
                objectName: "back"
                title: entry.view.back ?? ""
                sign: "back"
                ink: Tokens.softColor
                edge: Tokens.inkLineColor
                onTapped: entry.kiosk.tap("back")
            }
        }

        GridLayout {
            Layout.fillHeight: true
            Layout.fillWidth: true
            Layout.preferredWidth: 6
            Layout.maximumWidth: entry.height * 1.1
            Layout.alignment: Qt.AlignRight
            columns: 3
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            LayoutMirroring.enabled: false

            Repeater {
                model: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "enter"]

                Press {
                    id: key
                    required property string modelData
                    readonly property bool digit: modelData.length === 1
                    objectName: "key-" + modelData
                    label: modelData
                    rest: modelData === "enter" ? Tokens.amberColor : Tokens.ink2Color
                    lit: modelData === "enter" ? Qt.darker(Tokens.amberColor, 1.2) : Tokens.inkLitColor
                    border.color: modelData === "enter" ? Tokens.amberColor : Tokens.inkLineColor
                    border.width: Metrics.edge
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 1
                    Layout.preferredHeight: 1
                    onTapped: digit ? entry.kiosk.key(modelData) : entry.kiosk.tap(modelData)

                    Label {
                        visible: key.modelData !== "erase"
                        anchors.centerIn: parent
                        text: key.digit ? key.modelData : key.modelData === "enter" ? entry.view.ok ?? "" : ""
                        strong: true
                        color: key.modelData === "enter" ? Tokens.inkColor : Tokens.paperColor
                        font.pixelSize: key.digit ? Metrics.px(54) : Metrics.px(40)
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
    }
}
