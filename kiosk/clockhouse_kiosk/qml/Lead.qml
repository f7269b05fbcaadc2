pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// A page of a mode: what it is about, a list in tiles, and at most a few things to do with it.
Sheet {
    id: lead

    required property var kiosk
    required property var tiles
    property var view: ({})
    readonly property bool searching: view.searching ?? false
    readonly property bool home: view.home ?? false
    // Where more than a name has to be read of everybody.
    readonly property bool roomy: view.roomy ?? false
    readonly property bool tabbed: (view.tabs ?? []).length > 0 || (view.find ?? "") !== ""

    side: searching ? Metrics.gap : Metrics.margin

    above: [
        ColumnLayout {
            anchors.fill: parent
            anchors.topMargin: Metrics.gap / 2
            anchors.bottomMargin: Metrics.gap / 2
            visible: !lead.searching
            spacing: Metrics.px(6)

            Label {
                objectName: "leadTitle"
                Layout.fillWidth: true
                Layout.fillHeight: true
                Layout.preferredHeight: 5
                verticalAlignment: Text.AlignVCenter
                text: lead.view.title ?? ""
                strong: true
                font.pixelSize: Metrics.letters(48, 22)
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.letters(24, 15)
            }
            Label {
                objectName: "leadSaid"
                readonly property bool told: (lead.view.said ?? "") !== ""
                visible: text !== ""
                Layout.fillWidth: true
                Layout.fillHeight: true
                Layout.preferredHeight: 4
                verticalAlignment: Text.AlignVCenter
                text: told ? lead.view.said : lead.view.detail ?? ""
                strong: told
                color: !told ? Tokens.muteColor : lead.view.well ? Tokens.inColor : Tokens.refusedColor
                font.pixelSize: Metrics.letters(told ? 32 : 26, 16)
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.letters(15, 12)
            }
        },
        Query {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            visible: lead.searching
            view: lead.view
        }
    ]

    ColumnLayout {
        anchors.fill: parent
        visible: !lead.searching
        spacing: Metrics.gap

        Tabs {
            visible: lead.tabbed
            Layout.fillWidth: true
            Layout.fillHeight: false
            Layout.preferredHeight: Metrics.target
            kiosk: lead.kiosk
            view: lead.view
        }

        TileGrid {
            Layout.fillWidth: true
            Layout.fillHeight: true
            shown: lead.visible && !lead.searching
            across: lead.home ? (Metrics.portrait || Metrics.large ? 2 : 4) : Math.max(Metrics.portrait ? 1 : 2, 3 - Metrics.portrait - Metrics.large - lead.roomy)
            most: lead.home && across === 4 ? 2 : 6
            kiosk: lead.kiosk
            tiles: lead.tiles
            empty: lead.view.empty ?? ""
        }

        GridLayout {
            Layout.fillWidth: true
            columns: Metrics.portrait ? 2 : 3
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

            Quiet {
                objectName: lead.view.primary?.name ?? "confirm"
                visible: !!lead.view.primary
                title: lead.view.primary?.title ?? ""
                sign: lead.view.primary?.sign ?? ""
                rest: Metrics.tone(lead.view.primary?.kind ?? "")
                lit: Qt.darker(rest, 1.25)
                edge: rest
                ink: Tokens.onColorColor
                Layout.fillWidth: true
                Layout.preferredWidth: 5
                Layout.row: Metrics.portrait ? 1 : 0
                Layout.column: 0
                Layout.columnSpan: Metrics.portrait ? 2 : 1
                onTapped: lead.kiosk.tap(lead.view.primary.name)
            }

            RowLayout {
                visible: actions.count > 0
                spacing: Metrics.gap
                Layout.fillWidth: true
                Layout.preferredWidth: 5
                Layout.row: 0
                Layout.column: Metrics.portrait ? 0 : 1

                Repeater {
                    id: actions
                    model: lead.view.actions ?? []

                    Quiet {
                        required property var modelData
                        objectName: modelData.name
                        title: modelData.title
                        sign: modelData.sign
                        ink: Tokens.jobColor
                        edge: Tokens.jobColor
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        onTapped: lead.kiosk.tap(modelData.name)
                    }
                }
            }

            Quiet {
                objectName: "back"
                title: lead.view.back ?? ""
                sign: "back"
                Layout.fillWidth: true
                Layout.preferredWidth: 3
                readonly property bool alone: Metrics.portrait && actions.count === 0
                Layout.row: 0
                Layout.column: alone ? 0 : Metrics.portrait ? 1 : 2
                Layout.columnSpan: alone ? 2 : 1
                onTapped: lead.kiosk.tap("back")
            }
        }
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.bottomMargin: Metrics.gap - Metrics.margin
        visible: lead.searching
        spacing: Metrics.gap

        TileGrid {
            readonly property int rowsHere: Metrics.height < 700 || Metrics.gloves ? 1 : 2
            Layout.fillWidth: true
            Layout.preferredHeight: rowsHere * (Metrics.target + Metrics.gap) - Metrics.gap
            shown: lead.visible && lead.searching
            across: Metrics.portrait || Metrics.large ? 2 : 3
            most: rowsHere
            kiosk: lead.kiosk
            tiles: lead.tiles
            empty: lead.view.empty ?? ""
        }

        Keyboard {
            Layout.fillWidth: true
            Layout.fillHeight: true
            kiosk: lead.kiosk
            view: lead.view
        }
    }
}
