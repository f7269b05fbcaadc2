import QtQuick

// What every button shares: a field that a gloved finger hits, that shows the touch and says it once.
Rectangle {
    id: press

    property string label: ""
    property color lit: Qt.darker(color, 1.18)
    property color rest: "transparent"
    property alias pressed: handler.pressed

    signal tapped

    radius: Metrics.radius
    color: handler.pressed ? lit : rest

    Accessible.role: Accessible.Button
    Accessible.name: label
    Accessible.onPressAction: press.tapped()

    TapHandler {
        id: handler
        gesturePolicy: TapHandler.WithinBounds
        onTapped: press.tapped()
    }
}
