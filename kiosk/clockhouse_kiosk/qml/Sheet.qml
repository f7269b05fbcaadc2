import QtQuick

// Above stands who it is and what this is about; below, in the lower 60 % of the wall, everything to touch.
Item {
    id: sheet

    property int side: Metrics.margin
    property alias above: upper.data
    default property alias below: lower.data

    Item {
        id: upper
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: sheet.side
        anchors.rightMargin: sheet.side
        height: Metrics.reach
    }

    Item {
        id: lower
        anchors.top: upper.bottom
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.leftMargin: sheet.side
        anchors.rightMargin: sheet.side
        anchors.bottomMargin: Metrics.margin
    }
}
