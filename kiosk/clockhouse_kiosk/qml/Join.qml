import QtQuick
import QtQuick.Layouts
import "../style"

// Nobody can punch here yet: what an administrator does now, and what to compare.
Item {
    id: join

    property var view: ({})

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.px(Metrics.portrait ? 48 : 72)
        anchors.rightMargin: Metrics.px(Metrics.portrait ? 48 : 72)
        anchors.bottomMargin: Metrics.px(64)
        spacing: Metrics.px(32)

        Item {
            Layout.fillHeight: true
        }

        Label {
            objectName: "joinTitle"
            Layout.fillWidth: true
            text: join.view.title ?? ""
            strong: true
            color: Tokens.amberColor
            font.pixelSize: Metrics.letters(64, 15)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 20
            Layout.maximumHeight: join.height * 0.28
        }

        Label {
            objectName: "words"
            visible: text !== ""
            Layout.fillWidth: true
            text: join.view.words ?? ""
            strong: true
            color: Tokens.paperColor
            font.pixelSize: Metrics.letters(88, 15)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Metrics.body
        }

        Label {
            Layout.fillWidth: true
            text: join.view.detail ?? ""
            color: Tokens.softColor
            font.pixelSize: Metrics.letters(32, 18)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 16
            Layout.maximumHeight: join.height * 0.28
        }

        Rectangle {
            visible: (join.view.command ?? "") !== ""
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(48, Metrics.px(104))
            radius: Metrics.radius
            color: Tokens.ink2Color
            border.color: Tokens.inkLineColor
            border.width: Metrics.edge
            LayoutMirroring.enabled: false
            LayoutMirroring.childrenInherit: true

            Label {
                anchors.verticalCenter: parent.verticalCenter
                x: Metrics.px(28)
                width: parent.width - 2 * x
                text: join.view.command ?? ""
                color: Tokens.paperColor
                font.pixelSize: Metrics.letters(36, 15)
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 14
            }
        }

        Label {
            visible: text !== ""
            Layout.fillWidth: true
            text: join.view.note ?? ""
            color: Tokens.quietColor
            font.pixelSize: Metrics.caption
            wrapMode: Text.WordWrap
        }

        Item {
            Layout.fillHeight: true
        }
    }
}
