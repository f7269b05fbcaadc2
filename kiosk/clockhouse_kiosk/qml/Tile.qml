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
    required property string sign
    required property string colour

    objectName: more ? "more" : "job-" + index
    label: title
    rest: Tokens.cardColor
    lit: Tokens.faceColor
    border.color: chosen ? Tokens.inColor : Tokens.lineColor
    border.width: chosen ? Metrics.edge * 2 : Metrics.edge

    Mark {
        id: mark
        visible: !tile.more
        anchors.left: parent.left
        anchors.leftMargin: Metrics.px(18)
        anchors.verticalCenter: parent.verticalCenter
        sign: tile.sign
        colour: tile.colour
        title: tile.title
    }

    Column {
        anchors.left: tile.more ? parent.left : mark.right
        anchors.right: parent.right
        anchors.leftMargin: Metrics.px(16)
        anchors.rightMargin: Metrics.px(14)
        anchors.verticalCenter: parent.verticalCenter

        Label {
            id: name
            objectName: "tileTitle"
            width: parent.width
            height: Math.min(implicitHeight, tile.height * (about.visible ? 0.62 : 0.9))
            text: tile.title
            strong: true
            color: tile.more ? Tokens.jobColor : Tokens.textColor
            font.pixelSize: Metrics.letters(28, 17)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(17, 12)
            horizontalAlignment: tile.more ? Text.AlignHCenter : Text.AlignLeft
            verticalAlignment: Text.AlignVCenter
            lineHeight: 0.92
        }

        Label {
            id: about
            visible: text !== ""
            width: parent.width
            height: Math.min(implicitHeight, tile.height * 0.96 - name.height)
            text: tile.detail
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(21, 14)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
            horizontalAlignment: tile.more ? Text.AlignHCenter : Text.AlignLeft
            verticalAlignment: Text.AlignVCenter
        }
    }
}
