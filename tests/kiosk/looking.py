"""What can be seen and touched on a screen, measured on the window itself and on its picture."""

from collections import Counter
from dataclasses import dataclass

from PySide6.QtGui import QImage

from clockhouse_kiosk.app import automation

# Items are walked as they are painted. A text inside a button names its button by number.
_EVERYTHING = """function (root) {
    const texts = [], buttons = [], icons = [], others = {};
    const place = (item, x, y, width, height) => {
        const from = item.mapToItem(null, x, y), to = item.mapToItem(null, x + width, y + height);
        return {x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: width, height: height};
    };
    const walk = (item, button, opacity) => {
        if (!item.visible || item.opacity === 0)
            return;
        opacity *= item.opacity;
        if (item.tapped !== undefined && item.label !== undefined) {
            button = {number: buttons.length, item: item};
            buttons.push(Object.assign({name: item.objectName, label: item.label},
                place(item, 0, 0, item.width, item.height)));
        } else if (item.objectName) {
            others[item.objectName] = place(item, 0, 0, item.width, item.height);
        }
        if (item.knows !== undefined && item.path !== "")
            icons.push(Object.assign({name: item.name, button: button ? button.number : null},
                place(item, 0, 0, item.width, item.height)));
        if (item.paintedWidth !== undefined && item.truncated !== undefined && item.text !== "") {
            const spare = item.width - item.contentWidth, below = item.height - item.contentHeight;
            const across = {1: 0, 2: 1, 4: 0.5}[item.effectiveHorizontalAlignment] ?? 0;
            const down = {32: 0, 64: 1, 128: 0.5}[item.verticalAlignment] ?? 0;
            const inside = button ? item.mapToItem(button.item, 0, 0) : null;
            texts.push(Object.assign({name: item.objectName, text: item.text, truncated: item.truncated, color: `${item.color}`,
                wide: item.paintedWidth - item.width, tall: item.paintedHeight - item.height, opacity: opacity,
                pixels: item.fontInfo.pixelSize, button: button ? button.number : null,
                out: button ? Math.max(-inside.x, -inside.y, inside.x + item.width - button.item.width,
                    inside.y + item.height - button.item.height) : 0},
                place(item, spare * across, below * down, item.contentWidth, item.contentHeight)));
        }
        for (const child of item.children)
            walk(child, button, opacity);
    };
    walk(root, null, 1);
    return {texts: texts, buttons: buttons, icons: icons, others: others};
}"""


@dataclass(frozen=True)
class Look:
    """One screen as it was painted."""

    width: int
    height: int
    texts: list
    buttons: list
    icons: list
    others: dict

    def button(self, name):
        (found,) = [each for each in self.buttons if each["name"] == name]
        return found


def look(rig, *, contrast=True):
    """What the window shows now; with `contrast`, each text knows how well it stands out from what is behind."""
    picture = rig.window.quick.grabWindow().convertToFormat(QImage.Format.Format_RGB32)
    found = automation.ask(rig.window, _EVERYTHING)
    if contrast:
        for text in found["texts"]:
            text["contrast"] = stands_out(picture, text)
    return Look(picture.width(), picture.height(), **found)


def stands_out(picture, text):
    """The contrast of a text's colour with the colour that most of its place is painted in."""
    behind = Counter()
    for y in range(max(0, round(text["y"])), min(picture.height(), round(text["y"] + text["height"])), 3):
        line = memoryview(picture.constScanLine(y)).cast("I")
        behind.update(line[max(0, round(text["x"])) : max(1, round(text["x"] + text["width"])) : 3])
    if not behind:
        return 0.0
    ground = channels(behind.most_common(1)[0][0])
    ink = channels(int(text["color"].removeprefix("#")[-6:], 16))
    seen = [
        text["opacity"] * one + (1 - text["opacity"]) * other for one, other in zip(ink, ground, strict=True)
    ]
    return contrast_of(seen, ground)


def colours(picture, place, most=4):
    """The colours that most of a place is painted in."""
    seen = Counter()
    for y in range(round(place["y"]), round(place["y"] + place["height"])):
        for x in range(round(place["x"]), round(place["x"] + place["width"])):
            seen[picture.pixel(x, y)] += 1
    return [color for color, _ in seen.most_common(most)]


def channels(pixel):
    return [pixel >> shift & 255 for shift in (16, 8, 0)]


def contrast_of(one, other):
    """As WCAG 2 counts it: 1 for none, 21 for black on white."""
    dark, bright = sorted((_light(one), _light(other)))
    return (bright + 0.05) / (dark + 0.05)


def _light(color):
    parts = [each / 255 for each in color]
    parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def apart(one, other):
    """Pixels between two places; less than nothing where they overlap."""
    across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
    down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
    return max(across, down)


def inked(text):
    """Where a text's letters are: a line keeps room above and below them that is never painted."""
    spare = 0.18 * text["height"]
    return {**text, "y": text["y"] + spare, "height": text["height"] - 2 * spare}


def shape(picture, place, steps=40):
    """A sign in black and white, as large and in the same place whatever it was: which of its points are inked."""
    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    left, top = round(place["x"]), round(place["y"])
    wide, tall = round(place["width"]), round(place["height"])
    lines = [bytes(grey.constScanLine(y))[left : left + wide] for y in range(top, top + tall)]
    ground = Counter(b"".join(lines)).most_common(1)[0][0]
    inked = [
        (x, y) for y, line in enumerate(lines) for x, value in enumerate(line) if abs(value - ground) > 64
    ]
    if not inked:
        return [False] * steps**2
    x0, x1 = min(x for x, _ in inked), max(x for x, _ in inked)
    y0, y1 = min(y for _, y in inked), max(y for _, y in inked)
    points, side = set(inked), max(x1 - x0, y1 - y0)
    return [
        (round(x0 + column * side / (steps - 1)), round(y0 + row * side / (steps - 1))) in points
        for row in range(steps)
        for column in range(steps)
    ]


def unlike(one, other):
    """How much of two signs they do not share: 0 for the same, 1 for nothing in common."""
    both = sum(a and b for a, b in zip(one, other, strict=True))
    either = sum(a or b for a, b in zip(one, other, strict=True))
    return 1 - both / max(1, either)
