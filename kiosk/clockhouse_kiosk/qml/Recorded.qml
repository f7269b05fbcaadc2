import QtQuick
import QtQuick.Layouts

// Above a question: the punch is recorded, whatever is answered.
RowLayout {
    id: recorded

    property var view: ({})

    visible: (view.recorded ?? "") !== ""
    spacing: Metrics.px(20)

    Icon {
        name: "check"
        size: Metrics.px(44)
        color: Metrics.tone(recorded.view.kind ?? "")
    }
    Label {
        objectName: "recordedLine"
        Layout.fillWidth: true
        text: recorded.view.recorded ?? ""
        strong: true
        color: Metrics.tone(recorded.view.kind ?? "")
        font.pixelSize: Metrics.body
        fontSizeMode: Text.HorizontalFit
        minimumPixelSize: 14
    }
}
