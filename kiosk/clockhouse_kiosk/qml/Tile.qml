import QtQuick
import QtQuick.Layouts
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

    ColumnLayout {
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: Metrics.px(24)
        anchors.rightMargin: Metrics.px(18)
        spacing: 0

        Label {
            objectName: "tileTitle"
            Layout.fillWidth: true
            Layout.maximumHeight: tile.height * (about.visible ? 0.62 : 0.9)
            text: tile.title
            strong: true
            color: tile.more ? Tokens.jobColor : Tokens.textColor
            font.pixelSize: Metrics.letters(30, 17)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(17, 13)
            horizontalAlignment: tile.more ? Text.AlignHCenter : Text.AlignLeft
            verticalAlignment: Text.AlignVCenter
            lineHeight: 0.92
        }

        Label {
            id: about
            visible: text !== ""
            Layout.fillWidth: true
            text: tile.detail
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(21, 14)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Math.max(12, Metrics.px(17))
            horizontalAlignment: tile.more ? Text.AlignHCenter : Text.AlignLeft
        }
    }
}
