"""Every state in which somebody could stand before the wall, for the screens' tests and the gallery.

A new screen is one more line in `screens`, and its name in `NAMES`.
"""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from clockhouse_kiosk import present
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.joining import Joining
from clockhouse_kiosk.flow.words import (
    Claim,
    Done,
    Folder,
    Hours,
    Message,
    PunchDraft,
    Question,
    Read,
    Stamp,
    UndoDraft,
    Way,
)
from kiosk.house import ANA, BERND, LUCIA, instant, row, state

LANDSCAPE = [(1280, 800), (1024, 600), (800, 480)]
PORTRAIT = [(800, 1280), (600, 1024), (480, 800)]
SIZES = [*LANDSCAPE, *PORTRAIT]
LANGUAGES = ["en", "de", "es", "ar", "en-XA"]
MONDAY = instant("2026-03-02T07:58:00+00:00")
AT_WORK = [
    state(BERND, "in", MONDAY - timedelta(hours=2)),
    state(LUCIA, "break_start", MONDAY - timedelta(hours=1)),
    row("hours", ANA, week_seconds=120_000, last_week_seconds=139_500, as_of="2026-03-02T06:00:00.000Z"),
]
HURT = Question(
    "q1",
    "out",
    (
        ("en", "Were you hurt today, or did something nearly happen?"),
        ("de", "Wurden Sie heute verletzt, oder wäre fast etwas passiert?"),
        ("es", "¿Se hizo daño hoy o estuvo a punto de pasar algo?"),
        ("ar", "هل أُصبت اليوم أو كاد أن يحدث شيء؟"),
    ),
    "yes_no",
)
KILOMETRES = Question("q2", "out", (("en", "Kilometres driven?"), ("ar", "كم كيلومترًا قدت؟")), "number")
MESSAGES = (
    Message("m1", "Helmets in hall B from Monday on, also for visitors.", "Ada Lind", MONDAY),
    Message("m2", "Your parking space has moved to row C.", "Office"),
)
JOINING = {
    "new": Joining(),
    "no_daemon": Joining(),
    "pending": Joining(),
    "joined": Joining(),
    "broken": Joining(),
    "server": Joining("server", "https://clock.hafenbetriebe-nord.example.com:8443"),
    "code": Joining("code", "7kmq-", problem="bad_code"),
    "asking": Joining("asking", server="https://clock.hafenbetriebe-nord.example.com"),
    "refused": Joining(problem="not_a_setup_code"),
    "network": Joining("server", "https://clock.example.com", problem="network"),
    "tls": Joining("server", "https://clock.example.com", problem="tls"),
}
STANDS = {"no_daemon", "pending", "joined", "broken"}
WORDS = ("harbour", "lantern", "copper", "meadow")


def visits(directory, language):
    stamp = Stamp(MONDAY, 10**9)

    def of(person):
        found = directory.visit(person, Read(stamp, "pin"))
        return replace(found, person=replace(found.person, language=language))

    return {"out": of(ANA), "in": of(BERND), "break": of(LUCIA)}


def screens(directory, language, now):
    """Every state in which somebody could stand before it, by name."""
    who = visits(directory, language)
    out, inside = who["out"], who["in"]
    until = now.boottime_ms + 10**7
    choice = directory.jobs.all[4]
    done = Done("p", "transfer", now.at, choice)
    forgotten = replace(
        directory.visit(BERND, Read(Stamp(MONDAY + timedelta(hours=20), 1), "pin")), person=inside.person
    )
    owner = replace(
        forgotten,
        hours=Hours(MONDAY - timedelta(minutes=90), 120_000, 139_500, 11_100, 402_300, -5_400),
        messages=MESSAGES,
        person=replace(forgotten.person, modes=("supervisor", "administrator")),
    )
    page = at.OwnPage(owner, until)
    claim = Claim(ANA, language)
    draft = PunchDraft(out.read, "in", "inferred", choice, out)
    return {
        "idle": at.Idle(language, until),
        "languages": at.ChoosingLanguage(until),
        "number": at.EnteringNumber(until, "100", "unknown_number", language),
        "pin": at.EnteringPin(claim, until, "314", "wrong_pin"),
        "checking": at.CheckingPin(claim, out.read, until),
        "jobs": at.Greeting(out, until),
        "all": at.ChoosingJob(out, Way("in", choose=True), until, tab="all"),
        "page": at.ChoosingJob(out, Way("in", choose=True), until, tab="all", page=1),
        "search": at.ChoosingJob(out, Way("in", choose=True), until, tab="all", searching=True, query="in"),
        "nothing": at.ChoosingJob(out, Way("in", choose=True), until, tab="all", searching=True, query="zz"),
        "transfer": at.ChoosingJob(inside, Way("transfer", choose=True), until, tab="today"),
        "inside": at.Greeting(inside, until, before=draft),
        "break": at.Greeting(who["break"], until),
        "already": at.Greeting(replace(inside, recent=replace(done, at=now.at)), until),
        "forgotten": at.Asking(
            replace(draft, visit=forgotten), done, forgotten.missing, until, MONDAY + timedelta(hours=6)
        ),
        "question": at.Asking(draft, done, (HURT,), until),
        "counting": at.Asking(draft, done, (KILOMETRES,), until, typed="120"),
        "quantity": at.Detailing(inside, Way("out"), "chosen", ("quantity", "bad"), until, typed="12.5"),
        "note": at.Detailing(out, Way("in", choice), "chosen", ("note",), until, typed="Gate 7"),
        "folders": at.ChoosingJob(inside, Way("transfer", choose=True), until, tab="all"),
        "folder": at.ChoosingJob(
            inside,
            Way("transfer", choose=True),
            until,
            tab="all",
            within=(Folder("job", "j-1042", "1042", "Hall B", 3),),
        ),
        "free": at.ChoosingJob(
            out, Way("in", choose=True), until, tab="all", searching=True, free=True, query="Roof of hall 3"
        ),
        "unsure": at.Greeting(replace(inside, unsure=True), until),
        "practice": at.Greeting(replace(inside, practice=True), until),
        "own-hours": page,
        "own-messages": replace(page, page="messages"),
        "own-request": replace(page, page="request"),
        "own-settings": replace(page, page="settings", said="kept"),
        "claiming": at.Requesting(page, until, "in", MONDAY - timedelta(hours=1)),
        "claiming-missing": at.Requesting(page, until, "out", MONDAY + timedelta(hours=6), 0),
        "claiming-words": at.Requesting(page, until, typed="Yesterday I was on the wrong job"),
        "recorded": at.Recorded(replace(draft, kind="in"), replace(done, kind="in"), until),
        "gone": at.Recorded(replace(draft, kind="out"), replace(done, kind="out"), until),
        "resting": at.Recorded(replace(draft, kind="break_start"), replace(done, kind="break_start"), until),
        "back": at.Recorded(replace(draft, kind="break_end"), replace(done, kind="break_end"), until),
        "changed": at.Recorded(draft, done, until),
        "unknown": at.Recorded(PunchDraft(out.read, "in", "unconfirmed"), replace(done, choice=None), until),
        "undone": at.Undone(UndoDraft(out, done), until),
        "failed": at.NotRecorded(draft, until),
        "locked": at.Refused("locked", until, language),
        "no_pin": at.Refused("no_pin", until, language),
    }


NAMES = (
    "idle", "languages", "number", "pin", "checking", "jobs", "all", "page", "search", "nothing", "transfer",
    "inside", "break", "already", "forgotten", "question", "counting", "quantity", "note", "folders", "folder",
    "free", "unsure", "practice", "own-hours", "own-messages", "own-request", "own-settings", "claiming",
    "claiming-missing", "claiming-words", "recorded", "gone", "resting",
    "back", "changed", "unknown", "undone", "failed", "locked",
    "no_pin", *(f"join-{status}" for status in JOINING),
)  # fmt: skip


class Stage:
    """Puts any screen on a kiosk's real window, in any language, for hands and eyes of every kind."""

    def __init__(self, rig):
        self.rig, self.bridge = rig, rig.window.bridge
        self.comfort = {}

    def show(self, name, language="en", **comfort):
        """The named screen, once it has come to rest. `comfort`: what the view says of a person's eyes and hands."""
        self.comfort = comfort
        if name.startswith("join-"):
            site_wall = replace(self.rig.window.kiosk.wall(), language=language)
            what = name.removeprefix("join-")
            stands = what if what in STANDS else "new"
            view = present.joining(site_wall, stands, WORDS, replace(JOINING[what], language=language))
            self.bridge._set_view({**view, **comfort})
            self.rig.settle()
            return
        session = self.bridge.session
        session.state = screens(session.directory, language, self.rig.clock_stamp())[name]
        for _ in range(2):  # the page tells how many tiles it has room for, and then shows those
            self.bridge.refresh()
            self.rig.settle()

    def dressed(self, state, wall_):
        return {**PLAIN(state, wall_), **self.comfort}


PLAIN = present.screen


@contextmanager
def stage(rig):
    """A stage on a kiosk whose own clock does not turn the pages meanwhile."""
    found = Stage(rig)
    rig.shows("idle")
    rig.window.bridge._second.stop()
    with patch.object(present, "screen", found.dressed):
        yield found
    rig.window.bridge.session.state = at.Idle()
