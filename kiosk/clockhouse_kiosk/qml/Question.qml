import QtQuick
import QtQuick.Layouts

// One of the site's questions, with yes and no.
Sheet {
    id: question

    required property var kiosk
    property var view: ({})

    above: ColumnLayout {
        anchors.fill: parent
        anchors.topMargin: Metrics.gap
        spacing: Metrics.gap

        Label {
            objectName: "question"
            Layout.fillWidth: true
            Layout.fillHeight: true
            verticalAlignment: Text.AlignVCenter
            text: question.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(56, 28)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(26, 16)
            lineHeight: 0.92
        }
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: Metrics.gap

        Item {
            Layout.fillHeight: true
        }

        GridLayout {
            Layout.fillWidth: true
            columns: Metrics.portrait ? 1 : 2
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            uniformCellWidths: true
            layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

            Action {
                objectName: "yes"
                plain: true
                sign: "check"
                kind: "transfer"
                title: question.view.yes ?? ""
                Layout.fillWidth: true
                onTapped: question.kiosk.tap("yes")
            }
            Action {
                objectName: "no"
                plain: true
                sign: "cross"
                kind: "transfer"
                title: question.view.no ?? ""
                Layout.fillWidth: true
                onTapped: question.kiosk.tap("no")
            }
        }

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.gap

            Quiet {
                objectName: "later"
                title: question.view.later ?? ""
                sign: "later"
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                onTapped: question.kiosk.tap("later")
            }
            Quiet {
                objectName: "undo"
                title: question.view.undo ?? ""
                sign: "undo"
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                onTapped: question.kiosk.tap("undo")
            }
        }
    }
}
