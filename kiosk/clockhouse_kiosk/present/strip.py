"""The quiet line at the top."""

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.present.wall import View, Wall
from clockhouse_kiosk.texts import Texts


def strip(state: at.State, wall: Wall, *, again: bool = False) -> View:
    """The quiet line at the top: where this is, and how sending stands.

    `again`: a badge was just turned away, since another one waits.
    """
    words = wall.words(state)
    place = " · ".join(part for part in (wall.site.name, wall.site.kiosk) if part)
    return {
        "place": place,
        "clock": wall.time(wall.now.at, words),
        **_condition(wall, words),
        **_queue(state, wall, words, again=again),
    }


def _condition(wall: Wall, words: Texts) -> View:
    delivery, parts = wall.delivery, []
    if wall.trouble:
        parts.append(words("strip.storage"))
    if wall.sending_trouble:
        parts.append(words("strip.sending"))
    if wall.reader_missing:
        parts.append(words("strip.reader"))
    if wall.pad_missing:
        parts.append(words("strip.pad"))
    if wall.camera_missing:
        parts.append(words("strip.camera"))
    if not wall.clock_set:
        parts.append(words("strip.clock"))
    if delivery.online:
        parts.append(words("strip.online"))
    elif delivery.since is not None:
        parts.append(words("strip.offline", time=wall.since(delivery.since, words)))
    else:
        parts.append(words("strip.unreachable"))
    if delivery.waiting:
        parts.append(words("strip.waiting" if delivery.online else "strip.kept", count=delivery.waiting))
    missing = wall.reader_missing or wall.pad_missing or wall.camera_missing
    troubled = wall.trouble or wall.sending_trouble or missing
    well = bool(delivery.online) and wall.clock_set and not troubled
    return {"condition": words.joined(*parts), "well": well}


def _queue(state: at.State, wall: Wall, words: Texts, *, again: bool) -> View:
    """Who was just recorded without a tap, and whether a badge is waiting."""
    before = state.before if isinstance(state, at.Greeting) else None
    waiting = getattr(state, "waiting", None) is not None
    told = ""
    if before is not None and before.visit is not None:
        told = words(
            "strip.before", name=before.visit.person.short_name, what=words(f"done.word.{before.kind}"),
            time=wall.time(before.read.stamp.at, words),
        )  # fmt: skip
    holding = words("strip.again") if again else words("strip.holding") if waiting else ""
    return {"before": told, "holding": holding}
