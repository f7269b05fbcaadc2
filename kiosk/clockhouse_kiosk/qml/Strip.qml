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
    property bool loud: false
    property string practice: ""
    property point drift: Qt.point(0, 0)

    readonly property bool light: theme === "light"
    readonly property color ink: light ? Tokens.muteColor : theme === "dark" ? Tokens.quietColor : Tokens.onColorColor
    readonly property bool told: loud || (view.before ?? "") !== "" || (view.holding ?? "") !== ""
    // What a sound tells the ear is told the eye at the edge of its field: a badge waits, or has to come again.
    readonly property bool held: (view.holding ?? "") !== ""
    readonly property int letters: Metrics.letters(21, 15)

    height: Metrics.strip
    color: held ? Tokens.amberColor : light ? Tokens.cardColor : "transparent"

    Rectangle {
        visible: strip.light && !strip.held
        anchors.bottom: parent.bottom
        width: parent.width
        height: Metrics.edge
        color: Tokens.lineColor
    }

    GridLayout {
        anchors.fill: parent
        anchors.leftMargin: Metrics.margin + strip.drift.x
        anchors.rightMargin: Metrics.margin - strip.drift.x
        anchors.topMargin: strip.drift.y * 0.5
        anchors.bottomMargin: Metrics.edge - strip.drift.y * 0.5
        columns: Metrics.portrait || strip.held ? 1 : 2
        columnSpacing: Metrics.px(20)
        rowSpacing: 0

        RowLayout {
            visible: !strip.held
            Layout.fillWidth: true
            spacing: Metrics.px(20)

            Label {
                visible: strip.clockShown
                text: strip.view.clock ?? ""
                strong: true
                color: strip.light ? Tokens.textColor : Tokens.onColorColor
                font.pixelSize: strip.letters
            }

            Label {
                Layout.fillWidth: true
                objectName: "place"
                text: strip.practice !== "" ? strip.practice : strip.view.place ?? ""
                strong: strip.practice !== ""
                color: strip.practice !== "" && strip.light ? Tokens.cautionColor : strip.ink
                font.pixelSize: strip.letters
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 12
            }
        }

        RowLayout {
            Layout.fillWidth: Metrics.portrait || strip.held
            spacing: Metrics.px(16)

            Icon {
                visible: strip.held
                name: "badge"
                size: Metrics.px(40)
                color: Tokens.inkColor
            }

            Rectangle {
                visible: strip.said === "" && !strip.told && (strip.view.condition ?? "") !== ""
                Layout.preferredWidth: Metrics.px(14)
                Layout.preferredHeight: Metrics.px(14)
                radius: width / 2
                color: (strip.view.well ?? true) ? Tokens.wellColor : Tokens.amberColor
                border.width: strip.light ? 1 : 0
                border.color: Tokens.muteColor
            }

            Label {
                objectName: "condition"
                text: (strip.view.holding ?? "") !== "" ? strip.view.holding : strip.loud ? strip.said : (strip.view.before ?? "") !== "" ? strip.view.before : strip.said !== "" ? strip.said : strip.view.condition ?? ""
                strong: strip.told
                color: strip.held ? Tokens.inkColor : strip.told ? (strip.light ? Tokens.inColor : Tokens.onColorColor) : (strip.view.well ?? true) ? strip.ink : strip.light ? Tokens.cautionColor : strip.theme === "dark" ? Tokens.amberColor : Tokens.onColorColor
                font.pixelSize: strip.held ? Metrics.letters(30, 19) : strip.letters
                horizontalAlignment: Metrics.portrait || strip.held ? Text.AlignLeft : Text.AlignRight
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 12
                Layout.fillWidth: Metrics.portrait || strip.held
                Layout.maximumWidth: strip.width * (Metrics.portrait || strip.held ? 0.92 : strip.practice !== "" ? 0.48 : 0.62)
            }
        }
    }
}
