import QtQuick
import "../style"

// The way out for somebody who is taken for another.
Press {
    id: notMe

    property var view: ({})

    objectName: "notMe"
    label: view.not_me ?? ""
    lit: Tokens.faceColor
    implicitHeight: Math.max(Metrics.target, asked.implicitHeight)
    implicitWidth: row.implicitWidth + Metrics.px(28)

    Row {
        id: row
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.leftMargin: Metrics.px(8)
        spacing: Metrics.px(18)

        Icon {
            name: "not_me"
            visible: !Metrics.large
            size: Metrics.px(44)
            color: Tokens.muteColor
            anchors.verticalCenter: parent.verticalCenter
        }

        Column {
            id: asked
            anchors.verticalCenter: parent.verticalCenter

            Label {
                text: notMe.view.not_me ?? ""
                color: Tokens.muteColor
                font.pixelSize: Metrics.caption
            }
            Label {
                text: notMe.view.cancel ?? ""
                color: Tokens.muteColor
                font.pixelSize: Metrics.caption
                font.underline: true
            }
        }
    }
}
