import QtQuick
import QtQuick.Layouts
import "../style"

// The answer fills the wall in its colour, with its own word and sign; the next badge is welcome already.
Item {
    id: answer

    required property var kiosk
    property var view: ({})
    readonly property int side: Metrics.px(Metrics.portrait ? 64 : 88)
    readonly property string sign: {
        switch (view.tone) {
        case "unknown":
            return "unknown";
        case "refused":
            return "refused";
        case "undone":
            return "undo";
        case "in":
            return "check";
        default:
            return view.tone ?? "";
        }
    }

    GridLayout {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.bottom: foot.top
        anchors.margins: answer.side
        anchors.bottomMargin: Metrics.gap
        columns: Metrics.portrait ? 1 : 2
        columnSpacing: Metrics.px(64)
        rowSpacing: Metrics.px(24)

        Item {
            visible: Metrics.portrait
            Layout.fillHeight: true
        }

        Rectangle {
            objectName: "answerSign"
            readonly property int wide: Metrics.px(Metrics.portrait ? 220 : 216)
            Layout.preferredWidth: wide
            Layout.preferredHeight: wide
            radius: width / 2
            color: "transparent"
            border.color: Tokens.onColorColor
            border.width: Metrics.px(12)

            Icon {
                anchors.centerIn: parent
                name: answer.sign
                size: parent.width * 0.56
                weight: 2.4
                color: Tokens.onColorColor
            }
        }

        ColumnLayout {
            Layout.fillWidth: true
            spacing: Metrics.px(2)

            Label {
                objectName: "answerTitle"
                Layout.fillWidth: true
                text: answer.view.title ?? ""
                strong: true
                color: Tokens.onColorColor
                font.pixelSize: Metrics.title
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.letters(38, 22)
                lineHeight: 0.95
                Layout.maximumHeight: Metrics.px(Metrics.portrait ? 280 : 220)
            }
            Label {
                objectName: "answerTime"
                visible: text !== ""
                Layout.fillWidth: true
                text: answer.view.time ?? ""
                strong: true
                color: Tokens.onColorColor
                font.pixelSize: Metrics.huge
                fontSizeMode: Text.HorizontalFit
                lineHeight: 0.95
            }
            Label {
                objectName: "answerDetail"
                visible: text !== ""
                Layout.fillWidth: true
                text: answer.view.detail ?? ""
                color: Tokens.onColorColor
                font.pixelSize: Metrics.letters(40, 20)
                wrapMode: Text.WordWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.letters(22, 15)
                Layout.maximumHeight: Metrics.px(Metrics.portrait ? 150 : answer.view.time ? (Metrics.large ? 110 : 64) : 200)
            }
        }

        Item {
            visible: Metrics.portrait
            Layout.fillHeight: true
        }
    }

    GridLayout {
        id: foot
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.leftMargin: answer.side
        anchors.rightMargin: answer.side
        anchors.bottomMargin: Metrics.px(52)
        columns: Metrics.portrait ? 1 : 2
        columnSpacing: Metrics.px(32)
        rowSpacing: Metrics.px(28)
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Label {
            Layout.row: 0
            Layout.column: Metrics.portrait ? 0 : 1
            Layout.fillWidth: true
            Layout.maximumHeight: Metrics.px(120)
            text: answer.view.note ?? ""
            color: Tokens.onColorColor
            font.pixelSize: Metrics.letters(28, 17)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 14
        }

        Quiet {
            objectName: "undo"
            Layout.row: Metrics.portrait ? 1 : 0
            Layout.column: 0
            Layout.alignment: Qt.AlignLeft
            Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(84))
            visible: (answer.view.undo ?? "") !== "" && (answer.view.undo_for ?? 0) > 0
            title: answer.view.undo ?? ""
            sign: "undo"
            ink: Tokens.onColorColor
            edge: Qt.alpha(Tokens.onColorColor, 0.55)
            onTapped: answer.kiosk.tap("undo")
        }
    }

    // A tap beside the buttons waves the answer away.
    TapHandler {
        gesturePolicy: TapHandler.WithinBounds
        onTapped: answer.kiosk.tap("back")
    }
}
