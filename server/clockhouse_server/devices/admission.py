"""How many requests of kiosks the server takes at once: the rest are told when to come again, each a little later.

After an outage all kiosks come at once. Whoever is let in is served; whoever is not has lost nothing but time.
"""

import asyncio
import math
from contextlib import suppress
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clockhouse_sync import wire

PREFIX: Final = "/api/device/v1/"
LONGEST: Final = 300.0
"""Seconds over which kiosks are spread at most; beyond that the spreading begins again."""
BODY_SECONDS: Final = 30.0
"""A body that takes longer than this gives its place to somebody else."""
SHARES: Final = {"lines": 100, "hello": 30}
"""Of a hundred places, how many are for what brings lines in. Lines wait for a turn together, and hold no thread."""
REST: Final = 15
"""And how many for a roster or a heartbeat, which can wait, and come all the time."""
_FIRST_PACE: Final = 0.02
_SMOOTH: Final = 0.05


def room_for(request: str, room: int) -> int:
    """How full the room may be for this request to come in still: whoever holds a thread meets a smaller one, so that
    pages are served however many kiosks come.
    """
    return max(1, room * SHARES.get(request, REST) // 100)


class Admission:
    """Who comes in now, and when everybody else shall come again. Times are seconds of one clock that runs.

    Whoever is turned away is given an appointment, one after the other at the pace at which requests have been
    leaving: a longer queue is spread over a longer time, and nobody is asked to come with somebody else.
    """

    def __init__(self) -> None:
        self.inside = 0
        self._promised = 0.0
        self._left = 0.0
        self._pace = _FIRST_PACE

    def enter(self, now: float, room: int) -> float | None:
        """None: come in, and `leave` afterwards, whatever happens. Else the seconds after which to come again."""
        if self.inside < room:
            if self.inside == 0:
                self._left = now  # nobody was here, which says nothing about the pace
            self.inside += 1
            return None
        if not now <= self._promised < now + LONGEST:
            self._promised = now
        self._promised += self._pace
        return self._promised - now

    def leave(self, now: float) -> None:
        """Make room for the next one."""
        self.inside -= 1
        self._pace += _SMOOTH * (min(max(0.0, now - self._left), LONGEST) - self._pace)
        self._left = now


class DeviceQueue:
    """At most `settings.device_requests` requests of kiosks are read, wait or run at once, of all routes of theirs.

    The others are answered 503 with a Retry-After before anything of them is kept, checked or looked up: their body
    is thrown away as it comes. Other routes are not concerned; there are threads and connections left for them.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._admission = Admission()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        server = scope["app"].state.server
        room = room_for(scope["path"].removeprefix(PREFIX), server.settings.device_requests)
        after = self._admission.enter(server.now().timestamp(), room)
        if after is not None:
            await _turn_away(after, scope, receive, send)
            return
        try:
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await _whole(receive)
            except TimeoutError:  # half as much may come through in time
                await _say(413, "too_slow", "The body took too long.", {})(scope, receive, send)
                return
            await self._app(scope, _again(body, receive), send)
        finally:
            self._admission.leave(server.now().timestamp())


async def _turn_away(after: float, scope: Scope, receive: Receive, send: Send) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(BODY_SECONDS):  # who still sends does not listen
            while (await receive()).get("more_body", False):
                pass
    headers = {"Retry-After": str(math.ceil(after))}
    await _say(503, "busy", "Too many kiosks at once. Come again.", headers)(scope, receive, send)


async def _whole(receive: Receive) -> list[Message]:
    """A body as it came, to its end or until nobody sends any more."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """What was read already, and then whatever comes."""
    left = list(reversed(messages))

    async def next_one() -> Message:
        return left.pop() if left else await receive()

    return next_one


def _say(status: int, code: str, title: str, headers: dict[str, str]) -> Response:
    body = msgspec.json.encode(wire.Problem(code=code, title=title, status=status))
    return Response(body, status, headers, "application/problem+json")
