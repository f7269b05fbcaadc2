"""Answers, requests and preferences from the wall, kept as they were said."""

from datetime import date, timedelta

import pytest

from clockhouse_server.ingest.models import Answer, CorrectionRequest, ParkedLine
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Person
from clockhouse_sync import wire
from server.rig import ADMIN, World


class Gate:
    def __init__(self, world: World) -> None:
        self.world = world
        self.site = world.site()
        self.ann = world.person("0417", "Ann Lee", self.site)
        self.kiosk = world.kiosk(self.site)

    def prefer(self, number: int, **preferences: object) -> None:
        self.kiosk.line(
            "request", request_id=f"wish-{number}", employee_id=self.ann, what="preferences",
            preferences=preferences,
        )  # fmt: skip

    def person(self) -> Person:
        (found,) = self.world.rows(Person, id=self.ann)
        return found


@pytest.fixture
def gate(world: World) -> Gate:
    return Gate(world)


def test_an_answer_stands_beside_its_punch_also_where_the_punch_comes_later(gate: Gate) -> None:
    punch = gate.kiosk.punch("out", gate.ann)
    for text in ("yes", "no"):
        gate.kiosk.line(
            "answer", punch_id=punch, employee_id=gate.ann, question_id=f"q-{text}",
            beside={"answer": gate.kiosk.note(text)},
        )  # fmt: skip
    boot, first, *answers = gate.kiosk.lines
    assert [("accepted", None)] * 2 == gate.kiosk.outcomes(answers)
    gate.kiosk.outcomes([boot, first])
    gate.kiosk.outcomes(answers)
    found = {(row.punch_id, row.question_id, row.answer) for row in gate.world.rows(Answer)}
    assert {(punch, "q-yes", "yes"), (punch, "q-no", "no")} == found
    assert 2 == len(gate.world.rows(Answer))


def test_a_request_waits_in_its_own_words(gate: Gate) -> None:
    claimed = wire.format_instant(gate.world.now() - timedelta(hours=20))
    words = gate.kiosk.note("I was at the dentist until nine.")
    gate.kiosk.line(
        "request", request_id="r-1", employee_id=gate.ann, what="correction", on="2026-03-01", kind="in",
        claimed_at=claimed, beside={"text": words},
    )  # fmt: skip
    gate.kiosk.line("request", request_id="r-1", employee_id=gate.ann, what="correction", on="2026-03-01")
    gate.kiosk.line("request", request_id="r-2", employee_id="nobody", what="correction")
    gate.kiosk.line("request", request_id="r-3", employee_id=gate.ann, what="correction", on="some day")
    codes = [None, None, "conflict", "unknown_employee", "unreadable"]
    assert codes == [code for _, code in gate.kiosk.outcomes()]
    (row,) = gate.world.rows(CorrectionRequest)
    assert ("I was at the dentist until nine.", date(2026, 3, 1), "open") == (row.words, row.on, row.status)
    assert 3 == len(gate.world.rows(ParkedLine))


def test_preferences_reach_the_other_kiosk_and_the_newest_choice_stands(gate: Gate) -> None:
    door = gate.world.kiosk(gate.site, name="Door")
    gate.prefer(1, large_text=True, language="de")
    gate.kiosk.deliver()
    told = door.known()["person"][gate.ann]
    assert ("de", {"large_text": True, "language": "de"}) == (told["language"], told["preferences"])
    assert wire.format_instant(gate.world.now()) == told["preferences_at"]
    gate.world.now.forward(minutes=1)
    gate.prefer(2, high_contrast=True)
    late = gate.kiosk.lines[-1]
    gate.world.now.forward(minutes=1)
    gate.prefer(3, high_contrast=False, language="not a language!")
    gate.kiosk.deliver(gate.kiosk.lines[-1:])
    gate.kiosk.deliver([late])
    assert {"large_text": True, "high_contrast": False} == gate.person().preferences
    assert "de" == gate.person().language


def test_the_office_s_language_goes_before_what_was_chosen_earlier(gate: Gate) -> None:
    gate.prefer(1, language="es")
    gate.world.now.forward(minutes=1)
    with gate.world.write() as session:
        given = people.PersonIn(number="0417", name="Ann Lee", site_ids=(gate.site,), language="ar")
        people.update_person(session, ADMIN, gate.ann, given, now=gate.world.now())
    gate.kiosk.deliver()
    assert "ar" == gate.person().language
