"""Whatever is said at a wall, in whatever order it arrives: it is kept, and the books come out the same."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from clockhouse_server.auth import audit
from clockhouse_server.devices.models import Device
from clockhouse_server.ingest.batch import Batch
from clockhouse_server.ingest.models import Answer, CorrectionRequest, LastState, LineRow, ParkedLine
from clockhouse_server.ingest.reading import Delivery
from clockhouse_server.ingest.verifying import verify_stored
from clockhouse_server.people import store as people
from clockhouse_server.people.models import Credential, Person
from clockhouse_server.timecards import sheets
from clockhouse_server.timecards.delivered import take
from server.rig import ADMIN, Kiosk, World

LINES = 9
MESSY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass
class Wall:
    """A site with a supervisor, Ann, and a kiosk that nothing was delivered from yet."""

    world: World
    kiosk: Kiosk
    boss: str
    ann: str

    @contextmanager
    def undone(self) -> Iterator[Session]:
        """A transaction that is taken back, so that the next example finds the database as it was."""
        with Session(self.world.engine, expire_on_commit=False) as session:
            yield session
            session.rollback()

    def send(self, session: Session, lines: Sequence[bytes]) -> list[str]:
        device = session.get_one(Device, self.kiosk.device_id)
        server = self.world.server
        [answer] = take(
            session, [Batch.of(device, Delivery(lines, self.kiosk.beside))], keys=server.keys, now=self.world.now(),
            new_id=server.new_id,
        )  # fmt: skip
        return [verdict.outcome for verdict in answer.verdicts]


@pytest.fixture
def wall(world: World) -> Wall:
    with world.write() as session:
        people.save_company(session, ADMIN, people.CompanyIn("Haven", zone="Europe/Berlin"), now=world.now())
    site = world.site()
    boss = world.person("1", "Sven Boss", site, supervisor=True)
    return Wall(world, world.kiosk(site), boss, world.person("2", "Ann Lee", site))


def _a_day(wall: Wall) -> list[bytes]:
    """A temporary worker with a badge, three punches of which one is taken back, an answer and a request."""
    kiosk, world = wall.kiosk, wall.world
    if len(kiosk.lines) == LINES:
        return kiosk.lines
    by = {"action": "given", "employee_id": "temp", "actor_id": wall.boss}
    person = kiosk.note(json.dumps({"name": "Rosa", "agency": "Quick"}))
    kiosk.line("enrolment", what="person", beside={"person": person}, **by)
    kiosk.line("enrolment", what="badge", beside={"credential": kiosk.note("2A00B4C3D7")}, **by)
    kiosk.punch("in", "temp")
    world.now.forward(hours=4)
    out = kiosk.punch("out", "temp")
    kiosk.line(
        "answer", punch_id=out, employee_id="temp", question_id="q", beside={"answer": kiosk.note("no")}
    )
    kiosk.line(
        "request", request_id="r", employee_id="temp", what="correction", beside={"text": kiosk.note("?")}
    )
    world.now.forward(minutes=5)
    mistake = kiosk.punch("in", "temp")
    kiosk.line("undo", punch_id=mistake)
    return kiosk.lines


def _books(wall: Wall, session: Session) -> tuple[object, ...]:
    session.expire_all()
    person = session.get_one(Person, "temp")
    today = wall.world.now().date()
    sheet = sheets.sheets(session, [person], today - timedelta(days=1), today, now=wall.world.now())["temp"]
    return (
        [(punch.id, punch.kind, punch.at) for punch in sheet.punches],
        session.get_one(LastState, "temp").kind,
        [row.person_id for row in session.query(Credential)],
        [row.answer for row in session.query(Answer)],
        [row.words for row in session.query(CorrectionRequest)],
        [row.code for row in session.query(ParkedLine) if row.settled_at is None],
    )


@MESSY
@given(order=st.lists(st.lists(st.integers(0, LINES - 1), min_size=1, max_size=LINES), max_size=6))
def test_a_temporary_worker_s_day_comes_out_the_same_however_it_is_delivered(
    wall: Wall, order: list[list[int]]
) -> None:
    lines = _a_day(wall)
    assert LINES == len(lines)
    with wall.undone() as session:
        assert {"accepted"} == set(wall.send(session, lines))
        expected = _books(wall, session)
        assert 2 == len(expected[0])
    with wall.undone() as session:
        for batch in order:
            wall.send(session, [lines[index] for index in batch])
        wall.send(session, lines)
        assert {"duplicate"} == set(wall.send(session, lines))
        assert expected == _books(wall, session)
        assert verify_stored(session).ok
        assert audit.verify(session) is None


IDS = st.sampled_from(["ANN", "BOSS", "nobody", "", "x" * 201, "temp", "\u202etfel", "a\u0301"])
WHEN = st.sampled_from(
    ["2026-03-02T06:00:00.000Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z", "noon"]
)
DAY = st.sampled_from(["2026-03-02", "2026-02-30", "0001-01-01", "9999-12-31", ""])
BESIDE = st.sampled_from(
    [{}, {"person": "no-such"}, {"credential": "no-such", "text": "no-such", "answer": "no-such"}]
)
WORDS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("confirm"), "proposal_id": IDS, "employee_id": IDS, "actor_id": IDS, "accepted": st.booleans()},
        optional={"claimed_at": WHEN},
    ),
    st.fixed_dictionaries(
        {"type": st.just("proposal"), "proposal_id": IDS, "employee_id": IDS, "kind": st.just("out"), "claimed_at": WHEN},
        optional={"punch_id": IDS, "job_id": IDS},
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("enrolment"), "what": st.sampled_from(["person", "badge", "pin"]),
            "action": st.sampled_from(["given", "withdrawn"]), "employee_id": IDS,
        },
        optional={"actor_id": IDS, "credential_ref": IDS, "beside": BESIDE},
    ),
    st.fixed_dictionaries(
        {"type": st.just("site_jobs"), "on": DAY, "actor_id": IDS, "job_ids": st.lists(IDS, max_size=3)}
    ),
    st.fixed_dictionaries(
        {"type": st.just("request"), "request_id": IDS, "employee_id": IDS, "what": st.just("correction")},
        optional={"on": DAY, "claimed_at": WHEN, "kind": st.just("in"), "punch_id": IDS, "beside": BESIDE},
    ),
    st.fixed_dictionaries(
        {"type": st.just("request"), "request_id": IDS, "employee_id": IDS, "what": st.just("preferences")},
        optional={"preferences": st.fixed_dictionaries({}, optional={"language": IDS, "large_text": st.booleans()})},
    ),
    st.fixed_dictionaries(
        {"type": st.just("answer"), "punch_id": IDS, "employee_id": IDS, "question_id": IDS},
        optional={"beside": BESIDE},
    ),
    st.fixed_dictionaries({"type": st.just("message_read"), "message_id": IDS, "employee_id": IDS}),
    st.fixed_dictionaries(
        {"type": st.just("punch"), "punch_id": IDS, "kind": st.just("in"), "kind_from": st.just("chosen"),
         "method": st.just("rfid"), "employee_id": IDS},
    ),
    st.fixed_dictionaries({"type": st.just("undo"), "punch_id": IDS}),
)  # fmt: skip


@MESSY
@given(words=st.lists(WORDS, min_size=1, max_size=8))
def test_any_word_is_kept_and_breaks_nothing(wall: Wall, words: list[dict[str, object]]) -> None:
    named = {"ANN": wall.ann, "BOSS": wall.boss}
    kiosk = wall.kiosk
    before = (kiosk.seq, kiosk.prev, len(kiosk.lines))
    lines = []
    for word in words:
        fields = {
            name: named.get(value, value) if isinstance(value, str) else value for name, value in word.items()
        }
        lines.append(kiosk.line(str(fields.pop("type")), **fields))
    kiosk.seq, kiosk.prev = before[:2]
    del kiosk.lines[before[2] :]
    with wall.undone() as session:
        outcomes = wall.send(session, [kiosk.lines[0], *lines])
        assert set(outcomes) <= {"accepted", "parked"}
        assert set(lines) <= {row.raw for row in session.query(LineRow)}
        assert {"duplicate"} == set(wall.send(session, [kiosk.lines[0], *lines]))
        assert verify_stored(session).ok
        assert audit.verify(session) is None
