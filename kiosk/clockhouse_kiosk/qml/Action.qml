import QtQuick
import QtQuick.Layouts
import "../style"

// A large way on: its colour, its sign, its word, and what it will be about.
Press {
    id: action

    property string kind: ""
    property string title: ""
    property string detail: ""
    property real titleSize: Metrics.head * 0.86
    property string sign: kind

    label: title
    rest: Metrics.tone(kind)
    lit: Qt.darker(rest, 1.25)
    implicitHeight: Math.max(Metrics.target, Metrics.px(132))

    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(30)
        anchors.rightMargin: Metrics.px(22)
        spacing: Metrics.px(24)

        Icon {
            name: action.sign
            size: Metrics.px(50)
            color: Tokens.onColorColor
        }

        ColumnLayout {
            Layout.fillWidth: true
            spacing: 0

            Label {
                Layout.fillWidth: true
                text: action.title
                strong: true
                color: Tokens.onColorColor
                font.pixelSize: action.titleSize
                wrapMode: Text.WordWrap
                maximumLineCount: 2
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.caption
                lineHeight: 0.95
                Layout.maximumHeight: action.height * (about.visible ? 0.6 : 0.9)
            }

            Label {
                id: about
                Layout.fillWidth: true
                visible: text !== ""
                text: action.detail
                color: Tokens.onColorColor
                font.pixelSize: Metrics.caption
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: Math.max(12, Metrics.px(17))
                elide: Text.ElideRight
            }
        }
    }
}
