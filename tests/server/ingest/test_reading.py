"""What is read out of a line's bytes before anything is asked of the database."""

import json

from hypothesis import given
from hypothesis import strategies as st

from clockhouse_server.ingest.judge import UNREADABLE
from clockhouse_server.ingest.reading import read
from clockhouse_sync.wire import LONGEST_TEXT

LINE = {
    "v": 1, "type": "punch", "device_id": "D", "epoch": "E", "seq": 3, "at": "2026-03-02T07:00:00.000Z",
    "punch_id": "P", "kind": "in", "kind_from": "chosen", "method": "rfid",
}  # fmt: skip
texts = st.one_of(
    st.integers(0, 320).map(lambda count: "x" * count),
    st.text(min_size=150, max_size=260),
    st.lists(st.sampled_from(['"', "\\", "é", "x" * 99, "x" * 100, "\n"]), max_size=12).map("".join),
)


@given(
    own=st.dictionaries(st.sampled_from(["job_id", "credential_ref", "quantity"]), texts),
    common=st.dictionaries(st.sampled_from(["zone", "site_id"]), texts),
    escaped=st.sampled_from([{"ensure_ascii": True}, {"ensure_ascii": False}]),
)
def test_an_id_that_fits_into_no_index_is_never_taken_for_one(
    own: dict[str, str], common: dict[str, str], escaped: dict[str, bool]
) -> None:
    raw = json.dumps(LINE | own | common, **escaped).encode("utf-8", "surrogatepass")
    found = read(raw, "D")
    if found.epoch == UNREADABLE and "\\u0000" in raw.decode("utf-8", "replace"):
        return
    if any(len(text) > LONGEST_TEXT for text in common.values()):
        assert (UNREADABLE, None, None) == (found.epoch, found.head, found.line)
    else:
        assert ("E", 3) == (found.epoch, found.seq)
        assert (found.line is None) == any(len(text) > LONGEST_TEXT for text in own.values())
