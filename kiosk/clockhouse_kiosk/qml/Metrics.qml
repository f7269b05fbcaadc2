pragma Singleton

import QtQuick
import "../style"

// Everything on the wall scales with the screen's height; what a finger must hit does not shrink below 12 mm,
// or 18 mm in gloves.
QtObject {
    property real width: 1280
    property real height: 800
    property bool mirrored: false
    property bool gloves: false
    property bool leftHand: false

    readonly property real scale: Math.min(width / 1280, height / 800)
    readonly property int finger: Math.round(Math.min(80, Math.max(64, height * 0.1334)))
    readonly property int target: gloves ? finger * 1.5 : finger
    readonly property int gap: Math.max(10, px(18))
    readonly property int margin: Math.max(16, px(32))
    readonly property int radius: Math.max(8, px(14))
    readonly property int strip: Math.max(34, px(56))

    readonly property int caption: Math.max(15, px(Tokens.captionSize))
    readonly property int body: Math.max(18, px(Tokens.bodySize))
    readonly property int head: Math.max(24, px(Tokens.headSize))
    readonly property int title: px(Tokens.titleSize)
    readonly property int huge: px(Tokens.hugeSize)
    readonly property int clock: px(Tokens.clockSize)

    function px(size: real): int {
        return Math.round(size * scale);
    }

    function tone(kind: string): color {
        switch (kind) {
        case "in":
        case "break_end":
            return Tokens.inColor;
        case "out":
            return Tokens.outColor;
        case "break_start":
            return Tokens.breakColor;
        case "transfer":
            return Tokens.jobColor;
        case "refused":
            return Tokens.refusedColor;
        default:
            return Tokens.ink2Color;
        }
    }
}
