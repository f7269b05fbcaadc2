import QtQuick
import "../style"

// Nobody is here: a dim clock on black, somewhere else each minute. The first touch only wakes the wall.
Rectangle {
    id: resting

    required property var kiosk
    property var view: ({})
    property int minute: 0

    // Steps of the golden ratio: near places come late.
    readonly property real along: (minute * 0.618034) % 1
    readonly property real down: (minute * 0.381966 + 0.2) % 1

    color: "black"

    Row {
        id: shown
        x: (resting.width - width) * resting.along
        y: (resting.height - height) * resting.down
        padding: Metrics.px(24)
        spacing: Metrics.px(24)

        Icon {
            name: "badge"
            size: Metrics.px(72)
            color: Tokens.restColor
            anchors.verticalCenter: parent.verticalCenter
        }
        Label {
            objectName: "restingClock"
            text: resting.view.clock ?? ""
            color: Tokens.restColor
            font.pixelSize: Metrics.huge
        }
    }

    MouseArea {
        anchors.fill: parent
        // Later: were it gone at once, what is below it would be pressed.
        onPressed: Qt.callLater(() => resting.kiosk.wake())
    }
}
