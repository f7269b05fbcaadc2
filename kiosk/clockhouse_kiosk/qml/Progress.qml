import QtQuick
import "../style"

// How long until the wall goes on by itself.
Rectangle {
    id: progress

    required property var view
    property bool moving: true
    readonly property real until: view.until ?? 0
    property real remaining: 0

    anchors.bottom: parent.bottom
    anchors.left: parent.left
    height: Math.max(5, Metrics.px(10))
    width: parent.width * remaining
    color: Tokens.amberColor

    onUntilChanged: {
        run.stop();
        remaining = 0;
        if (moving && (view.stays ?? 0) > 0)
            run.start();
    }

    NumberAnimation {
        id: run
        target: progress
        property: "remaining"
        from: 1
        to: 0
        duration: progress.view.stays ?? 0
    }
}
