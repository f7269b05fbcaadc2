import QtQuick
import "../style"

// A way back or aside: outlined, never in front of the main one.
Press {
    id: quiet

    property string title: ""
    property color ink: Tokens.textColor
    property color edge: Tokens.lineColor
    property string sign: ""

    label: title
    lit: Qt.alpha(ink, 0.12)
    border.color: edge
    border.width: Metrics.edge
    implicitHeight: Metrics.target
    implicitWidth: row.implicitWidth + Metrics.px(56)

    Row {
        id: row
        anchors.centerIn: parent
        spacing: Metrics.px(14)

        Icon {
            visible: quiet.sign !== ""
            name: quiet.sign
            size: Metrics.px(34)
            color: quiet.ink
            anchors.verticalCenter: parent.verticalCenter
        }

        Label {
            text: quiet.title
            color: quiet.ink
            width: Math.min(implicitWidth, quiet.width - Metrics.px(18) - (quiet.sign === "" ? 0 : Metrics.px(48)))
            height: Math.min(implicitHeight, quiet.height - Metrics.px(10))
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
            horizontalAlignment: quiet.sign === "" ? Text.AlignHCenter : Text.AlignLeft
            verticalAlignment: Text.AlignVCenter
            font.pixelSize: Metrics.letters(26, 17)
            anchors.verticalCenter: parent.verticalCenter
        }
    }
}
