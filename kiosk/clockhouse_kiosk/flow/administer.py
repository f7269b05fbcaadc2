"""An administrator's mode as data: its pages, and what the machine says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from clockhouse_kiosk.flow.words import Look, Member, Read, Visit

Section = Literal[
    "home", "network", "server", "sound", "screen", "comfort", "diagnostics", "badge", "export", "restart",
    "sign_out",
]  # fmt: skip
SECTIONS: Final[tuple[Section, ...]] = (
    "network", "server", "diagnostics", "sound", "screen", "comfort", "badge", "export", "restart", "sign_out",
)  # fmt: skip
Setting = Literal["volume", "brightness", "dim_after", "gloves", "hand"]
Task = Literal["test_sound", "export", "restart", "sign_out"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the machine says: the code of its label, and words or figures as they are.

    `coded`: the value is the code of a sentence; `at` is an instant to show instead of it. `level` is ok, warn or bad where it is a finding; `do` says what
    a person does about it.
    """

    label: str
    value: str
    coded: bool = False
    level: Literal["", "ok", "warn", "bad"] = ""
    do: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What became of the last thing that was asked for: a sentence's code and what stands in it."""

    code: str
    good: bool = True
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of the machine and set at this wall; facts are None while they are gathered."""

    facts: Mapping[Section, Sequence[Fact] | None] = field(default_factory=dict)
    said: Said | None = None
    volume: int = 80
    brightness: int = 100
    dim_after: int = 10
    gloves: bool = False
    hand: str = "right"


@dataclass(frozen=True, slots=True)
class Administering:
    """An administrator's mode. `ends` is when it is over, whatever happens; `until` when nobody touches it.

    `page` turns through what does not fit; `picture`: the test picture fills the screen. `member` is who gets a
    badge, looked for in `look`; `read` is the badge that is being looked up.
    """

    visit: Visit
    ends: int
    until: int
    section: Section = "home"
    page: int = 0
    picture: bool = False
    look: Look = field(default_factory=lambda: Look(searching=True))
    member: Member | None = None
    read: Read | None = None
    said: Said | None = None
    waiting: Read | None = None


@dataclass(frozen=True, slots=True)
class SigningOut:
    """The mode is over, its last lines are on their way; then this kiosk belongs to nobody."""

    until: int
    language: str | None = None
