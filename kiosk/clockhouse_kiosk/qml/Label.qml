import QtQuick
import "../style"

// Text as the wall shows it: one family, tabular figures, aligned to where its language begins.
Text {
    property bool strong: false

    color: Tokens.textColor
    font.family: Tokens.family
    font.pixelSize: Metrics.body
    font.weight: strong ? Tokens.strongWeight : Tokens.regularWeight
    font.features: ({
            "tnum": 1
        })
    textFormat: Text.PlainText
    horizontalAlignment: Text.AlignLeft
}
