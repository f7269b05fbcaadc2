import QtQuick
import QtQuick.Layouts
import "../style"

// Below the name: the way out for somebody who is taken for another, and the way to one's own page.
RowLayout {
    id: aside

    required property var kiosk
    property var view: ({})

    spacing: Metrics.gap

    Quiet {
        objectName: "notMe"
        title: aside.view.not_me ?? ""
        sign: "not_me"
        ink: Tokens.muteColor
        edge: "transparent"
        Layout.fillWidth: own.visible
        Layout.preferredWidth: own.visible ? 1 : implicitWidth
        onTapped: aside.kiosk.tap("not_me")
    }

    Quiet {
        id: own
        objectName: "own"
        visible: (aside.view.own ?? "") !== ""
        title: aside.view.own ?? ""
        count: aside.view.unread ?? 0
        sign: count > 0 && aside.width < Metrics.px(420) ? "" : "person"
        ink: Tokens.jobColor
        Layout.fillWidth: true
        Layout.preferredWidth: 1
        onTapped: aside.kiosk.tap("own")
    }

    Item {
        visible: !own.visible
        Layout.fillWidth: true
    }
}
