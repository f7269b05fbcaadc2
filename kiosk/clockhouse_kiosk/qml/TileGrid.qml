pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// As many tiles as can be hit, row by row; it tells the bridge how many those are.
Item {
    id: grid

    required property var kiosk
    required property var tiles
    property bool shown: true
    property string empty: ""
    property int across: 2
    property int most: 4
    readonly property int least: Math.max(Metrics.target, Metrics.large ? Metrics.px(136) : 0)
    readonly property int rows: Math.max(1, Math.min(most, Math.floor((height + Metrics.gap) / (least + Metrics.gap))))
    readonly property int room: shown ? rows * across : 0

    onRoomChanged: tellRoom()
    Component.onCompleted: tellRoom()

    function tellRoom() {
        if (room > 0)
            grid.kiosk.room(room);
    }

    Label {
        visible: grid.tiles.count === 0
        anchors.centerIn: parent
        width: parent.width
        horizontalAlignment: Text.AlignHCenter
        text: grid.empty
        color: Tokens.muteColor
        wrapMode: Text.WordWrap
    }

    GridLayout {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        columns: grid.across
        columnSpacing: Metrics.gap
        rowSpacing: Metrics.gap
        uniformCellWidths: true

        Repeater {
            model: grid.shown ? grid.tiles : null

            Tile {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                Layout.preferredHeight: (grid.height - (grid.rows - 1) * Metrics.gap) / grid.rows
                onTapped: grid.kiosk.pick(index)
            }
        }

        // Keeps the columns where fewer tiles than columns are left.
        Repeater {
            model: Math.max(0, grid.across - Math.max(1, grid.tiles.count))

            Item {
                Layout.fillWidth: true
                Layout.preferredWidth: 1
            }
        }
    }
}
