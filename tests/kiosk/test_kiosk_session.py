"""The session with a world of paper: slow disks, late answers, PINs that cannot be tried."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import Read, Stamp
from clockhouse_kiosk.history import History
from clockhouse_kiosk.identify import Directory
from clockhouse_kiosk.session import Session
from clockhouse_sync import wire
from kiosk.house import ANA, BADGE, BERND, DEVICE, SITE, STRANGER, loaded, row, rows

MONDAY = datetime(2026, 3, 2, 7, 58, tzinfo=UTC)


@dataclass
class Paper:
    """Keeps what is asked of it until the test answers."""

    ms: int = 0
    writings: list = field(default_factory=list)
    tries: list = field(default_factory=list)
    heard: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    ids: int = 0

    def stamp(self):
        return Stamp(MONDAY + timedelta(milliseconds=self.ms), self.ms)

    def new_id(self):
        self.ids += 1
        return f"id-{self.ids}"

    def salt(self):
        return bytes(32)

    def append(self, writing, answer):
        self.writings.append((writing, answer))

    def keep(self, writings):
        self.kept = writings

    def check_pin(self, attempt, answer):
        self.tries.append((attempt, answer))

    def sound(self, name):
        self.heard.append(name)

    def commit(self, index=-1):
        """The disk has it."""
        writing, answer = self.writings[index]
        answer(
            wire.encode(
                {
                    **writing.fields, "v": 1, "type": writing.kind, "device_id": DEVICE, "epoch": "e", "seq": 1,
                    "at": wire.format_instant(writing.stamp.at),
                }
            )
        )  # fmt: skip

    def refuse(self, index=-1):
        self.writings[index][1](None)


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
def session(paper):
    return Session(paper, Directory(loaded(rows()).rows, History(), DEVICE), lambda: None)


def badge(session, paper, person):
    session.receive(on.BadgeRead(Read(paper.stamp(), "rfid", BADGE.get(person, person))))


def after(session, paper, milliseconds):
    paper.ms += milliseconds
    session.receive(on.Tick())


def test_nothing_is_called_recorded_while_the_disk_is_silent(session, paper):
    badge(session, paper, ANA)
    session.receive(on.TakeDefault())
    assert isinstance(session.state, at.Saving)
    after(session, paper, 14_000)
    assert isinstance(session.state, at.Saving)
    after(session, paper, 2_000)
    assert isinstance(session.state, at.NotRecorded)


def test_an_answer_that_came_too_late_is_remembered_but_never_said_for_somebody_else(session, paper):
    badge(session, paper, ANA)
    session.receive(on.TakeDefault())
    after(session, paper, 16_000)
    badge(session, paper, BERND)
    session.receive(on.TakeDefault())
    paper.commit(0)
    assert isinstance(session.state, at.Saving)
    assert session.directory.standing(ANA).where == "in"
    paper.commit(1)
    assert isinstance(session.state, at.Recorded)
    assert session.state.draft.visit.person.id == BERND


def test_a_refused_line_is_trouble_until_the_next_one_is_kept(session, paper):
    badge(session, paper, ANA)
    session.receive(on.TakeDefault())
    paper.refuse()
    assert session.trouble is True
    badge(session, paper, BERND)
    session.receive(on.TakeDefault())
    paper.commit()
    assert session.trouble is False


def sign_in(session, pin="314159"):
    for key in "1001":
        session.receive(on.Key(key))
    session.receive(on.Enter())
    for key in pin:
        session.receive(on.Key(key))


def test_a_right_pin_for_a_screen_that_went_on_opens_nothing(session, paper):
    sign_in(session)
    after(session, paper, 11_000)
    paper.tries[0][1](True)
    assert isinstance(session.state, at.Refused)
    after(session, paper, 7_000)
    assert session.state == at.Idle()


def test_a_pin_that_could_not_be_tried_is_no_wrong_try(session, paper):
    sign_in(session)
    paper.tries[0][1](None)
    assert session.state.code == "pin_unavailable"
    assert paper.writings == []


def test_a_badge_waits_while_a_pin_is_checked(session, paper):
    sign_in(session)
    badge(session, paper, BERND)
    assert paper.heard == ["wait"]
    paper.tries[0][1](True)
    assert session.state.visit.person.id == ANA
    session.receive(on.TakeDefault())
    paper.commit()
    after(session, paper, 1_500)
    assert session.state.visit.person.id == BERND


def test_the_pin_goes_nowhere_but_to_its_check(session, paper):
    sign_in(session)
    attempt = paper.tries[0][0]
    assert attempt.pin == "314159"
    assert "314159" not in repr(attempt)
    assert "314159" not in repr(session.state)


def test_an_unknown_badge_carries_its_number_only_beside(session, paper):
    badge(session, paper, STRANGER)
    writing, _ = paper.writings[0]
    assert STRANGER not in str(writing.fields)
    assert writing.beside == ((bytes(32), STRANGER.encode()),)


def test_a_roster_that_comes_meanwhile_serves_the_next_look_up(session, paper):
    badge(session, paper, STRANGER)
    paper.commit()
    from kiosk.house import row

    enrolled = row("credential", "c-new", person_id=BERND, kind="badge", value=STRANGER)
    session.adopt(Directory(loaded(rows(extra=[enrolled])).rows, session.directory.history, DEVICE))
    after(session, paper, 7_000)
    badge(session, paper, STRANGER)
    assert session.state.visit.person.id == BERND


def test_a_kiosk_that_is_stopped_while_a_badge_s_pin_is_checked_keeps_the_visit(paper):
    policy = row("policy", SITE, pin_with=["rfid"])
    session = Session(paper, Directory(loaded(rows(extra=[policy])).rows, History(), DEVICE), lambda: None)
    badge(session, paper, ANA)
    for digit in "314159":
        session.receive(on.Key(digit))
    assert isinstance(session.state, at.CheckingPin)
    session.leave()
    assert [(each.kind, each.fields["employee_id"]) for each, _ in paper.writings] == [("punch", ANA)]


def test_many_wrong_pins_slow_the_device_and_stop_nobody(paper):
    of = Directory(loaded(rows()).rows, History(), DEVICE)
    for number in range(14):
        of.history.add(
            wire.AccessLine(
                v=1, type="access", device_id=DEVICE, epoch="e", seq=1, at=wire.format_instant(MONDAY),
                what="wrong_pin", employee_id=f"p-{number}",
            )
        )  # fmt: skip
    session = Session(paper, of, lambda: None)
    for key in (*map(on.Key, "1001"), on.Enter(), *map(on.Key, "314159")):
        session.receive(key)
    assert [attempt.after_seconds for attempt, _ in paper.tries] == [4]
