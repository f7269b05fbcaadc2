"""Group commit: what is asked while a transaction runs shares the next one, and is answered after its commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile
from typing import Final, Generic, TypeVar
from weakref import WeakKeyDictionary

import anyio.to_thread

PATIENCE: Final = 0.002
"""Seconds that a crowd which was answered just now is given to come again: it shares the next turn with those who
waited, instead of two crowds that wait for each other's turns, half as large.
"""

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


@dataclass
class _Queue(Generic[Asked, Answered]):
    waiting: list[tuple[Asked, "asyncio.Future[Answered]"]] = field(default_factory=list)
    worker: "asyncio.Task[None] | None" = None


class Together(Generic[Asked, Answered]):
    """Carries out what is asked in turns that weigh at most `most`, one turn after the other, off the event loop.

    What is too heavy by itself gets a turn of its own. `carry_out` answers each in order, with an exception for
    those that it refuses; what it raises, all are told. A crowd shares commits and statements, and is given
    PATIENCE to come again; somebody who comes alone waits for nobody.
    """

    def __init__(
        self,
        carry_out: Callable[[Sequence[Asked]], Sequence[Answered | Exception]],
        *,
        most: int,
        weigh: Callable[[Asked], int] = lambda _: 1,
    ) -> None:
        self._carry_out, self._most, self._weigh = carry_out, most, weigh
        # A loop's futures belong to its thread alone.
        self._queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[Asked, Answered]] = (
            WeakKeyDictionary()
        )

    async def __call__(self, asked: Asked) -> Answered:
        """The answer, or the exception that stands for it."""
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue())
        answer: asyncio.Future[Answered] = loop.create_future()
        queue.waiting.append((asked, answer))
        if queue.worker is None or queue.worker.done():
            queue.worker = loop.create_task(self._work(queue))
        return await answer

    async def _work(self, queue: _Queue[Asked, Answered]) -> None:
        while queue.waiting:
            many = self._turn(queue)
            turn, queue.waiting = queue.waiting[:many], queue.waiting[many:]
            found: Sequence[Answered | Exception]
            try:
                found = await anyio.to_thread.run_sync(self._carry_out, [asked for asked, _ in turn])
            except Exception as problem:  # noqa: BLE001 - it is raised by all who wait for it
                found = [problem] * len(turn)
            for (_, answer), each in zip(turn, found, strict=True):
                if answer.done():  # whoever asked has gone away
                    continue
                if isinstance(each, Exception):
                    answer.set_exception(each)
                else:
                    answer.set_result(each)
            if many > 1 and sum(self._weigh(asked) for asked, _ in queue.waiting) < self._most:
                await asyncio.sleep(PATIENCE)

    def _turn(self, queue: _Queue[Asked, Answered]) -> int:
        weights = accumulate(self._weigh(asked) for asked, _ in queue.waiting)
        return max(1, sum(1 for _ in takewhile(lambda weight: weight <= self._most, weights)))
