pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Window
import "../style"

// One thing at a time: the page that the flow's state names, below one quiet strip.
Window {
    id: root

    // What is shown until there is a kiosk, and how this wall is to be used: view, strip, comfort, hint.
    required property var first
    property var kiosk: null
    property var tiles: null

    readonly property var view: kiosk ? kiosk.view : first.view
    readonly property string shownPage: view.screen ?? ""
    readonly property bool standing: ["idle", "join"].includes(shownPage)
    readonly property bool dark: ["idle", "languages", "entry", "join", "starting"].includes(shownPage)
    property bool warm: false
    // So that nothing burns in, what stands still for hours wanders by some pixels each minute.
    property int minute: 0
    readonly property var wandering: [[0, 0], [4, 2], [6, 5], [2, 6], [-2, 4], [-6, 2], [-4, -2], [-1, -5], [3, -3]]
    readonly property point drift: Qt.point(Metrics.px(wandering[minute % 9][0]), Metrics.px(wandering[minute % 9][1]))

    title: "Clockhouse"
    width: 1280
    height: 800
    color: dark ? Tokens.inkColor : shownPage === "answer" ? answerColor(view.tone ?? "") : Tokens.paperColor

    LayoutMirroring.enabled: view.rtl ?? false
    LayoutMirroring.childrenInherit: true

    function answerColor(tone: string): color {
        return Metrics.tone(tone);
    }

    Timer {
        interval: 60000
        running: true
        repeat: true
        onTriggered: root.minute += 1
    }

    // The first frame needs one page alone; the others come with the kiosk.
    onKioskChanged: if (kiosk && pages.status === Loader.Null)
        pages.setSource("Pages.qml", {
            "wall": root
        })

    // Pages that nobody needed yet are made ready while nobody waits.
    Timer {
        interval: 400
        running: true
        onTriggered: root.warm = true
    }

    Binding {
        target: Metrics
        property: "width"
        value: root.width
    }
    Binding {
        target: Metrics
        property: "height"
        value: root.height
    }
    Binding {
        target: Metrics
        property: "mirrored"
        value: root.view.rtl ?? false
    }

    Binding {
        target: Metrics
        property: "gloves"
        value: root.view.gloves ?? root.first.comfort.gloves ?? false
    }
    Binding {
        target: Metrics
        property: "leftHand"
        value: root.view.left ?? root.first.comfort.hand === "left"
    }
    Binding {
        target: Metrics
        property: "large"
        value: root.view.large ?? false
    }
    Binding {
        target: Tokens
        property: "contrast"
        value: root.view.contrast ?? false
    }

    Item {
        id: keys
        anchors.fill: parent
        focus: true

        Keys.onPressed: event => {
            const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter;
            // Held down, Enter is one decision.
            event.accepted = enter && event.isAutoRepeat || root.kiosk.pressed(event.key, event.text);
        }

        Page {
            wall: root
            name: "idle"
            content: Idle {
                kiosk: root.kiosk
            }
        }
        Loader {
            id: pages
            anchors.fill: parent
        }

        Label {
            visible: root.shownPage === "saving"
            anchors.centerIn: parent
            text: root.shownPage === "saving" ? root.view.title : ""
            font.pixelSize: Metrics.head
        }

        Strip {
            anchors.left: parent.left
            anchors.right: parent.right
            view: root.kiosk ? root.kiosk.strip : root.first.strip
            theme: root.dark ? "dark" : root.shownPage === "answer" ? "tone" : "light"
            clockShown: root.shownPage !== "idle"
            said: (root.view.recorded ?? "") !== "" ? root.view.recorded : root.shownPage === "answer" ? root.view.next : ""
            loud: (root.view.recorded ?? "") !== ""
            practice: root.view.practice ?? ""
            drift: root.drift
        }

        Progress {
            view: root.view
            visible: moving && !root.dark && (root.view.stays ?? 0) > 0
            moving: root.first.comfort.motion ?? true
        }

        Label {
            visible: root.first.hint !== "" && root.shownPage === "idle"
            anchors.horizontalCenter: parent.horizontalCenter
            anchors.top: parent.top
            anchors.topMargin: (Metrics.strip - height) / 2
            text: root.first.hint
            color: Tokens.amberColor
            font.pixelSize: Metrics.letters(18, 15)
        }

        Resting {
            anchors.fill: parent
            visible: root.kiosk ? root.kiosk.resting : false
            kiosk: root.kiosk
            view: root.view
            minute: root.minute
        }
    }
}
