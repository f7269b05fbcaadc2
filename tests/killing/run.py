"""One run: a company, its terminals and their bad networks are set up, killed by chance, healed, and looked at."""

import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from killing.company import Company
from killing.conductor import Backend, Conductor, Postgres
from killing.findings import Findings
from killing.hands import working
from killing.programs import awaited, seen
from killing.terminal import Terminal
from server.postgres import DURABLE, Cluster, cluster

HEALED: Final = 60.0
"""Seconds until everybody is served again, and as many until everything must have arrived."""


@dataclass(frozen=True)
class Plan:
    """What is run. `deck` says how often each kind is killed in each round; rounds follow each other for `seconds`, up to `pause` from kill to kill."""

    seed: int
    database: Literal["sqlite", "postgresql"]
    kiosks: int
    writers: int
    deck: Mapping[str, int]
    seconds: float = 0.0
    pause: float = 1.5
    pace: float = 0.05
    people: int = 150
    postgres: Mapping[str, str] = field(default_factory=lambda: DURABLE)
    planted: Mapping[str, str] = field(default_factory=dict)
    patience: float = HEALED


@dataclass(frozen=True)
class Outcome:
    findings: Findings
    figures: Mapping[str, int]


def play(plan: Plan) -> Outcome:
    with standing(plan) as (company, terminals, databases):
        chance = random.Random(plan.seed)
        programs = [each for terminal in terminals for each in terminal.programs]
        postgres = [kind(each) for each in databases for kind in (Postgres, Backend)]
        hands = [each.hands for each in terminals if each.hands is not None]
        deliveries = [each.network.delivery for each in terminals]
        moments = {
            "kiosk": [each.said for each in hands],
            **dict.fromkeys(("daemon", "server", "postgres", "backend"), deliveries),
        }
        conductor = Conductor([company.server, *postgres, *programs], moments, chance)
        with working(hands):
            for terminal in terminals:
                awaited(f"the first punch at {terminal.name}", lambda at=terminal: at.recorded)
                terminal.network.bad = True
            conductor.play(plan.deck, plan.pause, plan.seconds)
            before = {each.name: len(each.recorded) for each in terminals}

            def healed() -> bool:
                served = all(len(each.recorded) > before[each.name] for each in terminals)
                return served and company.is_open()

            assert conductor.heal(healed, HEALED), "it does not heal"
            meanwhile = company.lines()
        for terminal in terminals:
            terminal.network.bad = False
            terminal.ask_again()
        return _outcome(company, terminals, conductor, meanwhile, plan.patience)


@contextmanager
def standing(plan: Plan) -> Iterator[tuple[Company, list[Terminal], list[Cluster]]]:
    """Everything is set up and runs; nothing of it is left behind."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clockhouse-")))
        databases = []
        address = f"sqlite:///{folder}/server.db"
        if plan.database == "postgresql":
            databases.append(stack.enter_context(cluster(dict(plan.postgres))))
            address = databases[0].create(name="clockhouse")
        company = Company(folder, address, plan.people, plan.planted.get("server", ""))
        stack.callback(company.close)
        company.open()
        terminals = []
        for number in range(plan.kiosks + plan.writers):
            name, pace = f"gate-{number}", None if number < plan.kiosks else plan.pace
            chance = random.Random(f"{plan.seed} {name}")
            terminal = Terminal(folder, name, company, chance, pace=pace, planted=plan.planted)
            stack.callback(terminal.close)
            terminal.join()
            terminals.append(terminal)
        yield company, terminals, databases


def _outcome(
    company: Company, terminals: list[Terminal], conductor: Conductor, meanwhile: int, patience: float
) -> Outcome:
    """What is there once all was delivered."""
    said = [f"ended by itself: {kind}" for kind in conductor.ended if kind != "server"]
    for terminal in terminals:
        _, screens = terminal.programs
        if screens.kind == "kiosk" and screens.end() != 0:
            said.append(f"{screens.name} did not end well")
        screens.kill()
    kept = {place: raw for terminal in terminals for place, raw in terminal.kept().items()}
    if not seen(lambda: company.lines() >= len(kept), patience):
        said.append(f"{company.lines()} of {len(kept)} lines were delivered within {patience:.0f} s")
    for terminal in terminals:
        if not seen(lambda at=terminal: at.waiting() == 0, 20.0):
            said.append(f"{terminal.name} takes its lines for undelivered")
        said += terminal.complaints()
        if terminal.programs[0].end() != 0:
            said.append(f"{terminal.programs[0].name} did not end well")
    verified = company.verified()
    if not verified["ok"]:
        said.append(f"ledger verify: {verified}")
    recorded = [punch_id for terminal in terminals for punch_id in terminal.recorded]
    findings = Findings(recorded, kept, company.stored(), said)
    figures = _figures(findings, terminals, conductor)
    return Outcome(findings, {"lines stored before it healed": meanwhile, **figures})


def _figures(findings: Findings, terminals: list[Terminal], conductor: Conductor) -> dict[str, int]:
    network = sum((terminal.network.did for terminal in terminals), Counter[str]())
    return {
        **{f"killed: {kind}": times for kind, times in sorted(conductor.kills.items())},
        **{f"ended by itself: {kind}": times for kind, times in sorted(conductor.ended.items())},
        "somebody stood there when it was killed": sum(each.interrupted for each in terminals),
        "called recorded": len(findings.recorded),
        "called recorded by screens": sum(len(each.recorded) for each in terminals if each.hands is not None),
        "lines kept": len(findings.kept),
        "lines stored": len(findings.stored.lines),
        "punches stored": len(findings.stored.punches),
        **{f"requests: {fate}": times for fate, times in sorted(network.items())},
    }
