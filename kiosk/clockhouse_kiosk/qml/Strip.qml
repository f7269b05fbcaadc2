import QtQuick
import QtQuick.Layouts
import "../style"

// Where this is and how sending stands: quiet, and never in the way.
Rectangle {
    id: strip

    required property var view
    property string theme: "dark"
    property bool clockShown: true
    property string said: ""

    readonly property bool light: theme === "light"
    readonly property color ink: light ? Tokens.muteColor : theme === "dark" ? Tokens.quietColor : Tokens.onColorColor
    readonly property bool told: (view.before ?? "") !== "" || (view.holding ?? "") !== ""

    height: Metrics.strip
    color: light ? Tokens.cardColor : "transparent"

    Rectangle {
        visible: strip.light
        anchors.bottom: parent.bottom
        width: parent.width
        height: Math.max(1, Metrics.px(2))
        color: Tokens.lineColor
    }

    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.margin
        anchors.rightMargin: Metrics.margin
        spacing: Metrics.px(28)

        Label {
            visible: strip.clockShown
            text: strip.view.clock ?? ""
            strong: true
            color: strip.light ? Tokens.textColor : Tokens.onColorColor
            font.pixelSize: Metrics.letters(20, 15)
        }

        Label {
            text: strip.view.place ?? ""
            color: strip.ink
            font.pixelSize: Metrics.letters(20, 15)
            elide: Text.ElideRight
            Layout.maximumWidth: strip.width * 0.4
        }

        Item {
            Layout.fillWidth: true
        }

        Rectangle {
            visible: strip.said === "" && !strip.told
            Layout.preferredWidth: Metrics.px(12)
            Layout.preferredHeight: Metrics.px(12)
            radius: width / 2
            color: (strip.view.well ?? true) ? Tokens.wellColor : Tokens.amberColor
            border.width: strip.light ? 1 : 0
            border.color: Tokens.muteColor
        }

        Label {
            objectName: "condition"
            text: (strip.view.holding ?? "") !== "" ? strip.view.holding : (strip.view.before ?? "") !== "" ? strip.view.before : strip.said !== "" ? strip.said : strip.view.condition ?? ""
            strong: strip.told
            color: strip.told ? (strip.light ? Tokens.inColor : Tokens.onColorColor) : (strip.view.well ?? true) ? strip.ink : strip.light ? Tokens.cautionColor : strip.theme === "dark" ? Tokens.amberColor : Tokens.onColorColor
            font.pixelSize: Metrics.letters(20, 15)
            horizontalAlignment: Text.AlignRight
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 12
            Layout.maximumWidth: strip.width * 0.62
        }
    }
}
