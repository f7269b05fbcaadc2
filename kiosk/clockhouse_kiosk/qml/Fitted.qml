import QtQuick

// Words that shrink into the room they are given. Their natural width is that of unshrunk letters: where it followed
// the shrinking, a layout that asks for it would never come to rest.
Label {
    id: fitted

    property real room: 0
    readonly property real natural: Math.ceil(measure.advanceWidth) + 2

    width: Math.min(natural, room)
    wrapMode: Text.WordWrap
    fontSizeMode: Text.Fit
    minimumPixelSize: 12
    horizontalAlignment: Text.AlignHCenter
    verticalAlignment: Text.AlignVCenter

    TextMetrics {
        id: measure
        font: fitted.font
        text: fitted.text
    }
}
