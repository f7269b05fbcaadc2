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
    readonly property string said: view.said ?? ""

    above: ColumnLayout {
        anchors.fill: parent
        anchors.topMargin: Metrics.gap / 2
        anchors.bottomMargin: Metrics.gap
        spacing: Metrics.px(8)

        Label {
            objectName: "ownSaid"
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.maximumHeight: own.page === "hours" ? Metrics.letters(60, 32) : -1
            verticalAlignment: Text.AlignVCenter
            text: own.said !== "" ? own.said : own.page === "request" ? own.view.title ?? "" : own.view.name ?? ""
            strong: true
            color: own.said !== "" ? Tokens.inColor : Tokens.textColor
            font.pixelSize: Metrics.letters(40, 20)
            wrapMode: Text.WordWrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 14
        }

        Loader {
            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: own.page === "hours"
            sourceComponent: own.page === "hours" ? hours : null
        }
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: Metrics.gap

        Loader {
            Layout.fillWidth: true
            Layout.fillHeight: true
            sourceComponent: ({
                    "hours": missing,
                    "messages": messages,
                    "request": request,
                    "settings": settings
                })[own.page] ?? null
        }

        GridLayout {
            Layout.fillWidth: true
            columns: Metrics.portrait ? 4 : 7
            columnSpacing: Metrics.gap
            rowSpacing: Metrics.gap
            uniformCellWidths: true

            Quiet {
                objectName: "back"
                title: own.view.back ?? ""
                sign: "back"
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                onTapped: own.kiosk.tap("back")
            }

            Repeater {
                model: own.view.pages ?? []

                Quiet {
                    required property var modelData
                    readonly property bool chosen: modelData.page === own.page
                    objectName: "page-" + modelData.page
                    title: modelData.title
                    count: modelData.count
                    rest: chosen ? Tokens.textColor : "transparent"
                    ink: chosen ? Tokens.onColorColor : Tokens.textColor
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: own.kiosk.page(modelData.page)
                }
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
    }

    Component {
        id: hours

        ColumnLayout {
            spacing: Metrics.px(6)

            GridLayout {
                Layout.fillWidth: true
                columns: Metrics.portrait ? 3 : Math.max(1, figures.count)
                columnSpacing: Metrics.gap
                rowSpacing: Metrics.px(10)
                uniformCellWidths: true

                Repeater {
                    id: figures
                    model: own.view.figures ?? []

                    ColumnLayout {
                        id: figure
                        required property var modelData
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        spacing: 0

                        Label {
                            Layout.fillWidth: true
                            text: figure.modelData.value
                            strong: true
                            font.pixelSize: Metrics.letters(Metrics.portrait ? 36 : 44, 20)
                            fontSizeMode: Text.HorizontalFit
                            minimumPixelSize: 16
                        }
                        Label {
                            Layout.fillWidth: true
                            text: figure.modelData.label
                            color: Tokens.muteColor
                            font.pixelSize: Metrics.caption
                            fontSizeMode: Text.HorizontalFit
                            minimumPixelSize: 12
                        }
                    }
                }
            }
            Label {
                Layout.fillWidth: true
                text: figures.count > 0 ? own.view.as_of ?? "" : own.view.empty ?? ""
                color: Tokens.muteColor
                font.pixelSize: figures.count > 0 ? Metrics.caption : Metrics.body
                fontSizeMode: Text.HorizontalFit
                minimumPixelSize: 12
            }
            Item {
                Layout.fillHeight: true
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
            Label {
                visible: (own.view.missing_title ?? "") !== "" && !Metrics.gloves
                Layout.fillWidth: true
                text: own.view.missing_title ?? ""
                strong: true
                color: Tokens.outColor
                font.pixelSize: Metrics.letters(28, 17)
            }
            Repeater {
                model: own.view.missing ?? []

                Quiet {
                    required property string modelData
                    required property int index
                    objectName: "missing-" + index
                    title: modelData
                    sign: "out"
                    rest: Tokens.cardColor
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
                        Layout.fillHeight: true
                        Layout.maximumHeight: implicitHeight
                        text: message.modelData.text
                        font.pixelSize: Metrics.letters(32, 18)
                        wrapMode: Text.WordWrap
                        fontSizeMode: Text.Fit
                        minimumPixelSize: 13
                    }
                    Label {
                        Layout.fillWidth: true
                        text: message.modelData.from
                        color: Tokens.muteColor
                        font.pixelSize: Metrics.caption
                        fontSizeMode: Text.HorizontalFit
                        minimumPixelSize: 12
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
            spacing: 0

            Item {
                Layout.fillHeight: true
            }
            GridLayout {
                Layout.fillWidth: true
                columns: Metrics.gloves ? 3 : 2
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
                        rest: Tokens.cardColor
                        ink: Metrics.tone(modelData.kind)
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        onTapped: own.kiosk.request(modelData.kind)
                    }
                }
                Quiet {
                    objectName: "request-other"
                    title: own.view.other ?? ""
                    sign: "note"
                    rest: Tokens.cardColor
                    Layout.fillWidth: true
                    Layout.columnSpan: Metrics.gloves ? 1 : 2
                    onTapped: own.kiosk.tap("request_other")
                }
            }
        }
    }

    Component {
        id: settings

        ColumnLayout {
            spacing: 0

            Item {
                Layout.fillHeight: true
            }
            GridLayout {
                Layout.fillWidth: true
                columns: !Metrics.portrait ? 4 : Metrics.gloves ? 3 : 2
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
                        sign: chosen ? "check" : ""
                        rest: chosen ? Tokens.jobColor : Tokens.cardColor
                        ink: chosen ? Tokens.onColorColor : Tokens.textColor
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        onTapped: own.kiosk.preferLanguage(modelData.code)
                    }
                }

                Repeater {
                    model: own.view.switches ?? []

                    Quiet {
                        required property var modelData
                        objectName: "switch-" + modelData.name
                        title: modelData.title + ": " + modelData.state
                        sign: modelData.on ? "check" : modelData.name
                        rest: modelData.on ? Tokens.jobColor : Tokens.cardColor
                        ink: modelData.on ? Tokens.onColorColor : Tokens.textColor
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                        onTapped: own.kiosk.prefer(modelData.name, !modelData.on)
                    }
                }
                Quiet {
                    objectName: "practise"
                    title: own.view.practise ?? ""
                    sign: "training"
                    rest: Tokens.cardColor
                    Layout.columnSpan: Metrics.portrait && Metrics.gloves ? 2 : 1
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                    onTapped: own.kiosk.tap("practise")
                }
            }
        }
    }
}
