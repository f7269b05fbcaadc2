pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Who this is and how they stand; below, under the thumb of the hand that held the badge, the likeliest way on.
Rectangle {
    id: card

    required property var kiosk
    property var view: ({})
    property bool asides: true
    property bool primaryShown: true

    color: Tokens.cardColor
    radius: Metrics.px(18)
    border.color: Tokens.lineColor
    border.width: Metrics.edge

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Metrics.px(28)
        anchors.bottomMargin: Metrics.px(20)
        spacing: Metrics.px(16)

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.px(20)

            Rectangle {
                Layout.preferredWidth: Metrics.px(88)
                Layout.preferredHeight: Metrics.px(88)
                radius: width / 2
                color: Tokens.faceColor

                Label {
                    anchors.centerIn: parent
                    text: card.view.initials ?? ""
                    strong: true
                    color: Tokens.jobColor
                    font.pixelSize: Metrics.letters(36, 15)
                }
            }

            Label {
                objectName: "name"
                Layout.fillWidth: true
                text: card.view.name ?? ""
                strong: true
                font.pixelSize: Metrics.letters(36, 15)
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Math.max(14, Metrics.px(20))
                elide: Text.ElideRight
                Layout.maximumHeight: Metrics.px(112)
            }
        }

        Label {
            objectName: "standing"
            Layout.fillWidth: true
            text: card.view.standing ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(24, 16)
            wrapMode: Text.WordWrap
            maximumLineCount: 3
            elide: Text.ElideRight
        }

        Rectangle {
            visible: figures.count > 0
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(1, Metrics.px(2))
            color: Tokens.lineColor
        }

        Repeater {
            id: figures
            model: card.view.figures ?? []

            RowLayout {
                id: figure
                required property var modelData
                Layout.fillWidth: true

                Label {
                    Layout.fillWidth: true
                    text: figure.modelData.label
                    color: Tokens.muteColor
                    font.pixelSize: Metrics.caption
                }
                Label {
                    text: figure.modelData.value
                    strong: true
                    font.pixelSize: Metrics.caption
                }
            }
        }

        Item {
            Layout.fillHeight: true
        }

        Label {
            visible: text !== "" && card.primaryShown
            Layout.fillWidth: true
            text: card.view.lead ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.caption
        }

        RowLayout {
            visible: !card.primaryShown
            Layout.fillWidth: true
            Layout.bottomMargin: Metrics.px(16)
            spacing: Metrics.px(16)

            Icon {
                name: card.view.kind ?? ""
                size: Metrics.px(44)
                color: Metrics.tone(card.view.kind ?? "")
            }
            Label {
                objectName: "heading"
                Layout.fillWidth: true
                text: card.view.heading ?? ""
                strong: true
                color: Metrics.tone(card.view.kind ?? "")
                font.pixelSize: Metrics.letters(34, 15)
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Math.max(14, Metrics.px(22))
                Layout.maximumHeight: Metrics.px(100)
            }
        }

        Action {
            objectName: "primary"
            visible: card.primaryShown && !!card.view.primary
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(148))
            kind: card.view.primary?.kind ?? ""
            title: card.view.primary?.title ?? ""
            detail: card.view.primary?.detail ?? ""
            onTapped: card.kiosk.tap("default")
        }

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.px(12)

            Repeater {
                model: card.asides ? card.view.others ?? [] : []

                Quiet {
                    required property var modelData
                    required property int index
                    objectName: "other-" + modelData.kind
                    title: modelData.title
                    ink: Metrics.tone(modelData.kind)
                    edge: Metrics.tone(modelData.kind)
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: card.kiosk.other(index)
                }
            }

            Press {
                id: notMe
                objectName: "notMe"
                label: card.view.not_me ?? ""
                lit: Qt.alpha(Tokens.textColor, 0.1)
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                // Some scripts' letters stand taller than the target is high.
                Layout.preferredHeight: Math.max(Metrics.target, asked.implicitHeight)
                onTapped: card.kiosk.tap("not_me")

                Column {
                    id: asked
                    anchors.centerIn: parent
                    width: parent.width

                    Label {
                        width: parent.width
                        horizontalAlignment: Text.AlignHCenter
                        text: card.view.not_me ?? ""
                        color: Tokens.muteColor
                        font.pixelSize: Metrics.caption
                        fontSizeMode: Text.HorizontalFit
                        minimumPixelSize: 12
                    }
                    Label {
                        width: parent.width
                        horizontalAlignment: Text.AlignHCenter
                        text: card.view.cancel ?? ""
                        color: Tokens.muteColor
                        font.pixelSize: Metrics.caption
                        font.underline: true
                        fontSizeMode: Text.HorizontalFit
                        minimumPixelSize: 12
                    }
                }
            }
        }
    }
}
