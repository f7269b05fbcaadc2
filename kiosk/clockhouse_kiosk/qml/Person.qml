pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Somebody is known: at most four ways on, the likeliest one large.
Item {
    id: person

    required property var kiosk
    property var view: ({})
    readonly property bool already: (view.already ?? "") !== ""

    RowLayout {
        anchors.fill: parent
        anchors.margins: Metrics.margin
        spacing: Metrics.margin
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Card {
            Layout.preferredWidth: Metrics.px(480)
            Layout.fillHeight: true
            kiosk: person.kiosk
            view: person.view
            asides: false
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Metrics.gap

            Label {
                visible: person.already
                Layout.fillWidth: true
                Layout.topMargin: Metrics.px(8)
                text: person.view.already ?? ""
                objectName: "already"
                strong: true
                font.pixelSize: Metrics.head
                wrapMode: Text.WordWrap
            }

            Label {
                visible: person.already
                Layout.fillWidth: true
                Layout.bottomMargin: Metrics.px(8)
                text: person.view.already_detail ?? ""
                color: Tokens.muteColor
                font.pixelSize: Metrics.body
                wrapMode: Text.WordWrap
            }

            Repeater {
                // In gloves a moment after the punch: the way out, and what can be taken back.
                model: (person.view.others ?? []).slice(0, person.already && Metrics.gloves ? 1 : 4)

                Action {
                    required property var modelData
                    required property int index
                    objectName: "other-" + modelData.kind
                    plain: true
                    kind: modelData.kind
                    title: modelData.title
                    detail: modelData.detail
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.minimumHeight: Metrics.target
                    Layout.maximumHeight: Math.max(Metrics.target, Metrics.px(180))
                    Layout.preferredHeight: Metrics.px(148)
                    onTapped: person.kiosk.other(index)
                }
            }

            Item {
                Layout.fillHeight: true
                Layout.preferredHeight: 0
            }

            RowLayout {
                visible: person.already
                Layout.fillWidth: true
                spacing: Metrics.gap

                Quiet {
                    objectName: "undo"
                    visible: (person.view.undo_for ?? 0) > 0
                    title: person.view.undo ?? ""
                    sign: "undo"
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: person.kiosk.tap("undo")
                }
                Quiet {
                    objectName: "done"
                    title: person.view.done ?? ""
                    sign: "check"
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: person.kiosk.tap("back")
                }
            }
        }
    }
}
