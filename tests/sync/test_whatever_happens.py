"""Any order of punches, faults, restarts and restores ends with each line held once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clockhouse_sync import ledger, wire
from clockhouse_sync.client import ClientError, Reply
from sync.counterpart import Fault, Office
from sync.rig import Bench

SERVER = "http://127.0.0.1:1"


class Wire:
    """The network as an argument: straight into the office's memory."""

    def __init__(self, office: Office, server: str = SERVER) -> None:
        self.office = office
        self._server = server

    def send(self, method, url, headers, body):
        names = {name.lower(): value for name, value in headers.items()}
        status, said, extra, fault = self.office.answer(method, url.removeprefix(self._server), body, names)
        if fault is not None and fault.lost:
            raise ClientError("offline", "network")
        kind = "good" if fault is None else fault.signature
        signed = self.office.sign(status, said, names["signature"], kind)
        return Reply(status, {name.lower(): value for name, value in {**signed, **extra}.items()}, said)

    def trust(self, ca_file) -> None:
        """There is nothing to trust here."""


names = st.sampled_from(["hello", "lines", "roster", "heartbeat"])
faults = st.one_of(
    st.builds(Fault, name=names, status=st.sampled_from([401, 403, 410, 413, 429, 500, 503])),
    st.builds(Fault, name=names, status=st.just(401), code=st.just("session")),
    st.builds(Fault, name=names, lost=st.just(True)),
    st.builds(Fault, name=names, signature=st.sampled_from(["none", "stranger", "replayed", "digest"])),
)
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("punch"), st.integers(1, 40)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("fault"), faults),
        st.tuples(st.sampled_from(["daemon dies", "kiosk dies", "session ends"]), st.none()),
        st.tuples(st.just("server restored"), st.integers(0, 20)),
    ),
    max_size=12,
)


def happen(bench: Bench, office: Office, what: str, how) -> None:
    match what:
        case "punch":
            bench.punches(how)
        case "wait":
            bench.work(how)
        case "fault":
            office.faults.append(how)
        case "daemon dies":
            bench.start()
        case "kiosk dies":
            bench.kiosk()
        case "session ends":
            office.session += "x"
        case "server restored":
            office.server_epoch += "x"
            office.lines = {place: held for place, held in office.lines.items() if place[1] <= how}


@settings(deadline=None, database=None, max_examples=25)
@given(happenings)
def test_each_line_is_held_once_in_the_end(events):
    office = Office()
    office.pages = {cursor: wire.RosterAnswer(cursor="c1", rows=[]) for cursor in ("", "c1")}
    bench = Bench(Wire(office))
    try:
        bench.device.join(SERVER, "CODE-1")
        bench.kiosk()
        for what, how in events:
            happen(bench, office, what, how)
        office.faults.clear()
        bench.start()
        bench.work(10)
        reader = bench.reader()
        stored = list(reader.stored())
        reader.close()
        assert bench.daemon.settled
        assert ledger.verify(stored).ok
        assert {(line.epoch, line.seq): {line.hash: line.raw} for line in stored} == office.lines
    finally:
        bench.close()
