import QtQuick
import "../style"

// What a job looks like: its pictogram on its colour; without one, the first digits of its number.
Rectangle {
    id: mark

    property string sign: ""
    property string colour: ""
    property string title: ""
    readonly property string digits: (/^\d{1,2}/.exec(title) ?? [""])[0]
    readonly property color ground: Tokens.contrast ? Tokens.inkColor : colour !== "" ? colour : Tokens.faceColor
    readonly property color ink: Metrics.onto(ground)

    implicitWidth: Metrics.px(60)
    implicitHeight: implicitWidth
    radius: Metrics.radius * 0.8
    color: ground

    Icon {
        id: drawing
        anchors.centerIn: parent
        visible: path !== ""
        name: knows(mark.sign) ? mark.sign : mark.digits === "" ? "general" : ""
        size: mark.width * 0.66
        color: mark.ink
    }

    Label {
        anchors.centerIn: parent
        visible: !drawing.visible
        text: mark.digits
        strong: true
        color: mark.ink
        font.pixelSize: mark.width * 0.44
    }
}
