import QtQuick
import QtQuick.Shapes
import "../style"

// A drawn sign on a grid of 24, or a job's pictogram; those that point somewhere turn round where people read from the right.
Item {
    id: icon

    property string name: ""
    property color color: "white"
    property real size: 48
    property real weight: 2

    readonly property var paths: ({
            "in": "M3 12 H16 M11 7 L16 12 L11 17 M21 4 V20",
            "out": "M8 12 H21 M16 7 L21 12 L16 17 M3 4 V20",
            "break_start": "M5 9 H16 V15 A4 4 0 0 1 12 19 H9 A4 4 0 0 1 5 15 Z M16 10 H18 A2.5 2.5 0 0 1 18 15 H16 M8 3 V6 M12 3 V6",
            "break_end": "M7 5 L18 12 L7 19 Z",
            "transfer": "M4 8 H19 M15 4 L19 8 L15 12 M20 16 H5 M9 12 L5 16 L9 20",
            "check": "M5 12.5 L10 17.5 L19 7",
            "pin": "M6 4 H6.01 M12 4 H12.01 M18 4 H18.01 M6 10 H6.01 M12 10 H12.01 M18 10 H18.01 M6 16 H6.01 M12 16 H12.01 M18 16 H18.01 M12 21 H12.01",
            "erase": "M9 5 H21 V19 H9 L3 12 Z M12 9 L17 15 M17 9 L12 15",
            "find": "M10.5 4 A6.5 6.5 0 1 0 10.51 4 M15.5 15.5 L21 21",
            "unknown": "M8.5 9 A3.5 3.5 0 1 1 13.7 12 C12.4 12.8 12 13.4 12 15 M12 19 H12.01",
            "refused": "M12 4 V14 M12 19.5 H12.01",
            "undo": "M8 5 L4 9 L8 13 M4 9 H14 A5 5 0 0 1 14 19 H9",
            "language": "M12 3 A9 9 0 1 0 12.01 3 M3 12 H21 M12 3 C16 7 16 17 12 21 M12 3 C8 7 8 17 12 21",
            "back": "M20 12 H5 M11 6 L5 12 L11 18",
            "not_me": "M9 4 A3.5 3.5 0 1 0 9.01 4 M2.5 20 C2.5 12 15.5 12 15.5 20 M17 5 L22 10 M22 5 L17 10",
            "later": "M12 3 A9 9 0 1 0 12.01 3 M12 7 V12 L16 14",
            "cross": "M6 6 L18 18 M18 6 L6 18",
            "person": "M12 3.5 A4 4 0 1 0 12.01 3.5 M3.5 21 C3.5 12 20.5 12 20.5 21",
            "key": "M8 8 A4.2 4.2 0 1 0 8.01 8 M11 11.5 L20.5 21 M17 18 L19.5 15.5",
            "folder": "M3 5.5 H10 L12 8.5 H21 V19 H3 Z",
            "large_text": "M2.5 20 L8.5 5 L14.5 20 M4.5 15 H12.5 M15.5 20 L18.7 12 L22 20 M16.6 17.3 H20.8",
            "high_contrast": "M12 3 A9 9 0 1 0 12.01 3 M12 3 V21 M15 4.5 V19.5 M18 6.5 V17.5",
            "left_hand": "M16 21 V18 L20 12.5 V8.5 M16 18 H8 C5 16 4 13 4 9.5 M8 12 V3.5 M12 12 V2.5 M16 12 V4.5 M20 8.5 V11",
            "note": "M5 3 H19 V21 H5 Z M8.5 8 H15.5 M8.5 12 H15.5 M8.5 16 H12.5",
            "badge": "M3 6 H14 V19 H3 Z M8.5 9.5 A2 2 0 1 0 8.51 9.5 M5.5 16.5 C5.5 13 11.5 13 11.5 16.5 M17.5 9 A5 5 0 0 1 17.5 16 M20 6.5 A9 9 0 0 1 20 18.5"
        })
    readonly property var pointing: ["in", "out", "break_end", "back", "undo"]

    readonly property string path: paths[name] ?? Pictograms.paths[name] ?? ""

    function knows(sign: string): bool {
        return sign in paths || sign in Pictograms.paths;
    }

    implicitWidth: size
    implicitHeight: size

    transform: Scale {
        origin.x: icon.width / 2
        xScale: Metrics.mirrored && icon.pointing.includes(icon.name) ? -1 : 1
    }

    Shape {
        width: 24
        height: 24
        transform: Scale {
            xScale: icon.size / 24
            yScale: icon.size / 24
        }

        ShapePath {
            strokeColor: icon.color
            strokeWidth: icon.name === "pin" ? icon.weight * 2 : icon.weight
            fillColor: "transparent"
            capStyle: ShapePath.RoundCap
            joinStyle: ShapePath.RoundJoin

            PathSvg {
                path: icon.path
            }
        }
    }
}
