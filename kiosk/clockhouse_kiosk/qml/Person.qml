pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Somebody is known: at most four ways on, the likeliest one large.
Sheet {
    id: person

    required property var kiosk
    property var view: ({})
    readonly property bool already: (view.already ?? "") !== ""
    readonly property real wide: width - 2 * side
    readonly property real thumbWide: Metrics.portrait ? wide : wide * 0.44
    // Where nobody knows for sure whether somebody is in, in and out are equally large.
    readonly property int likeliest: Metrics.px(view.equal ? 170 : 240)
    readonly property real asideWide: Metrics.portrait ? wide : wide - thumbWide - Metrics.margin

    above: [
        Who {
            anchors.fill: parent
            visible: !person.already
            view: person.view
        },
        ColumnLayout {
            anchors.fill: parent
            visible: person.already
            spacing: Metrics.px(4)

            Item {
                Layout.fillHeight: true
            }
            Label {
                Layout.fillWidth: true
                text: person.view.name ?? ""
                color: Tokens.muteColor
                font.pixelSize: Metrics.letters(28, 17)
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 15
            }
            Label {
                objectName: "already"
                Layout.fillWidth: true
                Layout.maximumHeight: Metrics.reach * 0.46
                text: person.view.already ?? ""
                strong: true
                font.pixelSize: Metrics.letters(60, 30)
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.letters(28, 18)
                lineHeight: 0.9
            }
            Label {
                Layout.fillWidth: true
                text: person.view.already_detail ?? ""
                color: Tokens.muteColor
                font.pixelSize: Metrics.letters(28, 17)
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 15
            }
            Item {
                Layout.fillHeight: true
            }
        }
    ]

    GridLayout {
        anchors.fill: parent
        columns: Metrics.portrait ? 1 : 2
        columnSpacing: Metrics.margin
        rowSpacing: Metrics.gap
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Aside {
            Layout.row: 0
            Layout.column: 0
            Layout.fillWidth: true
            Layout.preferredWidth: person.thumbWide
            Layout.alignment: Qt.AlignTop
            kiosk: person.kiosk
            view: person.view
        }

        Item {
            Layout.row: 1
            Layout.column: 0
            Layout.preferredWidth: person.thumbWide
            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: !Metrics.portrait || person.already
        }

        Thumb {
            most: person.likeliest
            visible: !person.already
            Layout.row: Metrics.portrait ? 3 : 2
            Layout.column: 0
            Layout.preferredWidth: person.thumbWide
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.maximumHeight: implicitHeight
            kiosk: person.kiosk
            view: person.view
        }

        Quiet {
            visible: person.already
            objectName: "done"
            title: person.view.done ?? ""
            sign: "check"
            Layout.row: Metrics.portrait ? 3 : 2
            Layout.column: 0
            Layout.preferredWidth: person.thumbWide
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(132))
            onTapped: person.kiosk.tap("back")
        }

        ColumnLayout {
            Layout.row: Metrics.portrait ? 2 : 0
            Layout.column: Metrics.portrait ? 0 : 1
            Layout.rowSpan: Metrics.portrait ? 1 : 3
            Layout.preferredWidth: person.asideWide
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Metrics.gap

            Item {
                Layout.fillHeight: true
                Layout.preferredHeight: 0
            }

            Repeater {
                // In gloves a moment after the punch: the way out, and what can be taken back.
                model: (person.view.others ?? []).slice(0, person.already && Metrics.gloves ? 1 : 4)

                Action {
                    required property var modelData
                    required property int index
                    readonly property bool equal: (person.view.equal ?? false) && ["in", "out"].includes(modelData.kind)
                    objectName: "other-" + modelData.kind
                    plain: !equal
                    kind: modelData.kind
                    title: modelData.title
                    detail: modelData.detail
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.minimumHeight: Metrics.target
                    Layout.maximumHeight: equal ? person.likeliest : Math.max(Metrics.target, Metrics.px(160))
                    Layout.preferredHeight: equal ? person.likeliest : Metrics.px(132)
                    onTapped: person.kiosk.other(index)
                }
            }

            Quiet {
                objectName: "undo"
                visible: person.already && (person.view.undo_for ?? 0) > 0
                title: person.view.undo ?? ""
                sign: "undo"
                Layout.fillWidth: true
                onTapped: person.kiosk.tap("undo")
            }
        }
    }
}
