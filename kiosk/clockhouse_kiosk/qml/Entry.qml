pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// The personnel number, then the PIN; the PIN shows as dots only.
Sheet {
    id: entry

    required property var kiosk
    property var view: ({})
    readonly property bool secret: view.entry === "pin"
    readonly property string shown: view.shown ?? ""
    readonly property real wide: width - 2 * side
    readonly property real told: Metrics.portrait ? wide : wide * 0.4
    readonly property int field: Math.max(56, Metrics.px(104))
    // Keys for gloves need more than the lower part of the wall.
    readonly property int lift: !Metrics.gloves ? 0 : Metrics.portrait ? Metrics.reach - field - Metrics.body * 2 - Metrics.gap * 2 : Metrics.reach - Metrics.gap

    side: Metrics.px(Metrics.portrait ? 48 : 72)

    above: ColumnLayout {
        anchors.top: parent.top
        anchors.left: Metrics.leftHand ? undefined : parent.left
        anchors.right: Metrics.leftHand ? parent.right : undefined
        anchors.topMargin: Metrics.gap / 2
        width: Metrics.gloves && !Metrics.portrait ? entry.told - Metrics.px(56) : entry.wide
        height: Metrics.reach - Metrics.gap * 1.5 - (Metrics.portrait ? entry.lift : 0)
        spacing: Metrics.px(16)

        Label {
            objectName: "entryTitle"
            Layout.fillWidth: true
            Layout.fillHeight: true
            text: entry.view.title ?? ""
            strong: true
            color: Tokens.amberColor
            font.pixelSize: Metrics.letters(48, 24)
            verticalAlignment: Text.AlignBottom
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 15
        }

        Rectangle {
            Layout.fillWidth: true
            Layout.preferredHeight: entry.field
            radius: Metrics.radius
            color: Tokens.ink2Color
            border.color: Tokens.inkLineColor
            border.width: Metrics.edge
            LayoutMirroring.enabled: false
            LayoutMirroring.childrenInherit: true

            Label {
                objectName: "digits"
                visible: !entry.secret
                anchors.centerIn: parent
                width: parent.width - Metrics.px(64)
                text: entry.secret ? "" : entry.shown
                strong: true
                color: Tokens.paperColor
                font.pixelSize: Metrics.letters(60, 30)
                font.letterSpacing: Metrics.px(6)
                fontSizeMode: Text.HorizontalFit
                horizontalAlignment: Text.AlignHCenter
            }

            Row {
                visible: entry.secret
                anchors.centerIn: parent
                spacing: Metrics.px(26)

                Repeater {
                    model: entry.secret ? Math.max(entry.view.most ?? 0, entry.shown.length) : 0

                    Rectangle {
                        required property int index
                        readonly property bool typed: index < entry.shown.length
                        width: Metrics.px(30)
                        height: width
                        radius: width / 2
                        color: typed ? Tokens.paperColor : "transparent"
                        border.color: typed ? Tokens.paperColor : Tokens.quietColor
                        border.width: Math.max(2, Metrics.px(3))
                    }
                }
            }
        }
    }

    GridLayout {
        anchors.fill: parent
        anchors.topMargin: -entry.lift
        columns: Metrics.portrait ? 1 : 2
        columnSpacing: Metrics.px(56)
        rowSpacing: Metrics.gap
        layoutDirection: Metrics.leftHand ? Qt.RightToLeft : Qt.LeftToRight

        Label {
            objectName: "problem"
            Layout.topMargin: Metrics.portrait ? 0 : entry.lift
            Layout.row: 0
            Layout.column: 0
            Layout.fillWidth: true
            Layout.preferredWidth: entry.told
            Layout.fillHeight: !Metrics.portrait
            Layout.preferredHeight: Metrics.portrait ? Metrics.body * (Metrics.gloves ? 1.9 : 2.8) : -1
            text: (entry.view.busy ?? "") !== "" ? entry.view.busy : entry.view.problem ?? ""
            color: Tokens.paperColor
            font.pixelSize: Metrics.body
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 13
        }

        Quiet {
            objectName: "back"
            Layout.row: Metrics.portrait ? 2 : 1
            Layout.column: 0
            Layout.fillWidth: Metrics.portrait
            title: entry.view.back ?? ""
            sign: "back"
            ink: Tokens.softColor
            edge: Tokens.inkLineColor
            onTapped: entry.kiosk.tap("back")
        }

        Pad {
            Layout.row: Metrics.portrait ? 1 : 0
            Layout.column: Metrics.portrait ? 0 : 1
            Layout.rowSpan: Metrics.portrait ? 1 : 2
            Layout.fillHeight: true
            Layout.fillWidth: true
            Layout.preferredWidth: Metrics.portrait ? entry.wide : entry.wide - entry.told
            kiosk: entry.kiosk
            ok: entry.view.ok ?? ""
            digits: (entry.view.keys ?? []).length === 10 ? entry.view.keys : ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]
        }
    }
}
