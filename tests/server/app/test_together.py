"""Group commit: whoever comes while a turn runs shares the next, and each is told what became of its own."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from clockhouse_server import together
from clockhouse_server.together import Together
from server.rig import in_a_loop


class Slow:
    """Carries out turns that wait until they are let go; a negative number is refused, zero breaks the turn."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, asked: Sequence[int]) -> list[int | Exception]:
        self.turns.append(list(asked))
        self.begun.set()
        assert self.go.wait(10)
        if 0 in asked:
            raise ZeroDivisionError
        return [ValueError(each) if each < 0 else each * 10 for each in asked]


async def _ask(slow: Slow, most: int, *numbers: int) -> list[int | BaseException]:
    crowd = Together(slow, most=most)
    tasks = [asyncio.create_task(crowd(numbers[0]))]
    await asyncio.to_thread(slow.begun.wait, 10)
    tasks += [asyncio.create_task(crowd(number)) for number in numbers[1:]]
    await asyncio.sleep(0)
    slow.go.set()
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_who_comes_while_a_turn_runs_shares_the_next() -> None:
    slow = Slow()
    assert [10, 20, 30, 40] == in_a_loop(_ask(slow, 8, 1, 2, 3, 4))
    assert [[1], [2, 3, 4]] == slow.turns


def test_a_crowd_that_comes_again_shares_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PATIENCE", 0.5)

    async def ask(slow: Slow) -> None:
        crowd = Together(slow, most=64)

        async def one(number: int) -> None:
            for _ in range(4):
                assert number * 10 == await crowd(number)

        slow.go.set()
        await asyncio.gather(*(one(number) for number in range(1, 9)))

    slow = Slow()
    in_a_loop(ask(slow))
    assert [8, 8, 8, 8] == [len(turn) for turn in slow.turns]


def test_who_comes_alone_waits_for_nobody_and_a_full_turn_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PATIENCE", 3600.0)

    async def ask(slow: Slow) -> None:
        alone = Together(slow, most=2)
        slow.go.set()
        async with asyncio.timeout(10):
            for number in (1, 2, 3):
                await alone(number)
            await asyncio.gather(*(alone(number) for number in (4, 5, 6, 7)))

    slow = Slow()
    in_a_loop(ask(slow))
    assert [[1], [2], [3], [4, 5], [6, 7]] == slow.turns


def test_a_turn_holds_so_many_at_most() -> None:
    slow = Slow()
    assert [10, 20, 30, 40] == in_a_loop(_ask(slow, 2, 1, 2, 3, 4))
    assert [[1], [2, 3], [4]] == slow.turns


def test_a_turn_weighs_so_much_at_most_and_what_is_too_heavy_has_its_own() -> None:
    async def ask(slow: Slow) -> list[int]:
        crowd = Together(slow, most=10, weigh=lambda number: number)
        tasks = [asyncio.create_task(crowd(1))]
        await asyncio.to_thread(slow.begun.wait, 10)
        tasks += [asyncio.create_task(crowd(number)) for number in (4, 6, 2, 12, 3)]
        await asyncio.sleep(0)
        slow.go.set()
        return await asyncio.gather(*tasks)

    slow = Slow()
    assert [10, 40, 60, 20, 120, 30] == in_a_loop(ask(slow))
    assert [[1], [4, 6], [2], [12], [3]] == slow.turns


def test_each_is_told_its_own() -> None:
    found = in_a_loop(_ask(Slow(), 8, 1, 2, -3, 4))
    assert [10, 20, 40] == [each for each in found if isinstance(each, int)]
    assert isinstance(found[2], ValueError)


def test_what_breaks_a_turn_is_told_to_all_of_it_and_the_next_goes_on() -> None:
    found = in_a_loop(_ask(Slow(), 2, 1, 2, 0, 4))
    assert [10, ZeroDivisionError, ZeroDivisionError, 40] == [
        type(each) if isinstance(each, BaseException) else each for each in found
    ]


def test_who_goes_away_does_not_keep_the_others_waiting() -> None:
    async def leave(slow: Slow) -> int:
        crowd = Together(slow, most=8)
        first = asyncio.create_task(crowd(1))
        await asyncio.to_thread(slow.begun.wait, 10)
        gone, stays = asyncio.create_task(crowd(2)), asyncio.create_task(crowd(3))
        await asyncio.sleep(0)
        gone.cancel()
        slow.go.set()
        await first
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    slow = Slow()
    assert 30 == in_a_loop(leave(slow))
    assert [[1], [2, 3]] == slow.turns
