// Made from tokens.json by clockhouse_kiosk.style.generate; change the table, not this.

pragma Singleton

import QtQuick

QtObject {
    readonly property color inkColor: "#10181F"
    readonly property color ink2Color: "#1B2733"
    readonly property color inkLineColor: "#31414F"
    readonly property color paperColor: "#F7F6F2"
    readonly property color cardColor: "#FFFFFF"
    readonly property color lineColor: "#D9D6CD"
    readonly property color textColor: "#14202B"
    readonly property color muteColor: "#5A6672"
    readonly property color softColor: "#C9D3DC"
    readonly property color quietColor: "#9AA7B3"
    readonly property color amberColor: "#F2A93B"
    readonly property color cautionColor: "#8A5A00"
    readonly property color wellColor: "#4FBF8B"
    readonly property color onColorColor: "#FFFFFF"
    readonly property color faceColor: "#DCE6F0"
    readonly property color inColor: "#0B6E4F"
    readonly property color outColor: "#8C2F39"
    readonly property color breakColor: "#8A5A00"
    readonly property color jobColor: "#1D4E89"
    readonly property color refusedColor: "#7A2530"
    readonly property int captionSize: 22
    readonly property int bodySize: 30
    readonly property int headSize: 44
    readonly property int titleSize: 76
    readonly property int hugeSize: 120
    readonly property int clockSize: 250
    readonly property int regularWeight: 400
    readonly property int strongWeight: 600
    readonly property string family: "Noto Sans"
}
