pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// One thing to type: a quantity, a number, or words. It can always be left out.
Sheet {
    id: detail

    required property var kiosk
    property var view: ({})
    readonly property bool words: view.entry === "text"

    side: words ? Metrics.gap : Metrics.margin

    above: ColumnLayout {
        anchors.fill: parent
        anchors.topMargin: Metrics.gap
        spacing: Metrics.px(10)

        Recorded {
            Layout.fillWidth: true
            view: detail.view
        }
        Label {
            objectName: "detailTitle"
            Layout.fillWidth: true
            Layout.fillHeight: true
            verticalAlignment: Text.AlignVCenter
            text: detail.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(44, 22)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(24, 14)
            lineHeight: 0.92
        }
        Label {
            visible: text !== "" && !Metrics.gloves
            Layout.fillWidth: true
            text: detail.view.detail ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(28, 16)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 14
        }
        Rectangle {
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(48, Metrics.px(88))
            Layout.bottomMargin: Metrics.gap
            radius: Metrics.radius
            color: Tokens.cardColor
            border.color: Tokens.jobColor
            border.width: Metrics.edge

            Label {
                objectName: "typed"
                anchors.fill: parent
                anchors.leftMargin: Metrics.px(24)
                anchors.rightMargin: Metrics.px(24)
                text: detail.view.typed ?? ""
                strong: true
                font.pixelSize: Metrics.letters(40, 20)
                verticalAlignment: Text.AlignVCenter
                wrapMode: detail.words ? Text.WrapAnywhere : Text.NoWrap
                fontSizeMode: Text.Fit
                minimumPixelSize: 12
            }
        }
    }

    GridLayout {
        anchors.fill: parent
        columns: detail.words || Metrics.portrait ? 1 : 2
        columnSpacing: Metrics.margin
        rowSpacing: Metrics.gap
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Keyboard {
            visible: detail.words
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.row: 0
            Layout.column: 0
            kiosk: detail.kiosk
            view: detail.view
        }

        Pad {
            visible: !detail.words
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.row: 0
            Layout.column: Metrics.portrait ? 0 : 1
            Layout.preferredWidth: 6
            kiosk: detail.kiosk
            light: true
            keys: [...digits.slice(0, 9), detail.view.entry === "quantity" ? "." : "enter", "0", "erase"]
        }

        GridLayout {
            Layout.row: detail.words || Metrics.portrait ? 1 : 0
            Layout.column: 0
            Layout.fillWidth: true
            Layout.preferredWidth: 5
            Layout.alignment: Qt.AlignBottom
            columns: detail.words || Metrics.portrait ? 3 : 1
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap

            Quiet {
                objectName: "back"
                visible: title !== ""
                title: detail.view.back ?? ""
                sign: "back"
                Layout.fillWidth: true
                Layout.row: detail.words || Metrics.portrait ? 0 : 0
                Layout.column: detail.words || Metrics.portrait ? 2 : 0
                onTapped: detail.kiosk.tap("back")
            }
            Quiet {
                objectName: "later"
                visible: title !== ""
                title: detail.view.skip ?? ""
                sign: "later"
                Layout.fillWidth: true
                Layout.row: detail.words || Metrics.portrait ? 0 : 1
                Layout.column: detail.words || Metrics.portrait ? 1 : 0
                onTapped: detail.kiosk.tap("later")
            }
            Quiet {
                objectName: "enter"
                title: detail.view.ok ?? ""
                sign: "check"
                rest: Tokens.jobColor
                ink: Tokens.onColorColor
                edge: Tokens.jobColor
                Layout.fillWidth: true
                Layout.row: detail.words || Metrics.portrait ? 0 : 2
                Layout.column: 0
                onTapped: detail.kiosk.tap("enter")
            }
        }
    }
}
