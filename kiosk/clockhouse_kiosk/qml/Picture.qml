pragma ComponentBehavior: Bound

import QtQuick

// What a screen can show: its colours, its greys, its edges. Any touch ends it.
Item {
    id: picture

    required property var kiosk
    property var view: ({})

    Column {
        anchors.fill: parent

        Row {
            width: parent.width
            height: parent.height / 2

            Repeater {
                model: ["#FFFFFF", "#FFFF00", "#00FFFF", "#00FF00", "#FF00FF", "#FF0000", "#0000FF", "#000000"]

                Rectangle {
                    required property string modelData
                    width: picture.width / 8
                    height: parent.height
                    color: modelData
                }
            }
        }
        Row {
            width: parent.width
            height: parent.height / 2

            Repeater {
                model: 16

                Rectangle {
                    required property int index
                    width: picture.width / 16
                    height: parent.height
                    color: Qt.rgba(index / 15, index / 15, index / 15, 1)
                }
            }
        }
    }

    Rectangle {
        anchors.fill: parent
        color: "transparent"
        border.color: "#FF0000"
        border.width: 1
    }

    Press {
        objectName: "back"
        anchors.fill: parent
        label: picture.view.back ?? ""
        lit: "transparent"
        onTapped: picture.kiosk.tap("back")
    }
}
