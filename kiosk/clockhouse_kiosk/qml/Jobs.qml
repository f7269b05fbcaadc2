pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Which job: recent ones, today's, all, or the one whose number or name is typed.
Sheet {
    id: jobs

    required property var kiosk
    required property var tiles
    property var view: ({})
    readonly property bool searching: view.searching ?? false
    readonly property bool entering: view.kind === "in"
    // Where nobody knows for sure whether somebody is in, in and out are equally large.
    readonly property bool equal: view.equal ?? false
    readonly property int likeliest: Math.max(Metrics.target, Metrics.px(Metrics.large && !equal ? 190 : 148))
    readonly property real wide: width - 2 * side
    readonly property real thumbWide: Metrics.portrait ? wide : Metrics.px(388)

    side: searching ? Metrics.gap : Metrics.margin

    above: [
        Who {
            anchors.fill: parent
            visible: !jobs.searching
            view: jobs.view
        },
        Query {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            visible: jobs.searching
            view: jobs.view
        }
    ]

    GridLayout {
        anchors.fill: parent
        visible: !jobs.searching
        columns: Metrics.portrait ? 1 : 2
        columnSpacing: Metrics.margin
        rowSpacing: Metrics.gap
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        GridLayout {
            Layout.row: 0
            Layout.column: 0
            Layout.fillWidth: true
            Layout.minimumWidth: jobs.thumbWide
            Layout.maximumWidth: jobs.thumbWide
            columns: Metrics.portrait && !jobs.equal ? 2 : 1
            rowSpacing: Metrics.gap
            columnSpacing: Metrics.gap

            Aside {
                Layout.fillWidth: true
                Layout.preferredWidth: Metrics.portrait ? jobs.wide * 0.64 : jobs.thumbWide
                kiosk: jobs.kiosk
                view: jobs.view
            }

            Repeater {
                model: jobs.entering ? jobs.view.others ?? [] : []

                Quiet {
                    required property var modelData
                    required property int index
                    objectName: "other-" + modelData.kind
                    title: modelData.title
                    sign: modelData.kind
                    letters: jobs.equal ? Metrics.letters(42, 22) : Metrics.letters(26, 17)
                    ink: jobs.equal ? Tokens.onColorColor : Metrics.tone(modelData.kind)
                    edge: Metrics.tone(modelData.kind)
                    rest: jobs.equal ? Metrics.tone(modelData.kind) : Tokens.cardColor
                    Layout.fillWidth: true
                    Layout.preferredWidth: Metrics.portrait && !jobs.equal ? jobs.wide * 0.36 : jobs.thumbWide
                    Layout.preferredHeight: jobs.equal ? jobs.likeliest : implicitHeight
                    onTapped: jobs.kiosk.other(index)
                }
            }
        }

        Item {
            Layout.row: 1
            Layout.column: 0
            Layout.fillHeight: true
            visible: !Metrics.portrait
        }

        Thumb {
            visible: jobs.entering
            Layout.row: Metrics.portrait ? 3 : 2
            Layout.column: 0
            Layout.fillWidth: true
            Layout.minimumWidth: jobs.thumbWide
            Layout.maximumWidth: jobs.thumbWide
            most: jobs.likeliest
            kiosk: jobs.kiosk
            view: jobs.view
        }

        ColumnLayout {
            visible: !jobs.entering
            Layout.row: Metrics.portrait ? 3 : 2
            Layout.column: 0
            Layout.fillWidth: true
            Layout.minimumWidth: jobs.thumbWide
            Layout.maximumWidth: jobs.thumbWide
            spacing: Metrics.px(20)

            RowLayout {
                Layout.fillWidth: true
                spacing: Metrics.px(18)

                Icon {
                    name: jobs.view.kind ?? ""
                    size: Metrics.px(56)
                    color: Metrics.tone(jobs.view.kind ?? "")
                }
                Label {
                    objectName: "heading"
                    Layout.fillWidth: true
                    Layout.maximumHeight: Metrics.px(130)
                    text: jobs.view.heading ?? ""
                    strong: true
                    color: Metrics.tone(jobs.view.kind ?? "")
                    font.pixelSize: Metrics.letters(38, 20)
                    wrapMode: Text.WordWrap
                    fontSizeMode: Text.Fit
                    minimumPixelSize: 16
                }
            }

            Quiet {
                objectName: "back"
                visible: !!jobs.view.back
                title: jobs.view.back_label ?? ""
                sign: "back"
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(96))
                onTapped: jobs.kiosk.tap("back")
            }
        }

        ColumnLayout {
            Layout.row: Metrics.portrait ? 2 : 0
            Layout.column: Metrics.portrait ? 0 : 1
            Layout.rowSpan: Metrics.portrait ? 1 : 3
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Metrics.gap

            Tabs {
                Layout.fillWidth: true
                Layout.fillHeight: false
                Layout.preferredHeight: Metrics.target
                kiosk: jobs.kiosk
                view: jobs.view
            }

            TileGrid {
                Layout.fillWidth: true
                Layout.fillHeight: true
                shown: jobs.visible && !jobs.searching
                most: Metrics.large ? 3 : 4
                kiosk: jobs.kiosk
                tiles: jobs.tiles
                empty: jobs.view.empty ?? ""
            }
        }
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.bottomMargin: Metrics.gap - Metrics.margin
        visible: jobs.searching
        spacing: Metrics.gap

        TileGrid {
            readonly property int rowsHere: Metrics.height < 700 || Metrics.gloves ? 1 : 2
            Layout.fillWidth: true
            Layout.preferredHeight: rowsHere * (Metrics.target + Metrics.gap) - Metrics.gap
            shown: jobs.visible && jobs.searching
            across: Metrics.portrait ? 2 : 3
            most: rowsHere
            kiosk: jobs.kiosk
            tiles: jobs.tiles
            empty: jobs.view.empty ?? ""
        }

        Keyboard {
            Layout.fillWidth: true
            Layout.fillHeight: true
            kiosk: jobs.kiosk
            view: jobs.view
        }
    }
}
