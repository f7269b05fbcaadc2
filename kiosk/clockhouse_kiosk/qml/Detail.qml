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
    readonly property bool flat: words || Metrics.portrait

    readonly property real told: (width - 2 * side) * (flat ? 1 : 0.44)
    // Keys for gloves need more than the lower part of the wall.
    readonly property int lift: Metrics.gloves && !flat ? Metrics.reach - Metrics.gap : 0

    side: words ? Metrics.gap : Metrics.margin

    above: ColumnLayout {
        anchors.top: parent.top
        anchors.bottom: parent.bottom
        anchors.left: Metrics.leftHand && detail.lift > 0 ? undefined : parent.left
        anchors.right: Metrics.leftHand && detail.lift > 0 ? parent.right : undefined
        anchors.topMargin: Metrics.gap / 2
        anchors.bottomMargin: Metrics.gap / 2
        width: detail.lift > 0 ? detail.told : parent.width
        spacing: Metrics.px(8)

        Label {
            objectName: "detailTitle"
            Layout.fillWidth: true
            Layout.fillHeight: true
            verticalAlignment: Text.AlignVCenter
            text: detail.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(48, 24)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 14
        }
        Label {
            visible: text !== "" && !((Metrics.large || Metrics.gloves) && Metrics.height < 700)
            Layout.fillWidth: true
            text: detail.view.detail ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(28, 16)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 14
        }
        Typed {
            visible: detail.flat
            Layout.fillWidth: true
            Layout.preferredHeight: Math.max(44, Metrics.px(84))
        }
    }

    GridLayout {
        anchors.fill: parent
        anchors.topMargin: -detail.lift
        anchors.bottomMargin: detail.words ? Metrics.gap - Metrics.margin : 0
        columns: detail.flat ? 1 : 2
        columnSpacing: Metrics.margin
        rowSpacing: Metrics.gap
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Keyboard {
            visible: detail.words
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: Metrics.keysDown
            Layout.row: 0
            Layout.column: 0
            kiosk: detail.kiosk
            view: detail.view
            back: false
        }

        Pad {
            visible: !detail.words
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.row: 0
            Layout.column: Metrics.portrait ? 0 : 1
            Layout.preferredWidth: detail.flat ? detail.told : detail.width - 2 * detail.side - detail.told - Metrics.margin
            kiosk: detail.kiosk
            ok: detail.view.ok ?? ""
            light: true
            keys: [...digits.slice(0, 9), detail.view.entry === "quantity" ? "." : "erase", "0", detail.view.entry === "quantity" ? "erase" : "enter"]
        }

        ColumnLayout {
            Layout.row: detail.flat ? 1 : 0
            Layout.column: 0
            Layout.fillWidth: true
            Layout.fillHeight: !detail.flat
            Layout.preferredWidth: detail.told
            Layout.topMargin: detail.lift
            spacing: Metrics.gap

            Item {
                visible: !detail.flat
                Layout.fillHeight: true
            }

            Typed {
                visible: !detail.flat
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(44, Metrics.px(96))
            }

            RowLayout {
                Layout.fillWidth: true
                spacing: Metrics.gap

                Quiet {
                    objectName: "enter"
                    visible: detail.flat
                    title: detail.view.ok ?? ""
                    sign: "check"
                    rest: Tokens.jobColor
                    ink: Tokens.onColorColor
                    edge: Tokens.jobColor
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: detail.kiosk.tap("enter")
                }
                Quiet {
                    objectName: "later"
                    visible: title !== ""
                    title: detail.view.skip ?? ""
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: detail.kiosk.tap("later")
                }
                Quiet {
                    objectName: "back"
                    visible: title !== ""
                    title: detail.view.back ?? ""
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: detail.kiosk.tap("back")
                }
            }

            Quiet {
                objectName: "enter"
                visible: !detail.flat
                title: detail.view.ok ?? ""
                sign: "check"
                rest: Tokens.jobColor
                ink: Tokens.onColorColor
                edge: Tokens.jobColor
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(132))
                onTapped: detail.kiosk.tap("enter")
            }
        }
    }

    component Typed: Rectangle {
        radius: Metrics.radius
        color: Tokens.cardColor
        border.color: Tokens.jobColor
        border.width: Metrics.edge

        Label {
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
