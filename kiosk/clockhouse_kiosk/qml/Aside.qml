import QtQuick
import QtQuick.Layouts
import "../style"

// Beside the ways on: "that is not me", and somebody's own page.
RowLayout {
    id: aside

    required property var kiosk
    property var view: ({})

    spacing: Metrics.px(12)

    NotMe {
        Layout.preferredWidth: implicitWidth
        view: aside.view
        onTapped: aside.kiosk.tap("not_me")
    }
    Quiet {
        objectName: "own"
        title: (aside.view.messages ?? 0) > 0 ? (aside.view.own ?? "") + " · " + aside.view.messages : aside.view.own ?? ""
        ink: Tokens.jobColor
        edge: "transparent"
        Layout.fillWidth: true
        Layout.minimumWidth: Metrics.target
        onTapped: aside.kiosk.tap("own")
    }
}
