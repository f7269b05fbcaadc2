pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Which job: recent ones, today's, all, or the one whose number or name is typed.
Item {
    id: jobs

    required property var kiosk
    required property var tiles
    property var view: ({})
    readonly property bool searching: view.searching ?? false
    readonly property int columns: searching ? 3 : 2
    readonly property int most: searching ? (Metrics.height < 700 ? 1 : 2) : 4
    readonly property int tileHeight: Math.max(Metrics.target, Metrics.px(searching ? 96 : 104))
    readonly property int rows: Math.max(1, Math.min(most, Math.floor((grid.height + Metrics.gap) / (tileHeight + Metrics.gap))))

    onRowsChanged: jobs.kiosk.room(rows * columns)
    onColumnsChanged: jobs.kiosk.room(rows * columns)
    Component.onCompleted: jobs.kiosk.room(rows * columns)

    RowLayout {
        anchors.fill: parent
        anchors.margins: jobs.searching ? Metrics.gap : Metrics.margin
        spacing: Metrics.margin
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Card {
            visible: !jobs.searching
            Layout.preferredWidth: Metrics.px(388)
            Layout.fillHeight: true
            kiosk: jobs.kiosk
            view: jobs.view
            asides: jobs.view.kind === "in"
            primaryShown: jobs.view.kind === "in"
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.fillHeight: true
            spacing: Metrics.gap

            RowLayout {
                Layout.fillWidth: true
                Layout.fillHeight: false
                Layout.preferredHeight: Metrics.target
                spacing: Metrics.px(12)

                Quiet {
                    objectName: "back"
                    visible: jobs.searching || !!jobs.view.back
                    title: ""
                    label: "back"
                    sign: "back"
                    Layout.preferredWidth: Metrics.target * 1.1
                    onTapped: jobs.kiosk.tap("back")
                }

                Repeater {
                    model: jobs.searching ? [] : jobs.view.tabs ?? []

                    Press {
                        id: tab
                        required property var modelData
                        readonly property bool chosen: modelData.tab === jobs.view.tab
                        objectName: "tab-" + modelData.tab
                        label: modelData.title
                        rest: chosen ? Tokens.textColor : "transparent"
                        lit: chosen ? Tokens.textColor : Tokens.faceColor
                        Layout.fillWidth: true
                        Layout.fillHeight: true
                        Layout.preferredWidth: name.implicitWidth + Metrics.px(28)
                        Layout.minimumWidth: Metrics.target
                        onTapped: jobs.kiosk.tab(modelData.tab)

                        Label {
                            id: name
                            anchors.centerIn: parent
                            width: Math.min(implicitWidth, tab.width - Metrics.px(12))
                            text: tab.modelData.title
                            color: tab.chosen ? Tokens.onColorColor : Tokens.muteColor
                            font.pixelSize: Metrics.letters(25, 16)
                            fontSizeMode: Text.HorizontalFit
                            minimumPixelSize: 12
                        }
                    }
                }

                Quiet {
                    objectName: "find"
                    visible: !jobs.searching && !Metrics.gloves
                    title: jobs.view.find ?? ""
                    sign: "find"
                    rest: Tokens.cardColor
                    ink: Tokens.muteColor
                    Layout.preferredWidth: Math.max(implicitWidth, Metrics.px(170))
                    onTapped: jobs.kiosk.tap("search")
                }

                Rectangle {
                    visible: jobs.searching
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    radius: Metrics.radius
                    color: Tokens.cardColor
                    border.color: Tokens.jobColor
                    border.width: Math.max(2, Metrics.px(3))

                    Row {
                        anchors.verticalCenter: parent.verticalCenter
                        anchors.left: parent.left
                        anchors.leftMargin: Metrics.px(22)
                        spacing: Metrics.px(16)

                        Icon {
                            name: "find"
                            size: Metrics.px(38)
                            color: Tokens.muteColor
                            anchors.verticalCenter: parent.verticalCenter
                        }
                        Label {
                            objectName: "query"
                            readonly property bool typed: (jobs.view.query ?? "") !== ""
                            text: typed ? jobs.view.query : jobs.view.type ?? ""
                            color: typed ? Tokens.textColor : Tokens.muteColor
                            strong: typed
                            font.pixelSize: Metrics.body
                            anchors.verticalCenter: parent.verticalCenter
                        }
                    }
                }
            }

            Item {
                id: grid
                Layout.fillWidth: true
                Layout.fillHeight: !jobs.searching
                Layout.preferredHeight: jobs.searching ? jobs.most * jobs.tileHeight + (jobs.most - 1) * Metrics.gap : 0

                Label {
                    visible: jobs.tiles.count === 0
                    anchors.centerIn: parent
                    width: parent.width
                    horizontalAlignment: Text.AlignHCenter
                    text: jobs.view.empty ?? ""
                    color: Tokens.muteColor
                    wrapMode: Text.WordWrap
                }

                GridLayout {
                    anchors.left: parent.left
                    anchors.right: parent.right
                    anchors.top: parent.top
                    columns: jobs.columns
                    columnSpacing: Metrics.gap
                    rowSpacing: Metrics.gap
                    uniformCellWidths: true

                    Repeater {
                        model: jobs.tiles

                        Tile {
                            Layout.fillWidth: true
                            Layout.preferredWidth: 1
                            Layout.preferredHeight: jobs.searching ? jobs.tileHeight : (grid.height - (jobs.rows - 1) * Metrics.gap) / jobs.rows
                            onTapped: jobs.kiosk.pick(index)
                        }
                    }

                    // Keeps the columns where fewer tiles than columns are left.
                    Repeater {
                        model: Math.max(0, jobs.columns - Math.max(1, jobs.tiles.count))

                        Item {
                            Layout.fillWidth: true
                            Layout.preferredWidth: 1
                        }
                    }
                }
            }

            Keyboard {
                visible: jobs.searching
                Layout.fillWidth: true
                Layout.fillHeight: true
                kiosk: jobs.kiosk
                view: jobs.view
            }
        }
    }
}
