pragma Singleton

import QtQuick
import "../style"

// Everything on the wall scales with the screen; what a finger must hit does not shrink below 12 mm, or 18 mm in
// gloves. Letters grow for whoever asked for large ones; what is shown around them makes room.
QtObject {
    property real width: 1280
    property real height: 800
    property bool mirrored: false
    property bool gloves: false
    property bool leftHand: false
    property bool large: false

    readonly property bool portrait: height > width
    readonly property real scale: portrait ? Math.min(width / 800, height / 1280) : Math.min(width / 1280, height / 800)
    readonly property int finger: Math.round(Math.min(80, Math.max(64, Math.min(width, height) * 0.1334)))
    readonly property int target: gloves ? finger * 1.5 : finger
    readonly property int gap: gloves && portrait ? Math.max(7, px(12)) : Math.max(10, px(18))
    readonly property int margin: Math.max(16, px(32))
    readonly property int radius: Math.max(8, px(14))
    readonly property int edge: Tokens.contrast ? Math.max(3, px(4)) : Math.max(1, px(2))
    // Two lines where the wall is narrow.
    readonly property int strip: portrait ? Math.max(58, px(94)) : Math.max(34, px(56))
    // Below the strip, where the first row of controls may begin: their middles stay in the lower 60 % of the wall.
    readonly property int reach: Math.ceil(height * 0.4 - target / 2) - strip

    // A keyboard's keys stay as they are in gloves: their first row begins lower by what a target has grown.
    readonly property int keysDown: portrait ? target - finger : Math.max(px(14), target / 2 - 22)

    readonly property int caption: letters(Tokens.captionSize, 15)
    readonly property int body: letters(Tokens.bodySize, 18)
    readonly property int head: letters(Tokens.headSize, 24)
    readonly property int title: px(Tokens.titleSize * (large ? 1.15 : 1))
    readonly property int huge: px(Tokens.hugeSize)
    readonly property int clock: px(Tokens.clockSize)

    function px(size: real): int {
        return Math.round(size * scale);
    }

    // A letter size at 800 px of height, which is never shown smaller than `least` pixels.
    function letters(size: real, least: int): int {
        return Math.round(Math.max(size * scale, least) * (large ? 1.3 : 1));
    }

    // Black or white, whichever stands out more.
    function onto(ground: color): color {
        const part = value => value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
        return 0.2126 * part(ground.r) + 0.7152 * part(ground.g) + 0.0722 * part(ground.b) > 0.179 ? "black" : "white";
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
