import QtQuick

// One page of the wall: shown while the state names it, loaded then or, where nobody waits, ahead of it.
Loader {
    id: page

    required property var wall
    required property string name
    required property Component content
    readonly property bool shown: page.wall.shownPage === name

    anchors.fill: parent
    anchors.topMargin: Metrics.strip
    active: shown || page.wall.warm
    asynchronous: !shown
    visible: shown
    sourceComponent: content
    transform: Translate {
        x: page.wall.standing ? page.wall.drift.x : 0
        y: page.wall.standing ? page.wall.drift.y : 0
    }

    Binding {
        target: page.item
        property: "view"
        value: page.wall.view
        when: page.shown && page.item !== null
        restoreMode: Binding.RestoreNone
    }
}
