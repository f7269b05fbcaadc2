import QtQuick
import QtQuick.Layouts
import "../style"

// Bottom left, under the thumb of the hand that held the badge: the likeliest way on.
ColumnLayout {
    id: thumb

    required property var kiosk
    property var view: ({})
    property int most: Metrics.px(240)

    spacing: Metrics.px(8)

    Label {
        Layout.fillWidth: true
        visible: text !== "" && !Metrics.gloves
        text: thumb.view.lead ?? ""
        color: Tokens.muteColor
        font.pixelSize: Metrics.caption
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: 14
    }

    Action {
        objectName: "primary"
        visible: !!thumb.view.primary
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.minimumHeight: Metrics.target
        Layout.preferredHeight: thumb.most
        Layout.maximumHeight: thumb.most
        kind: thumb.view.primary?.kind ?? ""
        title: thumb.view.primary?.title ?? ""
        detail: thumb.view.primary?.detail ?? ""
        titleSize: Metrics.letters(42, 22)
        onTapped: thumb.kiosk.tap("default")
    }
}
