import QtQuick
import "../style"

// What has been typed so far, or what may be.
Rectangle {
    id: query

    property var view: ({})
    readonly property bool typed: (view.query ?? "") !== ""

    implicitHeight: Math.max(Metrics.target, Metrics.px(96))
    radius: Metrics.radius
    color: Tokens.cardColor
    border.color: Tokens.jobColor
    border.width: Metrics.edge * 2

    Icon {
        id: sign
        name: "find"
        size: Metrics.px(46)
        color: Tokens.muteColor
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.leftMargin: Metrics.px(24)
    }
    Label {
        objectName: "query"
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: sign.right
        anchors.right: parent.right
        anchors.leftMargin: Metrics.px(18)
        anchors.rightMargin: Metrics.px(24)
        text: query.typed ? query.view.query : query.view.type ?? ""
        color: query.typed ? Tokens.textColor : Tokens.muteColor
        strong: query.typed
        font.pixelSize: Metrics.head
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: 15
    }
}
