pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Nobody clocked out: ask when they left, kindly, and take "later" for an answer.
Sheet {
    id: forgotten

    required property var kiosk
    property var view: ({})
    readonly property bool days: view.days ?? false

    // Where six steps are too many for gloves, the quarters go.
    function quarter(minutes: int): var {
        return Metrics.gloves && Metrics.portrait ? [] : [minutes];
    }

    above: ColumnLayout {
        anchors.fill: parent
        spacing: Metrics.px(10)

        Item {
            Layout.fillHeight: true
        }
        Label {
            objectName: "forgottenTitle"
            Layout.fillWidth: true
            Layout.maximumHeight: Metrics.reach * 0.55
            text: forgotten.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(56, 28)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(26, 18)
            lineHeight: 0.92
        }
        Label {
            Layout.fillWidth: true
            Layout.maximumHeight: Metrics.reach * 0.42
            text: forgotten.view.detail ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(27, 16)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(16, 12)
        }
        Item {
            Layout.fillHeight: true
        }
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: Metrics.gap

        Item {
            Layout.fillHeight: true
        }

        Label {
            visible: Metrics.portrait
            objectName: Metrics.portrait ? "claimed" : ""
            Layout.fillWidth: true
            text: forgotten.view.claimed ?? ""
            strong: true
            font.pixelSize: Metrics.letters(96, 40)
            horizontalAlignment: Text.AlignHCenter
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: Metrics.body
        }

        RowLayout {
            Layout.fillWidth: true
            spacing: Metrics.gap
            LayoutMirroring.enabled: false

            Repeater {
                model: forgotten.days ? [-1440, -60, ...forgotten.quarter(-15)] : [-60, -15]

                delegate: stepper
            }

            Label {
                visible: !Metrics.portrait
                objectName: Metrics.portrait ? "" : "claimed"
                Layout.fillWidth: true
                text: forgotten.view.claimed ?? ""
                strong: true
                font.pixelSize: Metrics.letters(96, 40)
                horizontalAlignment: Text.AlignHCenter
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: Metrics.body
            }

            Repeater {
                model: forgotten.days ? [...forgotten.quarter(15), 60, 1440] : [15, 60]

                delegate: stepper
            }
        }

        Item {
            Layout.fillHeight: true
        }

        GridLayout {
            Layout.fillWidth: true
            columns: Metrics.portrait ? 2 : 3
            rowSpacing: Metrics.gap
            columnSpacing: Metrics.gap
            layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

            Action {
                objectName: "confirm"
                Layout.row: Metrics.portrait ? 2 : 0
                Layout.column: 0
                Layout.columnSpan: Metrics.portrait ? 2 : 1
                Layout.fillWidth: true
                Layout.preferredWidth: 5
                kind: forgotten.view.claims ?? "out"
                title: forgotten.view.confirm ?? ""
                onTapped: forgotten.kiosk.tap("confirm")
            }
            Quiet {
                objectName: "no"
                visible: title !== ""
                Layout.row: Metrics.portrait ? 1 : 0
                Layout.column: Metrics.portrait ? 0 : 1
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(Metrics.portrait ? 96 : 132))
                Layout.preferredWidth: 3
                title: forgotten.view.refuse ?? ""
                sign: "cross"
                ink: Tokens.refusedColor
                edge: Tokens.refusedColor
                onTapped: forgotten.kiosk.tap("no")
            }
            Quiet {
                objectName: "later"
                readonly property bool alone: Metrics.portrait && (forgotten.view.refuse ?? "") === ""
                Layout.row: Metrics.portrait ? 1 : 0
                Layout.column: alone ? 0 : Metrics.portrait ? 1 : 2
                Layout.columnSpan: alone ? 2 : 1
                Layout.fillWidth: true
                Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(Metrics.portrait ? 96 : 132))
                Layout.preferredWidth: 3
                title: forgotten.view.later ?? ""
                sign: (forgotten.view.recorded ?? "") === "" ? "back" : "later"
                onTapped: forgotten.kiosk.tap("later")
            }
        }
    }

    Component {
        id: stepper

        Press {
            id: press
            required property int modelData
            readonly property int minutes: modelData
            readonly property string text: (minutes > 0 ? "+" : "−") + (Math.abs(minutes) === 1440 ? forgotten.view.day ?? "" : Math.abs(minutes) === 60 ? "1:00" : "0:15")
            objectName: "shift" + modelData
            label: text
            rest: Tokens.cardColor
            lit: Tokens.faceColor
            border.color: Tokens.lineColor
            border.width: Metrics.edge
            Layout.fillWidth: Metrics.portrait
            Layout.preferredWidth: Math.max(Metrics.target, Metrics.px(132))
            Layout.preferredHeight: Math.max(Metrics.target, Metrics.px(112))
            onTapped: forgotten.kiosk.shift(minutes)

            Fitted {
                anchors.centerIn: parent
                room: press.width - Metrics.px(16)
                height: press.height - Metrics.px(10)
                text: press.text
                strong: true
                color: Tokens.jobColor
                font.pixelSize: Metrics.letters(34, 20)
            }
        }
    }
}
