"""Every state in which somebody could stand before the wall, for the screens' tests and the gallery.

A new screen is one more line in `screens`, and one in `CAPTIONS`.
"""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from clockhouse_kiosk import present
from clockhouse_kiosk.flow import lead
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.administer import SECTIONS, Administering, Fact, Said, SigningOut
from clockhouse_kiosk.flow.drafts import PunchDraft, UndoDraft
from clockhouse_kiosk.flow.joining import Joining
from clockhouse_kiosk.flow.words import (
    Claim,
    Done,
    Folder,
    Hours,
    Look,
    Message,
    Proposal,
    Question,
    Read,
    Stamp,
    Way,
)
from kiosk.house import ANA, BERND, LUCIA, instant, row, state
from kiosk.wallrig import turn

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
    "wiped": Joining(),
    "broken": Joining(),
    "server": Joining("server", "https://clock.hafenbetriebe-nord.example.com:8443"),
    "code": Joining("code", "7kmq-", problem="bad_code"),
    "asking": Joining("asking", server="https://clock.hafenbetriebe-nord.example.com"),
    "refused": Joining(problem="not_a_setup_code"),
    "network": Joining("server", "https://clock.example.com", problem="network"),
    "tls": Joining("server", "https://clock.example.com", problem="tls"),
}
FACTS = {
    "network": (
        Fact("eth0", "admin.down", coded=True, level="warn"),
        Fact("wlan0", "admin.up", coded=True, level="ok"),
        Fact("admin.addresses", "192.168.178.23  2001:db8:85a3:8d3:1319:8a2e:370:7348"),
        Fact("admin.last_sync", "–", at=MONDAY - timedelta(minutes=2)),
    ),
    "server": (
        Fact("admin.address", "https://clock.hafenbetriebe-nord.example.com:8443"),
        Fact("admin.company", "Hafenbetriebe Nord Vermögensverwaltung"),
        Fact("admin.device", "mfrggzdfmztwq2lknnwg23tpoa"),
        Fact("admin.words", "harbour lantern copper meadow violin anchor"),
        Fact("admin.fingerprint", "9f86d081884c7d659a2feaa0c55ad015"),
    ),
    "screen": (Fact("admin.light", ""),),
    "diagnostics": (
        Fact("clock 2026-03-02T07:58:00+00:00", "not synchronized; punches are kept and their times are proved later",
             level="warn", do="check that systemd-timesyncd or chrony runs: timedatectl timesync-status"),
        Fact("disk /var/lib/clockhouse", "11842 MB free; a write is safe after 4.1 ms", level="ok"),
        Fact("reader /dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "[Errno 2] No such file or directory",
             level="bad", do="plug it in, and look for its name below /dev/serial/by-id/ or /dev/input/by-id/"),
        *(Fact(f"reader /dev/input/event{number}", "opened; hold a badge to it", level="ok") for number in range(4)),
    ),
}  # fmt: skip
SAID = {
    "export": Said(
        "exported",
        values=(
            ("path", "/media/STICK/clockhouse-mfrggzdf-20260302T075800Z.jsonl"),
            ("lines", "4120"),
            ("waiting", "12"),
        ),
    ),
    "screen": Said("no_light", good=False),
}
STANDS = {"no_daemon", "pending", "joined", "wiped", "broken"}
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
    member = next(each for each in directory.crowd.everybody(now.at) if each.id == BERND)
    claim = Claim(ANA, language)
    draft = PunchDraft(out.read, "in", "inferred", choice, out)
    return {
        "idle": at.Idle(language, until),
        "languages": at.ChoosingLanguage(until),
        "number": at.EnteringNumber(until, "100", "unknown_number", language),
        "pin": at.EnteringPin(claim, until, "314", "wrong_pin"),
        "checking": at.CheckingPin(claim, out.read, until),
        "jobs": at.Greeting(out, until),
        "face": at.Greeting(replace(inside, read=replace(inside.read, method="face")), until),
        "face-out": at.Greeting(replace(out, read=replace(out.read, method="face")), until),
        "all": at.ChoosingJob(out, Way("in", choose=True), until, Look("all")),
        "page": at.ChoosingJob(out, Way("in", choose=True), until, Look("all", page=1)),
        "search": at.ChoosingJob(out, Way("in", choose=True), until, Look("all", searching=True, query="in")),
        "nothing": at.ChoosingJob(
            out, Way("in", choose=True), until, Look("all", searching=True, query="zz")
        ),
        "transfer": at.ChoosingJob(inside, Way("transfer", choose=True), until, Look("today")),
        "inside": at.Greeting(inside, until, before=draft),
        "waiting": at.Greeting(inside, until, touched=True, waiting=out.read),
        "break": at.Greeting(who["break"], until),
        "already": at.Greeting(replace(inside, recent=replace(done, at=now.at)), until),
        "forgotten": at.Asking(
            replace(draft, visit=forgotten), done, forgotten.missing, until, MONDAY + timedelta(hours=6)
        ),
        "question": at.Asking(draft, done, (HURT,), until),
        "counting": at.Asking(draft, done, (KILOMETRES,), until, typed="120"),
        "quantity": at.Detailing(inside, Way("out"), "chosen", ("quantity", "bad"), until, typed="12.5"),
        "note": at.Detailing(out, Way("in", choice), "chosen", ("note",), until, typed="Gate 7"),
        "folders": at.ChoosingJob(inside, Way("transfer", choose=True), until, Look("all")),
        "folder": at.ChoosingJob(
            inside,
            Way("transfer", choose=True),
            until,
            Look("all", within=(Folder("job", "j-1042", "1042", "Hall B", 3),)),
        ),
        "favourites": at.ChoosingJob(
            replace(owner, favourites=True), Way("transfer", choose=True), until, Look("favourites")
        ),
        "free": at.ChoosingJob(
            out, Way("in", choose=True), until, Look("all", searching=True, query="Roof of hall 3"), free=True
        ),
        "unsure": at.Greeting(replace(inside, unsure=True), until),
        "unsure-out": at.Greeting(replace(out, unsure=True), until),
        "practice": at.Greeting(replace(inside, practice=True), until),
        "own-hours": page,
        "own-messages": replace(page, page="messages"),
        "own-request": replace(page, page="request"),
        "own-settings": replace(page, page="settings", said="kept"),
        "claiming": at.Requesting(page, until, "in", MONDAY - timedelta(hours=1)),
        "claiming-missing": at.Requesting(page, until, "out", MONDAY + timedelta(hours=6), 0),
        "claiming-words": at.Requesting(page, until, typed="Yesterday I was on the wrong job"),
        **{
            f"admin-{section}": Administering(owner, until, until, section) for section in ("home", *SECTIONS)
        },
        "admin-badge-hold": Administering(owner, until, until, "badge", member=member),
        "admin-badge-taken": Administering(
            owner,
            until,
            until,
            "badge",
            member=member,
            said=Said("badge.taken", good=False, values=(("name", "M. L. F. d. l. V."),)),
        ),
        "admin-badge-given": Administering(
            owner, until, until, "badge", said=Said("badge.given", values=(("name", member.name),))
        ),
        "admin-more": Administering(owner, until, until, "diagnostics", 1),
        "admin-leaving": SigningOut(until, language),
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
        **leading(directory, out, now),
    }


def leading(directory, visit, now):
    """A supervisor's mode, page by page."""
    crowd, jobs = directory.crowd, directory.jobs
    everybody, inside = crowd.everybody(now.at), crowd.inside(now.at)
    until = now.boottime_ms + 10**7
    offer = directory.offer(now.at)
    picks = (
        lead.Pick(everybody[0], "in", jobs.all[2]),
        lead.Pick(everybody[1], "in", jobs.all[2]),
        lead.Pick(everybody[2], "out"),
    )
    claim = Proposal(
        "c", inside[0], "out", MONDAY - timedelta(hours=14), MONDAY - timedelta(minutes=5), "p",
        MONDAY - timedelta(hours=24), MONDAY - timedelta(hours=15),
    )  # fmt: skip
    failed = lead.Said("crew", 11, ("Ana Ortiz",), (inside[0].name,))
    mode = lead.Leading(visit, until, until)
    return {
        name: replace(mode, page=page, said=said)
        for name, page, said in (
            ("lead", lead.Home(), None),
            ("lead-said", lead.Home(), failed),
            ("lead-crew", lead.Crew("in", jobs.all[2], picks), None),
            ("lead-crew-job", lead.Crew("transfer", choosing=Look("all")), None),
            ("lead-crew-search", lead.Crew("out", look=Look(searching=True, query="ma")), None),
            ("lead-inside", lead.Inside(), None),
            ("lead-muster", lead.Muster(), None),
            ("lead-offer", lead.Offer(offer), None),
            ("lead-offer-all", lead.Offer(offer, Look("all")), None),
            ("lead-proposals", lead.Proposals(), None),
            ("lead-claim", lead.Proposals(chosen=claim, claimed_at=claim.claimed_at), None),
            ("lead-newcomer", lead.Newcomer(name="Max Muster"), None),
            ("lead-agency", lead.Newcomer("agency", "Max Muster", "Handarbeit"), None),
            ("lead-badge", lead.Newcomer("badge", "Maximiliane Mustermann-Oberhauser"), lead.Said("badge_taken")),
            ("lead-finding", lead.Finding(Look(searching=True, query="1")), None),
            ("lead-resting", lead.Resting(), None),
        )
    }  # fmt: skip


CAPTIONS = {
    "idle": "The time, one sentence, the ways in. Legible from two metres.",
    "languages": "Each language under its own name.",
    "number": "No badge today: the personnel number, and what was wrong with it.",
    "pin": "Digits of a PIN are never shown.",
    "checking": "The PIN is being checked.",
    "jobs": "Known: name, state, hours. One large button under the thumb; the jobs of the day beside it.",
    "face": "Known by face: asked, and recorded by a tap alone.",
    "face-out": "The same, for somebody who comes in.",
    "all": "All jobs.",
    "page": "The next page: nothing scrolls.",
    "search": "A job by its number or name.",
    "nothing": "No job of that name.",
    "transfer": "Another job, without leaving.",
    "inside": "At work: clock out, or a break, or another job. The line at the top says who was recorded before.",
    "waiting": "The next badge was seen and waits: a sound says so, and the strip.",
    "break": "On a break.",
    "already": "A badge held twice counts once.",
    "forgotten": "Nobody clocked out: an answer that a supervisor confirms.",
    "question": "The site asks; the punch above is recorded already.",
    "counting": "A question that is answered with a number.",
    "quantity": "A job asks how many.",
    "note": "A job asks for a note.",
    "folders": "A job's tasks are behind it.",
    "folder": "The tasks of one job.",
    "favourites": "Somebody's favourite jobs.",
    "free": "A job that is not in the list is written in words; it always records.",
    "unsure": "Other kiosks have been silent: in and out are equally large, and what is known is called the last known.",
    "unsure-out": "The same for somebody who was out when they were last seen.",
    "practice": "Practice leaves nothing behind, and says so.",
    "own-hours": "One's own page: hours, as the office had them.",
    "own-messages": "Messages.",
    "own-request": "Asking for a correction.",
    "own-settings": "Language, letters, contrast, hand, practice.",
    "claiming": "A correction: the time.",
    "claiming-missing": "A missing end of work.",
    "claiming-words": "A correction, in words.",
    "admin-home": "An administrator's mode: everything that can be set up at the wall.",
    "admin-network": "Whether lines are delivered and since when, the network, how far the server has everything.",
    "admin-server": "Whom this kiosk belongs to, and by which keys.",
    "admin-diagnostics": "What is not well, and what to do about it.",
    "admin-sound": "How loud.",
    "admin-screen": "How bright, and when the clock goes dim.",
    "admin-comfort": "Gloves and the hand that holds the badge, for everybody here.",
    "admin-badge": "Whose badge it will be.",
    "admin-export": "All lines to a USB stick, whole or not at all.",
    "admin-restart": "The screens start again.",
    "admin-sign_out": "Leaving the server is refused while a line could be lost.",
    "admin-badge-hold": "The new badge is held to the reader.",
    "admin-badge-taken": "A badge that somebody else has: initials alone.",
    "admin-badge-given": "A badge was given.",
    "admin-more": "The rest of the check-up.",
    "admin-leaving": "The last lines are on their way.",
    "recorded": "Recorded: only said once it is on the disk. The next badge is welcome already.",
    "gone": "Clocked out.",
    "resting": "On a break.",
    "back": "Back from the break.",
    "changed": "Another job.",
    "unknown": "A badge that nobody is known by: recorded, and the office finds out.",
    "undone": "Taken back within a minute: a line of its own, nothing is deleted.",
    "failed": "The disk refused: nobody is told that anything was recorded.",
    "locked": "Too many wrong PINs.",
    "no_pin": "Nobody gave this person a PIN yet.",
    "lead": "A supervisor's mode: everything that can be done in it, and when it ends.",
    "lead-said": "What became of the last thing; whoever's line failed is named.",
    "lead-crew": "A crew: one tap each, what would be recorded in the second line, one confirmation.",
    "lead-crew-job": "The job for the next ones of the crew.",
    "lead-crew-search": "Somebody of a large crew, by name or number.",
    "lead-inside": "Who is in, since when, at what, and how old that knowledge is.",
    "lead-muster": "The muster list: a tick is a line at once.",
    "lead-offer": "Today's jobs, in order.",
    "lead-offer-all": "A job is added or taken out by a tap.",
    "lead-proposals": "Claimed times: none waits.",
    "lead-claim": "A claim with its evidence: let it stand, at another time, or not.",
    "lead-newcomer": "A temporary worker: the name.",
    "lead-agency": "The agency, which can be left out.",
    "lead-badge": "The badge is held to the reader; this one was somebody's already.",
    "lead-finding": "Somebody forgot the badge.",
    "lead-resting": "PINs that rest after wrong tries: none.",
    "join-new": "A new kiosk: hold a setup code to the camera, or type it.",
    "join-no_daemon": "The same, while the sync service is not there.",
    "join-pending": "Words to compare with the back office.",
    "join-joined": "Joined; people and jobs are on their way.",
    "join-wiped": "Reported lost, and wiped by the office's order.",
    "join-broken": "The store cannot be opened.",
    "join-server": "The server's address.",
    "join-code": "The one-time code.",
    "join-asking": "The server is being asked.",
    "join-refused": "That was no setup code.",
    "join-network": "The server does not answer.",
    "join-tls": "The server cannot be trusted.",
}
NAMES = tuple(CAPTIONS)


class Stage:
    """Puts any screen on a kiosk's real window, in any language, for hands and eyes of every kind."""

    def __init__(self, rig, delivery):
        self.rig, self.bridge, self.delivery = rig, rig.window.bridge, delivery
        self.comfort, self.pad = {}, False

    def show(self, name, language="en", *, pad=False, **comfort):
        """The named screen, once it has come to rest. `comfort`: what the view says of a person's eyes and hands."""
        self.comfort, self.pad = comfort, pad
        if name.startswith("join-"):
            site_wall = replace(self.rig.window.kiosk.wall(), language=language)
            what = name.removeprefix("join-")
            stands = what if what in STANDS else "new"
            view = present.joining(site_wall, stands, WORDS, replace(JOINING[what], language=language))
            self.bridge._set_view({**view, **comfort})
            self.rest()
            return
        session = self.bridge.session
        administration = self.rig.window.kiosk._administration
        administration.facts, administration.said = dict(FACTS), SAID.get(name.removeprefix("admin-"))
        session.state = screens(session.directory, language, self.rig.clock_stamp())[name]
        for _ in range(2):  # the page tells how many tiles it has room for, and then shows those
            self.bridge.refresh()
            self.rest()

    def rest(self):
        """Lay everything out, and hear what the layout had to say."""
        self.rig.window.quick.grabWindow()
        for _ in range(3):
            turn()

    def dressed(self, state, wall_):
        return {**PLAIN(state, wall_), **self.comfort}


PLAIN = present.screen


AWAY = present.Delivery(online=False, since=MONDAY - timedelta(minutes=17), waiting=6)


@contextmanager
def stage(rig, delivery=AWAY):
    """A stage on a kiosk whose own clock does not turn the pages meanwhile."""
    found = Stage(rig, delivery)
    rig.shows("idle")
    bridge = rig.window.bridge
    bridge._second.stop()
    bridge._surface.wall = lambda: replace(rig.window.kiosk.wall(), delivery=found.delivery, pad=found.pad)
    with patch.object(present, "screen", found.dressed):
        yield found
    bridge.session.state = at.Idle()
