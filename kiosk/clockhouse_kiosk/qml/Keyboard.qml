pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Letters and digits of the person's language; Latin ones too, where it is written in others. Where `enter` has a
// word, it stands in the place of the space.
Item {
    id: keyboard

    required property var kiosk
    property var view: ({})
    property bool latin: false
    property string enter: ""
    property bool back: true
    readonly property var boards: view.keyboards ?? []
    readonly property var board: boards.length === 0 ? [] : boards[latin && boards.length > 1 ? 1 : 0]
    // Where the wall is narrow, what is no letter has a row of its own.
    readonly property var rows: Metrics.portrait ? [...board, ""] : board

    LayoutMirroring.enabled: false
    LayoutMirroring.childrenInherit: true

    ColumnLayout {
        anchors.fill: parent
        spacing: Math.max(6, Metrics.px(10))

        Repeater {
            // Forty keys that nobody sees would have to follow every change of letters, contrast and language.
            model: keyboard.visible ? keyboard.rows : []

            RowLayout {
                id: row
                required property string modelData
                required property int index
                readonly property bool last: index === keyboard.rows.length - 1
                Layout.fillWidth: true
                Layout.fillHeight: true
                spacing: Math.max(4, Metrics.px(10))

                Command {
                    visible: row.last && keyboard.back
                    sign: "back"
                    objectName: "back"
                    onTapped: keyboard.kiosk.tap("back")
                }

                Command {
                    visible: row.last && keyboard.boards.length > 1
                    text: keyboard.latin ? keyboard.boards[0][1].slice(0, 3) : "ABC"
                    objectName: "key-script"
                    onTapped: keyboard.latin = !keyboard.latin
                }

                Repeater {
                    model: row.modelData === "" ? [] : row.modelData.split("")

                    Key {
                        required property string modelData
                        text: modelData === "ß" ? modelData : modelData.toUpperCase()
                        objectName: "key-" + modelData
                        onTapped: keyboard.kiosk.key(modelData)
                    }
                }

                Command {
                    visible: row.last && keyboard.enter === ""
                    text: keyboard.view.space ?? ""
                    objectName: "key-space"
                    onTapped: keyboard.kiosk.key(" ")
                }

                Command {
                    visible: row.last
                    sign: "erase"
                    objectName: "key-erase"
                    onTapped: keyboard.kiosk.tap("erase")
                }

                Command {
                    visible: row.last && keyboard.enter !== ""
                    chief: true
                    text: keyboard.enter
                    objectName: "enter"
                    onTapped: keyboard.kiosk.tap("enter")
                }
            }
        }
    }

    // A letter is one text and no more: a keyboard has forty of them.
    component Key: Press {
        id: key

        property string text: ""

        label: text
        rest: Tokens.cardColor
        lit: Tokens.faceColor
        border.color: Tokens.lineColor
        border.width: Metrics.edge
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredWidth: 10
        Layout.horizontalStretchFactor: 10

        Label {
            anchors.centerIn: parent
            text: key.text
            font.pixelSize: Metrics.letters(32, 20)
        }
    }

    component Command: Press {
        id: command

        property string text: ""
        property string sign: ""
        property bool chief: false

        label: text
        rest: chief ? Tokens.jobColor : Tokens.cardColor
        lit: chief ? Qt.darker(rest, 1.2) : Tokens.faceColor
        border.color: chief ? rest : Tokens.lineColor
        border.width: Metrics.edge
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredWidth: 14
        Layout.horizontalStretchFactor: 14

        Fitted {
            anchors.centerIn: parent
            room: command.width - 6
            text: command.text
            color: command.chief ? Tokens.onColorColor : Tokens.textColor
            font.pixelSize: Metrics.letters(24, 15)
            wrapMode: Text.NoWrap
            fontSizeMode: Text.HorizontalFit
        }

        Icon {
            visible: command.sign !== ""
            anchors.centerIn: parent
            name: command.sign
            color: Tokens.muteColor
            size: Metrics.px(40)
        }
    }
}
