pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import "../style"

// Somebody's own page: hours, messages, corrections, and how they like the wall.
Sheet {
    id: own

    required property var kiosk
    property var view: ({})
    readonly property string page: view.page ?? ""

    above: [
        Label {
            objectName: "ownSaid"
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.topMargin: Metrics.gap / 2
            height: parent.height * 0.24
            verticalAlignment: Text.AlignVCenter
            text: (own.view.said ?? "") !== "" ? own.view.said : own.view.name ?? ""
            strong: true
            color: (own.view.said ?? "") !== "" ? Tokens.inColor : Tokens.textColor
            font.pixelSize: Metrics.letters(36, 18)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
        },
        Loader {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            height: parent.height * 0.74 - Metrics.gap
            sourceComponent: own.page === "messages" ? messages : own.page === "hours" ? hours : own.page === "request" ? asked : null
        }
    ]

    ColumnLayout {
        anchors.fill: parent
        spacing: Metrics.gap

        Loader {
            Layout.fillWidth: true
            Layout.fillHeight: true
            sourceComponent: own.page === "request" ? request : own.page === "settings" ? settings : own.page === "hours" ? missing : null
        }

        GridLayout {
            Layout.fillWidth: true
            columns: Metrics.portrait ? 1 : 2
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap

            RowLayout {
                Layout.row: 0
                Layout.column: 0
                Layout.fillWidth: true
                Layout.preferredWidth: 1 + (own.view.modes ?? []).length
                spacing: Metrics.gap

                Quiet {
                    objectName: "back"
                    title: own.view.back ?? ""
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: own.kiosk.tap("back")
                }

                Repeater {
                    model: own.view.modes ?? []

                    Quiet {
                        required property var modelData
                        objectName: "mode-" + modelData.mode
                        title: modelData.title
                        edge: Tokens.jobColor
                        ink: Tokens.jobColor
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        onTapped: own.kiosk.mode(modelData.mode)
                    }
                }
            }
            RowLayout {
                Layout.row: Metrics.portrait ? 1 : 0
                Layout.column: Metrics.portrait ? 0 : 1
                Layout.fillWidth: true
                Layout.preferredWidth: 4
                spacing: Metrics.gap

                Repeater {
                    model: own.view.pages ?? []

                    Quiet {
                        required property var modelData
                        readonly property bool chosen: modelData.page === own.page
                        objectName: "page-" + modelData.page
                        title: modelData.count > 0 ? modelData.title + " · " + modelData.count : modelData.title
                        rest: chosen ? Tokens.textColor : "transparent"
                        ink: chosen ? Tokens.onColorColor : Tokens.textColor
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        onTapped: own.kiosk.page(modelData.page)
                    }
                }
            }
        }
    }

    Component {
        id: hours

        ColumnLayout {
            spacing: Metrics.gap

            Repeater {
                model: own.view.figures ?? []

                RowLayout {
                    id: figure
                    required property var modelData
                    Layout.fillWidth: true

                    Label {
                        Layout.fillWidth: true
                        text: figure.modelData.label
                        color: Tokens.muteColor
                        font.pixelSize: Metrics.body
                        fontSizeMode: Text.HorizontalFit
                        minimumPixelSize: 12
                    }
                    Label {
                        text: figure.modelData.value
                        strong: true
                        font.pixelSize: Metrics.body
                    }
                }
            }
            Label {
                Layout.fillWidth: true
                text: (own.view.figures ?? []).length > 0 ? own.view.as_of ?? "" : own.view.empty ?? ""
                color: Tokens.muteColor
                font.pixelSize: Metrics.caption
                wrapMode: Text.WordWrap
            }
        }
    }

    Component {
        id: missing

        ColumnLayout {
            spacing: Metrics.gap

            Item {
                Layout.fillHeight: true
            }
            Repeater {
                model: own.view.missing ?? []

                Quiet {
                    required property string modelData
                    required property int index
                    objectName: "missing-" + index
                    title: modelData
                    ink: Tokens.outColor
                    edge: Tokens.outColor
                    Layout.fillWidth: true
                    onTapped: own.kiosk.missing(index)
                }
            }
        }
    }

    Component {
        id: messages

        ColumnLayout {
            spacing: Metrics.gap

            Label {
                visible: (own.view.messages ?? []).length === 0
                Layout.fillWidth: true
                text: own.view.empty ?? ""
                color: Tokens.muteColor
            }
            Repeater {
                model: own.view.messages ?? []

                ColumnLayout {
                    id: message
                    required property var modelData
                    Layout.fillWidth: true
                    spacing: 0

                    Label {
                        Layout.fillWidth: true
                        text: message.modelData.text
                        font.pixelSize: Metrics.body
                        wrapMode: Text.WordWrap
                        maximumLineCount: 3
                        elide: Text.ElideRight
                    }
                    Label {
                        Layout.fillWidth: true
                        text: message.modelData.from
                        color: Tokens.muteColor
                        font.pixelSize: Metrics.caption
                        elide: Text.ElideRight
                    }
                }
            }
            Item {
                Layout.fillHeight: true
            }
        }
    }

    Component {
        id: request

        ColumnLayout {
            Item {
                Layout.fillHeight: true
            }
            GridLayout {
                Layout.fillWidth: true
                columns: Metrics.portrait ? 2 : 3
                columnSpacing: Metrics.gap
                rowSpacing: Metrics.gap
                uniformCellWidths: true

                Repeater {
                    model: own.view.kinds ?? []

                    Quiet {
                        required property var modelData
                        objectName: "request-" + modelData.kind
                        title: modelData.title
                        sign: modelData.kind
                        ink: Metrics.tone(modelData.kind)
                        edge: ink
                        Layout.fillWidth: true
                        onTapped: own.kiosk.request(modelData.kind)
                    }
                }
                Quiet {
                    objectName: "request-other"
                    title: own.view.other ?? ""
                    Layout.fillWidth: true
                    onTapped: own.kiosk.tap("request_other")
                }
            }
        }
    }

    Component {
        id: asked

        Label {
            text: own.view.title ?? ""
            strong: true
            font.pixelSize: Metrics.letters(44, 22)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 14
            verticalAlignment: Text.AlignVCenter
        }
    }

    Component {
        id: settings

        ColumnLayout {
            spacing: Metrics.gap

            GridLayout {
                Layout.fillWidth: true
                columns: Metrics.portrait ? 2 : 4
                columnSpacing: Metrics.gap
                rowSpacing: Metrics.gap
                uniformCellWidths: true

                Repeater {
                    model: own.view.languages ?? []

                    Quiet {
                        required property var modelData
                        readonly property bool chosen: modelData.code === own.view.chosen
                        objectName: "language-" + modelData.code
                        title: modelData.name
                        rest: chosen ? Tokens.jobColor : "transparent"
                        ink: chosen ? Tokens.onColorColor : Tokens.textColor
                        Layout.fillWidth: true
                        onTapped: own.kiosk.preferLanguage(modelData.code)
                    }
                }
            }
            Item {
                Layout.fillHeight: true
            }
            GridLayout {
                Layout.fillWidth: true
                columns: Metrics.portrait ? 2 : 4
                columnSpacing: Metrics.gap
                rowSpacing: Metrics.gap
                uniformCellWidths: true

                Repeater {
                    model: own.view.switches ?? []

                    Quiet {
                        required property var modelData
                        objectName: "switch-" + modelData.name
                        title: modelData.title + ": " + modelData.state
                        sign: modelData.on ? "check" : ""
                        Layout.fillWidth: true
                        onTapped: own.kiosk.prefer(modelData.name, !modelData.on)
                    }
                }
                Quiet {
                    objectName: "practise"
                    title: own.view.practise ?? ""
                    Layout.fillWidth: true
                    onTapped: own.kiosk.tap("practise")
                }
            }
        }
    }
}
