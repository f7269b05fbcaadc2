"""A company, and a terminal of it whose real outbox holds lines of every type, put into requests by its real batches."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

import msgspec

from clockhouse_server.auth.limits import RateLimit
from clockhouse_server.people import store as people
from clockhouse_server.wall import store as wall
from clockhouse_sync import batch, delivery, ledger, outbox, plan, signing, wire
from clockhouse_sync.outbox_reader import OutboxReader
from server.rig import ADMIN, Kiosk, World

PARKED = {"unknown_employee"}
"""Why lines of an honest day are parked: a badge that nobody knows."""


@dataclass
class Company:
    """A site with people and work, and its terminal; `genuine` is all that its outbox ever gave to be sent."""

    world: World
    folder: Path
    kiosk: Kiosk
    site: str
    boss: str
    ann: str
    job: str
    task: str
    question: str
    message: str
    genuine: list[batch.Batch] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def lines(self) -> list[bytes]:
        return [line.raw for one in self.genuine for line in one.lines]

    def contents(self) -> dict[str, wire.Beside]:
        return {name: found for one in self.genuine for name, found in one.beside.items()}

    def id(self, of: str) -> str:
        """As good as random, as the product's are: no flipped bit makes one of another."""
        return f"{of}-{sha256(str(next(self._ids)).encode()).hexdigest()[:24]}"

    def _salt(self) -> bytes:
        return sha256(str(next(self._ids)).encode()).digest()

    def _moment(self) -> outbox.Moment:
        return outbox.Moment(
            at=self.world.now.forward(seconds=20), zone="Europe/Berlin", utc_offset_minutes=60,
            boottime_ms=60_000, clock=wire.ClockState(sync=True, error_ms=12), site_id=self.site,
            roster_version="1.1",
        )  # fmt: skip

    @contextmanager
    def _running(self) -> Iterator[outbox.Outbox]:
        kept = outbox.open_outbox(
            self.folder / "outbox.db", device_id=self.kiosk.device_id, boot_id=f"boot-{next(self._ids)}",
            software="0.1.0", moment=self._moment(), new_id=lambda: self.id("epoch"),
        )  # fmt: skip
        yield kept
        kept.close()

    def day(self) -> None:
        """A day at the wall with at least one line of every type, and its delivery."""
        with self._running() as kept:

            def say(kind: wire.LineType, beside: dict[str, bytes] | None = None, /, **fields: object) -> None:
                """Append a line; what is beside it is salted here and named by the line."""
                named = {name: (self._salt(), text) for name, text in (beside or {}).items()}
                told = {name: ledger.beside_hash(*found) for name, found in named.items()}
                kept.append(
                    kind, self._moment(), fields | ({"beside": told} if told else {}), [*named.values()]
                )

            def punch(
                kind: str, who: str | None, beside: dict[str, bytes] | None = None, /, **fields: object
            ) -> str:
                punch_id = self.id("punch")
                given = {"kind_from": "chosen", "method": "rfid", "punch_id": punch_id, "kind": kind} | fields
                say("punch", beside, **given, **({"employee_id": who} if who else {}))
                return punch_id

            temp, badge = self.id("temp"), self.id("badge")
            by = {"action": "given", "employee_id": temp, "actor_id": self.boss}
            rosa = json.dumps({"name": "Rosa", "agency": "Quick"}).encode()
            value = f"2A00B4C{next(self._ids):03X}".encode()
            say(
                "clock",
                cause="hello",
                server_time=wire.format_instant(self.world.now()),
                rtt_ms=8,
                step_ms=-3,
            )
            say("access", what="mode_entered", mode="supervisor", actor_id=self.boss, method="rfid")
            say("enrolment", {"person": rosa}, what="person", **by)
            say("enrolment", {"credential": value}, what="badge", credential_ref=badge, **by)
            say("site_jobs", on="2026-03-02", job_ids=[self.job], actor_id=self.boss)
            work = {"job_id": self.job, "task_id": self.task}
            began = punch("in", self.ann, {"note": b"early"}, credential_ref="c1", **work)
            punch("in", temp, credential_ref=badge, group_id=self.id("crew"), actor_id=self.boss)
            punch("in", None, {"credential": b"0BADCAFE"})
            punch(
                "transfer",
                self.ann,
                quantity="12.5",
                quantity_bad="0.5",
                second_factor="pin",
                job_id=self.job,
            )
            punch("break_start", self.ann, break_code="meal", method="pin")
            punch("break_end", self.ann, {"job_text": b"the other hull"}, kind_from="inferred")
            mistake = punch("out", self.ann)
            say("undo", punch_id=mistake, employee_id=self.ann)
            ended = punch("out", self.ann, kind_from="unconfirmed")
            say("answer", {"answer": b"no"}, punch_id=ended, employee_id=self.ann, question_id=self.question)
            say("message_read", message_id=self.message, employee_id=self.ann)
            say("sighting", reason="accounted_for", method="rfid", employee_id=self.ann, actor_id=self.boss)
            claim = self.id("claim")
            claimed = {"kind": "out", "claimed_at": "2026-03-01T15:30:00.000Z", "punch_id": began}
            say("proposal", proposal_id=claim, employee_id=temp, method="rfid", job_id=self.job, **claimed)
            say("confirm", proposal_id=claim, employee_id=temp, actor_id=self.boss, accepted=False)
            asked = {"employee_id": self.ann, "method": "pin"}
            say(
                "request", {"text": b"I left later"}, request_id=self.id("request"), what="correction",
                on="2026-03-01", **claimed, **asked,
            )  # fmt: skip
            liked = {"language": "de", "large_text": True}
            say("request", request_id=self.id("request"), what="preferences", preferences=liked, **asked)
            say("lost", lost=wire.fields_of(wire.LostRange(epoch="an old one", from_seq=3, to_seq=7)))
            line = {"device_id": self.kiosk.device_id, "epoch": kept.epoch, "seq": 2, "hash": "0" * 64}
            say(
                "adjustment", {"note": b"by hand"}, adjustment_id=self.id("fix"), employee_id=self.ann,
                action="add", author_id="u1", kind="out", counted_at="2026-03-01T15:30:00.000Z", line=line,
            )  # fmt: skip
        self._take_out()

    def _take_out(self) -> None:
        """What waits in the outbox becomes the next request, by the daemon's own code; and is delivered."""
        reader = OutboxReader(self.folder / "outbox.db")
        state = delivery.open_delivery(self.folder / "delivery.db")
        try:
            for head in reader.heads():
                made_at = wire.format_instant(self.world.now())
                state.keep_checkpoint(signing.checkpoint(self.kiosk.key, head, made_at))
            made = batch.next_batch(reader, state, batch.held(reader, state), plan.Limits())
            answer = self.kiosk.send("POST", "lines", made.body, nonce=self.kiosk.session)
            assert answer.status_code == 200, answer.text
            read = msgspec.json.decode(answer.content, type=wire.LinesAnswer)
            assert {"linked"} == {verdict.chain for verdict in read.verdicts}
            assert {verdict.code for verdict in read.verdicts if verdict.outcome == "parked"} == PARKED, read
            assert not [verdict for verdict in read.verdicts if verdict.outcome == "duplicate"]
            state.take_verdicts(
                read, sent=made.sent, checkpoints=made.checkpoints, answered_at=self.world.now()
            )
            assert plan.waiting(batch.held(reader, state)) == 0
            self.genuine.append(made)
        finally:
            state.close()
            reader.close()

    def all_again(self) -> None:
        """Everything genuine once more: the server has all of it, and says the same."""
        for one in self.genuine:
            answer = self.kiosk.send("POST", "lines", one.body, nonce=self.kiosk.session)
            assert answer.status_code == 200, answer.text
            verdicts = answer.json()["verdicts"]
            assert {"duplicate"} == {verdict["outcome"] for verdict in verdicts}
            assert {verdict["code"] for verdict in verdicts if "code" in verdict} == PARKED


def company_of(world: World, folder: Path) -> Company:
    """A company with a terminal in service that has delivered a day."""
    world.server = replace(world.server, enroll_limit=RateLimit(1_000_000, 1))  # a test is in more of a hurry
    world.app.state.server = world.server
    by = {"now": world.now(), "new_id": world.server.new_id}
    with world.write() as session:
        people.save_company(session, ADMIN, people.CompanyIn("Haven", zone="Europe/Berlin"), now=world.now())
    site = world.site()
    boss = world.person("1", "Sven Boss", site, supervisor=True)
    ann = world.person("2", "Ann Lee", site)
    job = world.job("1042", "Welding", world.customer(), site)
    task = world.task(job, "SEAM", "Seams")
    with world.write() as session:
        asks = wall.QuestionIn(text={"en": "Hurt?"})
        question = wall.add_question(session, ADMIN, site, asks, **by).id
        words = wall.MessageIn(text="Tidy up", person_id=ann)
        message = wall.send(session, ADMIN, words, **by).id
    made = Company(world, folder, world.kiosk(site), site, boss, ann, job, task, question, message)
    made.day()
    return made


def later(company: Company) -> None:
    """The next day's lines arrive whole, whatever happened in between."""
    company.world.now.forward(seconds=timedelta(hours=16).total_seconds())
    assert company.kiosk.hello().status_code == 200
    company.day()
