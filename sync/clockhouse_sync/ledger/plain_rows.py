"""Many text lines of an evidence file at once: those that are as `write_export` writes a line that follows.

What is compared here leaves nothing open: each text line is rebuilt from its place, its hash and its line's bytes,
and must be the same. One that is not is for whoever reads them one by one, and says what is wrong.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import takewhile
from operator import itemgetter
from typing import Final

import msgspec

from clockhouse_sync.ledger.chain import UNREAD, Chain, Link

_LINK: Final = msgspec.json.Decoder(Link).decode
_END: Final = b"}}\n"


def take(chain: Chain, device_id: str | None, rows: list[bytes]) -> tuple[list[bytes], bool]:
    """The first of these, one at least, and whether they go on with the newest line and were taken, all of them."""
    if chain.newest is None or device_id is None:
        return rows[:1], False
    epoch, first = chain.newest.epoch, chain.newest.seq + 1
    begin = b'{"epoch":%b,"seq":' % msgspec.json.encode(epoch)
    # Only those whose numbers are as long: all that stands behind them begins in the same place.
    some = rows[: 10 ** len(str(first)) - first]
    if not some[-1].startswith(begin):
        some = list(takewhile(lambda row: row.startswith(begin), some))
    if not some:
        return rows[:1], False
    return some, _follow(chain, device_id, epoch, begin.decode(), first, some)


def _follow(chain: Chain, device_id: str, epoch: str, begin: str, first: int, rows: Sequence[bytes]) -> bool:
    start = len(f'{begin}{first},"hash":"{"":64}","line":'.encode())
    raws = list(map(itemgetter(slice(start, -2)), rows))
    hashes = [sha256(raw).hexdigest() for raw in raws]
    try:
        said = list(map(_LINK, raws))
    except UNREAD:
        return False
    before = "".join([f'{begin}{seq},"hash":"{name}","line":{{' for seq, name in enumerate(hashes, first)])
    return (
        b"".join(map(itemgetter(slice(start + 1)), rows)) == before.encode()
        and b"".join(map(itemgetter(slice(-3, None)), rows)) == _END * len(rows)
        and chain.add_plain(device_id, epoch, said, hashes)
    )
