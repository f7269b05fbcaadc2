import QtQuick
import "../style"

// One job to tap; the last tile may lead on to more.
Press {
    id: tile

    required property int index
    required property string title
    required property string detail
    required property bool chosen
    required property bool more

    objectName: more ? "more" : "job-" + index
    label: title
    rest: Tokens.cardColor
    lit: Tokens.faceColor
    border.color: chosen ? Tokens.inColor : Tokens.lineColor
    border.width: chosen ? Math.max(3, Metrics.px(4)) : Math.max(1, Metrics.px(2))

    Column {
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.margins: Metrics.px(24)
        spacing: Metrics.px(4)

        Label {
            objectName: "tileTitle"
            width: parent.width
            text: tile.title
            strong: true
            color: tile.more ? Tokens.jobColor : Tokens.textColor
            font.pixelSize: Math.max(17, Metrics.px(30))
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Math.max(14, Metrics.px(22))
            horizontalAlignment: tile.more ? Text.AlignHCenter : Text.AlignLeft
            elide: Text.ElideRight
        }

        Label {
            visible: text !== ""
            width: parent.width
            text: tile.detail
            color: Tokens.muteColor
            font.pixelSize: Math.max(14, Metrics.px(21))
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Math.max(12, Metrics.px(18))
            horizontalAlignment: tile.more ? Text.AlignHCenter : Text.AlignLeft
            elide: Text.ElideRight
        }
    }
}
