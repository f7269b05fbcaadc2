"""What goes out next and when, in numbers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync import clock, plan, wire

quickly = settings(deadline=None, database=None, max_examples=200)
epochs = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=8).map(
    lambda pairs: [plan.Held(f"E{number}", max(pair), min(pair)) for number, pair in enumerate(pairs)]
)


@quickly
@given(epochs, st.integers(1, 1000))
def test_a_batch_is_the_oldest_lines_without_gaps(held, lines):
    spans = plan.next_batch(held, plan.Limits(lines=lines))
    assert sum(span.count for span in spans) == min(lines, plan.waiting(held))
    expected = [(one.epoch, one.sent) for one in held if one.newest > one.sent][: len(spans)]
    assert [(span.epoch, span.after_seq) for span in spans] == expected
    for span, one in zip(spans[:-1], [one for one in held if one.newest > one.sent], strict=False):
        assert span.count == one.newest - one.sent


@quickly
@given(st.lists(st.integers(1, 700_000), min_size=1, max_size=50), st.integers(1, 50))
def test_a_request_fits_or_is_one_line(sizes, lines):
    count = plan.fitting(sizes, plan.Limits(lines=lines))
    assert 1 <= count <= lines
    assert count == 1 or sum(sizes[:count]) <= wire.MAX_BYTES


@quickly
@given(st.integers(1, 10_000), st.floats(0, 1), st.none() | st.floats(0, 1e9))
def test_a_pause_is_never_endless_and_never_none(failures, jitter, asked):
    pause = plan.pause(failures, jitter, asked)
    assert 0.5 <= pause <= plan.LONGEST_PAUSE + plan.LONGEST_ASKED
    assert pause >= min(asked or 0, plan.LONGEST_ASKED)


def test_limits_halve_down_to_one_line_and_grow_back():
    limits = plan.Limits()
    for _ in range(30):
        limits = plan.halved(limits)
    assert limits == plan.Limits(1, 1)
    for _ in range(30):
        limits = plan.grown(limits)
    assert limits == plan.Limits()


def test_only_what_can_be_filled_is_sent_again_unless_the_server_was_restored():
    want = [
        wire.Want(epoch="E1", after_seq=3),
        wire.Want(epoch="E2", after_seq=3),
        wire.Want(epoch="E9", after_seq=0),
    ]
    sent = {"E1": 9, "E2": 9}
    readable = {"E1": True, "E2": False}
    assert plan.rewinds(sent, want, readable, restored=False) == {"E1": 3}
    assert plan.rewinds(sent, want, readable, restored=True) == {"E1": 0, "E2": 0}
    assert plan.rewinds({"E1": 3}, want, readable, restored=True) == {}


def test_a_clock_step_is_what_the_wall_moved_beyond_the_time_that_passed():
    assert plan.clock_step(61_000, 11_000, 60_000, 10_000) == 0
    assert plan.clock_step(3_661_000, 11_000, 60_000, 10_000) == 3_600_000


def test_the_kernel_tells_its_time():
    state = clock.clock_state()
    assert state.error_ms >= 0
    assert clock.boottime_ms() > 0
    assert len(clock.boot_id()) == 36
