import QtQuick
import QtQuick.Layouts
import "../style"

// One line of Latin letters, digits and signs: an address, or a code.
Sheet {
    id: typing

    required property var kiosk
    property var view: ({})

    side: Metrics.gap

    above: ColumnLayout {
        anchors.fill: parent
        anchors.topMargin: Metrics.gap / 2
        anchors.bottomMargin: Metrics.gap
        spacing: Metrics.px(8)

        Label {
            objectName: "typingTitle"
            Layout.fillWidth: true
            Layout.fillHeight: true
            verticalAlignment: Text.AlignVCenter
            text: typing.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(40, 18)
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
        }
        Label {
            Layout.fillWidth: true
            Layout.fillHeight: true
            verticalAlignment: Text.AlignVCenter
            text: typing.view.detail ?? ""
            color: (typing.view.problem ?? false) ? Tokens.outColor : Tokens.muteColor
            font.pixelSize: Metrics.letters(26, 15)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
        }
        Rectangle {
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(40, Metrics.px(Metrics.gloves ? 66 : 88))
            radius: Metrics.radius
            color: Tokens.cardColor
            border.color: Tokens.jobColor
            border.width: Metrics.edge
            LayoutMirroring.enabled: false
            LayoutMirroring.childrenInherit: true

            Label {
                objectName: "typed"
                anchors.fill: parent
                anchors.leftMargin: Metrics.px(24)
                anchors.rightMargin: Metrics.px(24)
                text: typing.view.typed ?? ""
                strong: true
                font.pixelSize: Metrics.letters(40, 20)
                verticalAlignment: Text.AlignVCenter
                wrapMode: Text.WrapAnywhere
                fontSizeMode: Text.Fit
                minimumPixelSize: 12
            }
        }
    }

    Keyboard {
        anchors.fill: parent
        anchors.topMargin: Metrics.keysDown
        kiosk: typing.kiosk
        view: typing.view
        enter: typing.view.ok ?? ""
    }
}
