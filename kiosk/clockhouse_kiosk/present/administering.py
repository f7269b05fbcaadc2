"""An administrator's mode: its pages as rows of what the machine says, and the buttons below them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.administer import SECTIONS, Administering, Machine, Said
from clockhouse_kiosk.present.person import keyboard
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts

ROWS: Final = 5
STEP: Final = 10
LEAST_LIGHT: Final = 10
DIMS: Final = (0, 2, 10, 30)


@dataclass(frozen=True, slots=True)
class Button:
    """One button and the signal of its tap; the `chief` one is filled, a `chosen` one shows how things stand."""

    name: str
    title: str
    signal: on.Signal
    sign: str = ""
    chosen: bool = False
    chief: bool = False


def administering(state: Administering, wall: Wall, words: Texts) -> View:
    machine = wall.machine
    if state.picture:
        return {"screen": "picture", "back": words("key.back")}
    if state.section == "badge" and state.member is None:
        return _finding(state, wall, words)
    rows = list(_rows(state, wall, words))
    shown = rows[_page(state, rows) * ROWS :][:ROWS]
    said = state.said or machine.said
    return {
        "screen": "administer",
        "section": state.section,
        "title": words(f"admin.{state.section}"),
        "about": _about(state, wall, words),
        "rows": shown,
        "said": _told(said, words),
        "good": said is None or said.good,
        "buttons": [
            {
                "name": each.name,
                "title": wall.numbered(number, each.title, words),
                "sign": each.sign,
                "chosen": each.chosen,
                "chief": each.chief,
            }
            for number, each in enumerate(buttons(state, wall, words))
        ],
    }


def _told(said: Said | None, words: Texts) -> str:
    return "" if said is None else words(f"admin.said.{said.code}", **dict(said.values))


def _finding(state: Administering, wall: Wall, words: Texts) -> View:
    """Whose badge it will be: somebody of the site, by number or name."""
    query = state.look.query
    return {
        "screen": "lead", "name": state.visit.person.name, "title": words("admin.badge"), "detail": "",
        "said": _told(state.said, words), "well": state.said is None or state.said.good,
        "searching": state.said is None, "query": query, "type": words("jobs.type"),
        "empty": words("lead.nobody") if query.strip() else words("lead.finding.type"),
        "tabs": [], "tab": "", "find": words("jobs.find") if state.said else "", "actions": [], "primary": None,
        "back": words("key.back"), **keyboard(wall, words),
    }  # fmt: skip


def _page(state: Administering, rows: Sequence[View]) -> int:
    """Round and round."""
    return state.page % max(1, -(-len(rows) // ROWS))


def _about(state: Administering, wall: Wall, words: Texts) -> str:
    waiting = wall.delivery.waiting
    match state.section:
        case "sign_out" if waiting:
            return words("admin.sign_out.waiting", count=waiting)
        case "sign_out" if not wall.delivery.online:
            return words("admin.sign_out.offline")
        case "export":
            return words("admin.export.about", count=waiting)
        case "badge" if state.member is not None:
            return words("admin.badge.hold", name=state.member.name)
        case "sign_out" | "restart" | "comfort":
            return words(f"admin.{state.section}.about")
        case _:
            return ""


def _rows(state: Administering, wall: Wall, words: Texts) -> Iterator[View]:
    machine, section = wall.machine, state.section
    match section:
        case "network":
            yield _delivery(wall, words)
        case "sound":
            off = machine.volume == 0
            yield _row(words("admin.volume"), words("admin.off") if off else f"{machine.volume} %")
        case "screen" if machine.facts.get("screen"):
            yield _row(words("admin.light"), f"{machine.brightness} %")
            return
    facts = machine.facts.get(section, ())
    if facts is None:
        yield _row(words("pin.checking"), "")
        return
    for fact in facts:
        label = words(fact.label) if fact.label in words.table else fact.label
        value = words(fact.value) if fact.coded else fact.value
        value = value if fact.at is None else wall.since(fact.at, words)
        yield _row(label, value, level=fact.level, do=fact.do)


def _delivery(wall: Wall, words: Texts) -> View:
    """As the strip says it, and since when it is online too."""
    delivery = wall.delivery
    since = "" if delivery.since is None else wall.since(delivery.since, words)
    if delivery.online:
        told = words.joined(words("strip.online"), words("admin.since", time=since) if since else "")
    else:
        told = words("strip.offline", time=since) if since else words("strip.unreachable")
    waiting = words("strip.waiting", count=delivery.waiting) if delivery.waiting else ""
    return _row(words("admin.sync"), words.joined(told, waiting), level="ok" if delivery.online else "bad")


def _row(label: str, value: str, *, level: str = "", do: str = "") -> View:
    return {"label": label, "value": value, "level": level, "do": do}


def buttons(state: Administering, wall: Wall, words: Texts) -> list[Button]:
    """What can be touched on this page, the way back first."""
    back = Button(
        "back", words("greeting.done" if state.section == "home" else "key.back"), on.Back(), "back"
    )
    found = [back, *_own_buttons(state, wall, words)]
    rows = list(_rows(state, wall, words))
    if len(rows) > ROWS:
        pages = -(-len(rows) // ROWS)
        more = words.joined(words("admin.more"), f"{_page(state, rows) + 1}/{pages}")
        found.append(Button("more", more, on.TurnPage(1)))
    return found


def _own_buttons(state: Administering, wall: Wall, words: Texts) -> Iterator[Button]:
    machine = wall.machine
    match state.section:
        case "home":
            for each in SECTIONS:
                yield Button(f"section-{each}", words(f"admin.{each}"), on.OpenSection(each))
        case "network" | "server" | "diagnostics" as section:
            yield Button("again", words("admin.again"), on.OpenSection(section))
        case "sound":
            yield from _sound(machine, words)
        case "screen":
            yield from _screen(machine, words)
        case "comfort":
            on_off = words("own.on" if machine.gloves else "own.off")
            gloves = f"{words('admin.gloves')}: {on_off}"
            yield Button("gloves", gloves, on.Adjust("gloves", not machine.gloves), chosen=machine.gloves)
            for hand in ("right", "left"):
                chosen = machine.hand == hand
                yield Button(
                    f"hand-{hand}", words(f"admin.hand.{hand}"), on.Adjust("hand", hand), chosen=chosen
                )
        case "export":
            yield Button("export", words("admin.export.now"), on.Perform("export"), chief=True)
        case "restart":
            yield Button("restart", words("admin.restart.now"), on.Perform("restart"), chief=True)
        case "sign_out" if wall.delivery.waiting or not wall.delivery.online:
            yield Button("export", words("admin.export.now"), on.Perform("export"))
        case "sign_out":
            yield Button("sign_out", words("admin.sign_out.now"), on.Perform("sign_out"), chief=True)


def _sound(machine: Machine, words: Texts) -> Iterator[Button]:
    volume = machine.volume
    lower, higher = max(0, volume - STEP), min(100, volume + STEP)
    yield Button("quieter", words("admin.quieter"), on.Adjust("volume", lower))
    yield Button("louder", words("admin.louder"), on.Adjust("volume", higher))
    yield Button("off", words("admin.off"), on.Adjust("volume", 0), chosen=volume == 0)
    yield Button("test_sound", words("admin.test_sound"), on.Perform("test_sound"), chief=True)


def _screen(machine: Machine, words: Texts) -> Iterator[Button]:
    if machine.facts.get("screen"):  # the screen's light can be set
        lower, higher = max(LEAST_LIGHT, machine.brightness - STEP), min(100, machine.brightness + STEP)
        yield Button("darker", words("admin.darker"), on.Adjust("brightness", lower))
        yield Button("brighter", words("admin.brighter"), on.Adjust("brightness", higher))
    for minutes in DIMS:
        title = words("admin.dim.never") if minutes == 0 else words("admin.dim", count=minutes)
        chosen = machine.dim_after == minutes
        yield Button(f"dim-{minutes}", title, on.Adjust("dim_after", minutes), chosen=chosen)
    yield Button("picture", words("admin.picture"), on.TestPicture())
