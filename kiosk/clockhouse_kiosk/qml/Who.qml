pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Who this is and how they stand, to be read from where one stands.
GridLayout {
    id: who

    property var view: ({})

    columns: Metrics.portrait ? 2 : 3
    columnSpacing: Metrics.px(26)
    rowSpacing: Metrics.px(12)

    Rectangle {
        Layout.preferredWidth: Metrics.px(112)
        Layout.preferredHeight: Metrics.px(112)
        radius: width / 2
        color: Tokens.faceColor

        Label {
            anchors.centerIn: parent
            text: who.view.initials ?? ""
            strong: true
            color: Tokens.jobColor
            font.pixelSize: Metrics.px(46)
        }
    }

    ColumnLayout {
        Layout.fillWidth: true
        spacing: Metrics.px(4)

        Label {
            objectName: "name"
            Layout.fillWidth: true
            Layout.maximumHeight: Metrics.reach * 0.55
            text: who.view.name ?? ""
            strong: true
            font.pixelSize: Metrics.letters(50, 24)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(26, 16)
            lineHeight: 0.9
        }

        Label {
            objectName: "standing"
            Layout.fillWidth: true
            Layout.maximumHeight: Metrics.reach * 0.4
            text: who.view.standing ?? ""
            color: Tokens.muteColor
            font.pixelSize: Metrics.letters(27, 17)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: Metrics.letters(20, 14)
        }
    }

    GridLayout {
        columns: Metrics.portrait ? 2 * figures.count : 2
        columnSpacing: Metrics.px(18)
        rowSpacing: Metrics.px(8)
        Layout.columnSpan: Metrics.portrait ? 2 : 1
        visible: figures.count > 0

        Repeater {
            id: figures
            model: who.view.figures ?? []

            Figure {}
        }
    }

    component Figure: Item {
        id: figure

        required property var modelData

        implicitWidth: pair.implicitWidth
        implicitHeight: pair.implicitHeight

        Row {
            id: pair
            spacing: Metrics.px(14)

            Label {
                text: figure.modelData.label
                color: Tokens.muteColor
                font.pixelSize: Metrics.caption
            }
            Label {
                text: figure.modelData.value
                strong: true
                font.pixelSize: Metrics.caption
            }
        }
    }
}
