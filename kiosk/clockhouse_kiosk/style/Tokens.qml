// Made from tokens.json by clockhouse_kiosk.style.generate; change the table, not this.

pragma Singleton

import QtQuick

QtObject {
    property bool contrast: false
    readonly property color inkColor: contrast ? "#000000" : "#10181F"
    readonly property color ink2Color: contrast ? "#000000" : "#1B2733"
    readonly property color inkLineColor: contrast ? "#FFFFFF" : "#31414F"
    readonly property color inkLitColor: contrast ? "#444444" : "#31414F"
    readonly property color paperColor: contrast ? "#FFFFFF" : "#F7F6F2"
    readonly property color cardColor: "#FFFFFF"
    readonly property color lineColor: contrast ? "#000000" : "#D9D6CD"
    readonly property color textColor: contrast ? "#000000" : "#14202B"
    readonly property color muteColor: contrast ? "#000000" : "#5A6672"
    readonly property color softColor: contrast ? "#FFFFFF" : "#C9D3DC"
    readonly property color quietColor: contrast ? "#FFFFFF" : "#9AA7B3"
    readonly property color restColor: "#75828E"
    readonly property color amberColor: contrast ? "#FFD84A" : "#F2A93B"
    readonly property color cautionColor: contrast ? "#5C3C00" : "#8A5A00"
    readonly property color wellColor: "#4FBF8B"
    readonly property color onColorColor: "#FFFFFF"
    readonly property color faceColor: contrast ? "#E4E4E4" : "#DCE6F0"
    readonly property color inColor: contrast ? "#00513A" : "#0B6E4F"
    readonly property color outColor: contrast ? "#77151F" : "#8C2F39"
    readonly property color breakColor: contrast ? "#5C3C00" : "#8A5A00"
    readonly property color jobColor: contrast ? "#0B376B" : "#1D4E89"
    readonly property color refusedColor: contrast ? "#65121C" : "#7A2530"
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
