"""People and readings on paper, for tests of the flow by itself."""

from datetime import UTC, datetime, timedelta

from clockhouse_kiosk.flow import states as at
from clockhouse_kiosk.flow.words import (
    Choice,
    Forgotten,
    Member,
    Message,
    Person,
    Question,
    Read,
    Stamp,
    Standing,
    Visit,
)

START = datetime(2026, 3, 2, 7, 58, tzinfo=UTC)
WELDING = Choice("j1", "t1", "1042", "Welding", "Harbour Cranes · Hall B")


def stamp(milliseconds=0):
    return Stamp(START + timedelta(milliseconds=milliseconds), 1_000_000 + milliseconds)


def badge(credential, milliseconds=0):
    return Read(stamp(milliseconds), "rfid", credential)


def visit(name="ana", where="out", **more):
    read = more.pop("read", badge(name))
    last = more.pop("last", WELDING)
    standing = Standing(where, START - timedelta(hours=1), last)
    return Visit(Person(name, name.title(), name.title()), read, standing, where, last, tab="recent", **more)


def greeting(who=None, **more):
    return at.Greeting(who or visit(), stamp().boottime_ms + 10_000, **more)


def member(name, where="out", **more):
    """Somebody in a supervisor's lists."""
    standing = Standing(where, START - timedelta(hours=1), WELDING)
    return Member(name, name.title(), name.title(), "7", standing, **more)


def forgot(hours_ago=20):
    """An end of work that nobody punched."""
    since = START - timedelta(hours=hours_ago)
    return Forgotten(since, since + timedelta(hours=8), START, "old")


HURT = Question("q-hurt", "out", (("en", "Were you hurt?"), ("de", "Verletzt?")), "yes_no")
BOOTS = Question("q-boots", "in", (("en", "Safety boots on?"),), "yes_no")
KM = Question("q-km", "out", (("en", "Kilometres driven?"),), "number")
HELMETS = Message("m1", "Helmets from Monday", "Ada", START)
