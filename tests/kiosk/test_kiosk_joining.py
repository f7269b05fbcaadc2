"""A new kiosk's first start on paper: whatever is typed, there is a way back, and time alone finds it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_kiosk.flow import signals as on
from clockhouse_kiosk.flow.joining import Join, Joining, step
from kiosk.paper import stamp

SETUP = "clockhouse:1?server=https://clock.example.com&code=ABCD-EFGH"


def typed(state, text, *signals):
    asked = []
    for signal in (*map(on.Key, text), *signals):
        state, join = step(state, signal, stamp())
        asked += [join] if join is not None else []
    return state, asked


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("clock.example.com", "https://clock.example.com"),
        ("clock.example.com/", "https://clock.example.com"),
        ("\b" * 8 + "http://10.0.0.2:8400", "http://10.0.0.2:8400"),
        ("\b" * 8 + "10.0.0.2:8400", "https://10.0.0.2:8400"),
    ],
)
def test_an_address_is_taken_as_people_write_it(written, server):
    state, _ = step(Joining(), on.OpenSetup(), stamp())
    for char in written:
        state, _ = step(state, on.Erase() if char == "\b" else on.Key(char), stamp())
    state, _ = typed(state, "", on.Enter())
    assert (state.page, state.server) == ("code", server)
    state, asked = typed(state, " abcd-efgh ", on.Enter())
    assert asked == [Join(server, "abcd-efgh")]
    assert state.page == "asking"


def test_nothing_is_asked_without_an_address_or_a_code():
    state, _ = step(Joining(), on.OpenSetup(), stamp())
    state, asked = typed(state, "", on.Enter())
    assert (state.page, state.problem, asked) == ("server", "no_address", [])
    state, asked = typed(state, "clock", on.Enter(), on.Enter())
    assert (state.page, state.problem, asked) == ("code", "no_code", [])


@pytest.mark.parametrize("page", ["start", "server", "code"])
def test_a_setup_code_counts_wherever_it_is_scanned_into(page):
    typed_here = "https://" if page == "server" else ""
    _, asked = typed(Joining(page, typed_here, "https://other"), SETUP, on.Enter())
    assert asked == [Join("https://clock.example.com", "ABCD-EFGH")]
    _, join = step(Joining(page), on.SetupCodeRead(SETUP), stamp())
    assert join == asked[0]


@pytest.mark.parametrize(("code", "page"), [("network", "server"), ("tls", "server"), ("bad_code", "code")])
def test_a_refusal_leads_to_where_it_can_be_mended(code, page):
    asking = Joining("asking", server="https://clock", until=stamp(1000).boottime_ms)
    state, _ = step(asking, on.JoinRefused(code, "told"), stamp())
    assert (state.page, state.problem, state.server) == (page, code, "https://clock")


def test_a_refusal_that_nobody_waits_for_changes_nothing():
    assert step(Joining("code", "ABC"), on.JoinRefused("bad_code"), stamp()) == (Joining("code", "ABC"), None)


signals = st.one_of(
    st.sampled_from(
        [
            on.OpenSetup(), on.OpenLanguages(), on.PickLanguage("ar"), on.Back(), on.Erase(), on.Enter(), on.Tick(),
            on.SetupCodeRead(SETUP), on.SetupCodeRead("?"), on.JoinRefused("network"), on.JoinRefused("what", "ever"),
            on.JoinAnswered(), on.NotMe(),
        ]
    ),
    st.builds(on.Key, st.characters()),
)  # fmt: skip


@given(st.lists(st.tuples(signals, st.integers(0, 200_000)), max_size=40))
@settings(max_examples=300, deadline=None, database=None)
def test_time_alone_leads_back_to_the_first_page_with_nothing_typed(done):
    state, ms = Joining(), 0
    for signal, later in done:
        ms += later
        state, join = step(state, signal, stamp(ms))
        if join is not None:
            assert isinstance(signal, on.Enter | on.SetupCodeRead)
            assert state.page == "asking"
    for _ in range(3):
        ms += 200_000
        state, _ = step(state, on.Tick(), stamp(ms))
    assert (state.page, state.typed) == ("start", "")
    assert state.until is None
