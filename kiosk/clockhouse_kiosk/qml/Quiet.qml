import QtQuick
import "../style"

// A way back or aside: outlined, never in front of the main one.
Press {
    id: quiet

    property string title: ""
    property color ink: Tokens.textColor
    property color edge: Tokens.lineColor
    property string sign: ""
    property int count: 0
    property int letters: Metrics.letters(26, 17)

    label: title
    lit: Qt.alpha(ink, 0.12)
    border.color: edge
    border.width: Metrics.edge
    implicitHeight: Metrics.target
    implicitWidth: words.natural + (sign === "" ? 0 : Metrics.px(48)) + Metrics.px(56)

    Row {
        anchors.centerIn: parent
        spacing: Metrics.px(14)

        Icon {
            visible: quiet.sign !== ""
            name: quiet.sign
            size: Metrics.px(34)
            color: quiet.ink
            anchors.verticalCenter: parent.verticalCenter
        }

        Fitted {
            id: words
            text: quiet.title
            color: quiet.ink
            room: quiet.width - Metrics.px(18) - (quiet.sign === "" ? 0 : Metrics.px(48)) - (quiet.count > 0 ? Metrics.px(18) : 0)
            height: quiet.height - Metrics.px(10)
            horizontalAlignment: quiet.sign === "" ? Text.AlignHCenter : Text.AlignLeft
            font.pixelSize: quiet.letters
            anchors.verticalCenter: parent.verticalCenter
        }
    }

    Rectangle {
        visible: quiet.count > 0
        anchors.top: parent.top
        anchors.right: parent.right
        width: Math.max(height, number.implicitWidth + Metrics.px(10))
        height: number.implicitHeight
        radius: height / 2
        color: quiet.ink

        Label {
            id: number
            anchors.centerIn: parent
            text: quiet.count > 0 ? quiet.count : ""
            strong: true
            color: Metrics.onto(quiet.ink)
            font.pixelSize: Math.max(13, Metrics.px(20))
            lineHeight: 0.85
        }
    }
}
