import QtQuick
import QtQuick.Layouts
import "../style"

// A large way on: its colour, its sign, its word, and what it will be about. The likeliest one is filled.
Press {
    id: action

    property string kind: ""
    property string title: ""
    property string detail: ""
    property real titleSize: Metrics.letters(38, 20)
    property string sign: kind
    property bool plain: false
    readonly property color tone: Metrics.tone(kind)

    label: title
    rest: plain ? Tokens.cardColor : tone
    lit: plain ? Tokens.faceColor : Qt.darker(tone, 1.25)
    border.color: plain ? Tokens.lineColor : tone
    border.width: plain ? Metrics.edge : 0
    implicitHeight: Math.max(Metrics.target, Metrics.px(132))

    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(30)
        anchors.rightMargin: Metrics.px(22)
        spacing: Metrics.px(24)

        Icon {
            name: action.sign
            size: Math.max(Metrics.px(50), Math.min(Metrics.px(84), action.height * 0.36))
            color: action.plain ? action.tone : Tokens.onColorColor
        }

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 0

            Label {
                Layout.fillWidth: true
                text: action.title
                strong: true
                color: action.plain ? Tokens.textColor : Tokens.onColorColor
                font.pixelSize: action.titleSize
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.caption
                lineHeight: 0.95
                Layout.maximumHeight: action.height * (about.visible ? 0.55 : 0.9)
            }

            Label {
                id: about
                Layout.fillWidth: true
                visible: text !== ""
                text: action.detail
                color: action.plain ? Tokens.muteColor : Tokens.onColorColor
                font.pixelSize: Metrics.caption
                Layout.maximumHeight: action.height * 0.42
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: 12
            }
        }
    }
}
