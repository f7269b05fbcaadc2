import QtQuick
import QtQuick.Layouts
import "../style"

// The answer fills the wall in its colour, with its own word and sign; the next badge is welcome already.
Item {
    id: answer

    required property var kiosk
    property var view: ({})
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

    RowLayout {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.bottom: foot.top
        anchors.leftMargin: Metrics.px(96)
        anchors.rightMargin: Metrics.px(72)
        spacing: Metrics.px(64)

        Rectangle {
            Layout.preferredWidth: Metrics.px(184)
            Layout.preferredHeight: Metrics.px(184)
            radius: width / 2
            color: "transparent"
            border.color: Tokens.onColorColor
            border.width: Metrics.px(12)

            Icon {
                anchors.centerIn: parent
                name: answer.sign
                size: Metrics.px(104)
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
                maximumLineCount: 2
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.body
                Layout.maximumHeight: Metrics.px(220)
            }
            Label {
                objectName: "answerTime"
                visible: text !== ""
                text: answer.view.time ?? ""
                strong: true
                color: Tokens.onColorColor
                font.pixelSize: Metrics.huge
                lineHeight: 0.95
            }
            Label {
                objectName: "answerDetail"
                visible: text !== ""
                Layout.fillWidth: true
                text: answer.view.detail ?? ""
                color: Tokens.onColorColor
                font.pixelSize: Metrics.letters(42, 20)
                wrapMode: Text.WordWrap
                maximumLineCount: 2
                elide: Text.ElideRight
                fontSizeMode: Text.Fit
                minimumPixelSize: Metrics.caption
                Layout.maximumHeight: Metrics.px(answer.view.tone === "refused" || answer.view.tone === "undone" ? 130 : 70)
            }
        }
    }

    RowLayout {
        id: foot
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.leftMargin: Metrics.px(96)
        anchors.rightMargin: Metrics.px(96)
        anchors.bottomMargin: Metrics.px(56)
        spacing: Metrics.px(32)

        Quiet {
            objectName: "undo"
            visible: (answer.view.undo ?? "") !== "" && (answer.view.undo_for ?? 0) > 0
            title: answer.view.undo ?? ""
            sign: "undo"
            ink: Tokens.onColorColor
            edge: Qt.alpha(Tokens.onColorColor, 0.55)
            Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(84))
            onTapped: answer.kiosk.tap("undo")
        }

        Label {
            Layout.fillWidth: true
            text: answer.view.note ?? ""
            color: Tokens.onColorColor
            font.pixelSize: Metrics.letters(28, 17)
            wrapMode: Text.WordWrap
        }
    }

    // A tap beside the buttons waves the answer away.
    TapHandler {
        gesturePolicy: TapHandler.WithinBounds
        onTapped: answer.kiosk.tap("back")
    }
}
