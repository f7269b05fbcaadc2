"""schemathesis over the device API as it describes itself: requests that fit and that do not, signed, unsigned, wrongly signed."""

import json
import random
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from clockhouse_server.devices.describing import API, DESCRIPTION
from clockhouse_sync import signing
from server.fuzz.calling import Answer, Call, signed
from server.fuzz.company import company_of, later
from server.fuzz.watching import Watch
from server.rig import Kiosk, World

SHORT, LONG = 12, 200
"""Examples for each request, way of making them, and door."""
CHECKS: Final = [not_a_server_error, content_type_conformance, response_schema_conformance]
OPEN: Final = {"enroll", "hello"}
"""Requests that need no session."""


class Visit:
    """A company whose server is shown what schemathesis makes; every request is watched."""

    def __init__(self, world: World, folder: Path) -> None:
        self.company = company_of(world, folder)
        self.watch = Watch(self.company)
        self.stranger = Kiosk(self.company.kiosk.http, world.now, site_id=self.company.site, seed="nobody")
        self.code = world.code(self.company.site)
        described = world.client().get(DESCRIPTION).json()
        self.schema = schemathesis.openapi.from_dict(described)
        self._numbers = count(1)
        self.statuses: dict[tuple[str, str], Counter[int]] = {}

    def show(self, path: str, mode: GenerationMode, door: str, examples: int) -> None:
        """This many requests of a kind through a door; the same each time."""
        method = "GET" if path == "roster" else "POST"
        cases = self.schema[API + path][method].as_strategy(generation_mode=mode)
        statuses = self.statuses.setdefault((path, door), Counter())

        @settings(
            max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=cases, chance=st.randoms(use_true_random=False))
        def each(case: Any, chance: random.Random) -> None:
            case.body = self._known(case.body, chance)
            request = DOORS[door](self, path, _sent(case))
            answer = self.watch.fire(
                replace(request, says=f"{door} {path}: {request.body[:200]!r} {request.query!r}")
            )
            statuses[answer.status] += 1
            case.validate_response(_answered(request, answer), checks=CHECKS)

        each()

    def _known(self, value: Any, chance: random.Random) -> Any:
        """The same with names that mean something here, mostly: else nothing goes further than to be unknown.

        Each line stands in an epoch of its own: two that claim to follow each other and do not are a broken chain,
        and whoever verifies the ledger is told so.
        """
        if isinstance(value, list):
            return [self._known(inner, chance) for inner in value]
        if not isinstance(value, dict):
            return value
        names, known = self._names(), {}
        for name, inner in value.items():
            fits = name in names and isinstance(inner, type(names[name][0]))
            known[name] = (
                chance.choice(names[name]) if fits and chance.random() < 0.8 else self._known(inner, chance)
            )
        return known | (
            {"epoch": f"another {next(self._numbers)}"} if {"type", "epoch"} <= known.keys() else {}
        )

    def _names(self) -> dict[str, list[Any]]:
        company = self.company
        read = map(json.loads, company.lines)
        newest = company.genuine[0].lines[-1].hash
        line = next(one for one in read if one["type"] == "punch")
        return {
            "device_id": [company.kiosk.device_id], "epoch": [line["epoch"]], "site_id": [company.site],
            "employee_id": [company.ann, company.boss], "actor_id": [company.boss, company.ann], "job_id": [company.job],
            "punch_id": ["one", "another"], "at": [line["at"], "2026-03-02T09:00:00.000Z"],
            "claimed_at": ["2026-03-02T09:00:00.000Z"], "on": ["2026-03-02"], "hash": [newest, "0" * 64],
            "prev": [newest], "protocols": [[1], [2, 1]], "code": [self.code],
            "public_key": [b64encode(signing.public_bytes(company.kiosk.key)).decode()],
        }  # fmt: skip


def _sent(case: Any) -> Call:
    """The request as a client would put it on the wire, not signed yet."""
    made = requests.Request(**case.as_transport_kwargs(base_url="http://clock.example")).prepare()
    path, _, query = (made.path_url or "").partition("?")
    body = made.body.encode() if isinstance(made.body, str) else made.body or b""
    headers = tuple((name.lower().encode(), str(value).encode()) for name, value in made.headers.items())
    return Call("", made.method or "", path, body, query.encode(), headers)


def _answered(request: Call, answer: Answer) -> httpx.Response:
    """The answer as schemathesis reads one."""
    asked = httpx.Request(request.method, "http://clock.example" + request.path)
    said = httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=asked)
    said.elapsed = timedelta(0)
    return said


def _by(kiosk: Kiosk, path: str, made: Call) -> Call:
    nonce = "" if path in OPEN else kiosk.session or "none"
    return signed(kiosk, "", path, made.body, method=made.method, query=made.query, nonce=nonce)


def _wrongly(visit: Visit, path: str, made: Call) -> Call:
    good = _by(visit.company.kiosk, path, made)
    return (
        replace(good, query=good.query + b"&more=1")
        if not good.body
        else replace(good, body=good.body + b" ")
    )


DOORS: Final[dict[str, Callable[[Visit, str, Call], Call]]] = {
    "signed": lambda visit, path, made: _by(visit.company.kiosk, path, made),
    "unsigned": lambda _, __, made: made,
    "wrongly signed": _wrongly,
    "a stranger's": lambda visit, path, made: _by(visit.stranger, path, made),
}


def _visited(world: World, folder: Path, examples: int) -> Visit:
    visit = Visit(world, folder)
    for path in ("heartbeat", "lines", "roster", "enroll", "hello"):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if path == "roster" and mode is GenerationMode.NEGATIVE:
                continue  # any text is a cursor: nothing does not fit
            visit.show(path, mode, "signed", examples)
        for door in sorted(DOORS.keys() - {"signed"}):
            visit.show(path, GenerationMode.POSITIVE, door, examples // 4)
    later(visit.company)
    visit.watch.at_the_end()
    return visit


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_the_description_allows_and_what_it_does_not_breaks_nothing(
    world: World, tmp_path: Path
) -> None:
    visit = _visited(world, tmp_path, SHORT)
    for (path, door), statuses in visit.statuses.items():
        if door == "signed":
            assert statuses[200] > 0, (path, statuses)
            assert path == "roster" or statuses[422] > 0, (path, statuses)
        else:
            assert {401} == statuses.keys(), (path, door, statuses)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_much_more_that_is_described(world: World, tmp_path: Path) -> None:
    visit = _visited(world, tmp_path, LONG)
    print(f"\n{visit.watch.tally}\n{visit.statuses}")
