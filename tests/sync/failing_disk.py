"""A disk that fails on request, below SQLite itself: its writes, truncations and syncs pass through here.

The library's own table of file operations is changed in place for as long as the disk is under test, so that the
product's stores are opened exactly as ever. One process, one such disk at a time.
"""

import _sqlite3
import contextlib
import ctypes
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

IOERR_WRITE, IOERR_FSYNC, IOERR_TRUNCATE, FULL = 778, 1034, 1546, 13
OPEN_READONLY, OPEN_READWRITE, OPEN_CREATE = 1, 2, 4
Kind = Literal["write fails", "disk is full", "half is written", "disk dies", "read only", "power is cut"]
KINDS: Final[tuple[Kind, ...]] = (
    "write fails",
    "disk is full",
    "half is written",
    "disk dies",
    "read only",
    "power is cut",
)
_LASTING: Final = frozenset({"disk dies", "read only", "power is cut"})

_Read = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_Open = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
)


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, as sqlite3.h has it."""

    _fields_ = (
        ("version", ctypes.c_int), ("close", ctypes.c_void_p), ("read", ctypes.c_void_p), ("write", ctypes.c_void_p),
        ("truncate", ctypes.c_void_p), ("sync", ctypes.c_void_p), ("rest", ctypes.c_void_p * 13),
    )  # fmt: skip


class _Vfs(ctypes.Structure):
    """The beginning of sqlite3_vfs."""

    _fields_ = (
        ("version", ctypes.c_int), ("file_size", ctypes.c_int), ("longest", ctypes.c_int), ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p), ("data", ctypes.c_void_p), ("open", ctypes.c_void_p),
    )  # fmt: skip


_ALIVE: Final[list[object]] = []
"""A file that is still open somewhere goes on through its table."""


@dataclass
class Disk:
    """The `at`-th operation fails in its way; `done` counts them. What was written and not synced can be lost.

    Only files whose names begin with one of `stores` are on it.
    """

    kind: Kind = "write fails"
    at: int = 0
    stores: tuple[str, ...] = ("",)
    done: int = 0
    dead: bool = False
    names: dict[int, str] = field(default_factory=dict)
    unsynced: dict[str, list[tuple[int, bytes, int]]] = field(default_factory=dict)
    """By file: offset, what stood there before, and how long what was written is."""

    def fails(self) -> bool:
        self.done += 1
        if self.done == self.at and self.kind in _LASTING:
            self.dead = True
        return self.dead or self.done == self.at

    def mend(self) -> None:
        """From now on it works again."""
        self.dead, self.at = False, 0

    def holds(self, name: str) -> bool:
        return Path(name).name.startswith(self.stores)

    def after_a_cut(self, source: Path, target: Path, chance: random.Random) -> None:
        """The files as they are found afterwards: of what was not synced any part may be missing."""
        target.mkdir()
        for file in source.iterdir():
            if not file.name.endswith("-shm"):
                shutil.copyfile(file, target / file.name)
        for name, writes in self.unsynced.items():
            path = target / Path(name).name
            if not path.exists():
                continue
            with path.open("r+b") as file:
                for offset, before, length in reversed(writes):
                    if chance.random() < 0.5:
                        file.seek(offset)
                        file.write(before + bytes(max(0, length - len(before))))


@contextlib.contextmanager
def failing(disk: Disk) -> Iterator[None]:
    """Every file that SQLite opens meanwhile is on this disk."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = library.sqlite3_vfs_find(None).contents
    real_open = _Open(vfs.open)
    made: dict[int, tuple[_Methods, list[Callable[..., int]]]] = {}
    _ALIVE.append(made)

    def opened(own: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        held = name is not None and disk.holds(ctypes.string_at(name).decode())
        if held and disk.dead and disk.kind == "read only":
            flags = flags & ~(OPEN_READWRITE | OPEN_CREATE) | OPEN_READONLY
        answer = real_open(own, name, file, flags, out)
        table = ctypes.c_void_p.from_address(file)
        if answer == 0 and held and table.value:
            disk.names[file] = ctypes.string_at(name).decode()
            if table.value not in made:
                made[table.value] = _through(disk, _Methods.from_address(table.value))
            table.value = ctypes.addressof(made[table.value][0])
        return answer

    kept = vfs.open
    hook = _Open(opened)
    _ALIVE.append(hook)
    vfs.open = ctypes.cast(hook, ctypes.c_void_p).value
    try:
        yield
    finally:
        vfs.open = kept


def _through(disk: Disk, real: _Methods) -> tuple[_Methods, list[Callable[..., int]]]:
    read, write = _Read(real.read), _Write(real.write)
    truncate, sync = _Truncate(real.truncate), _Sync(real.sync)

    def writes(file: int, content: int, length: int, offset: int) -> int:
        if disk.fails():
            if disk.kind == "half is written" and not disk.dead:
                write(file, content, length // 2, offset)
            return FULL if disk.kind == "disk is full" else IOERR_WRITE
        before = ctypes.create_string_buffer(length)
        known = length if read(file, ctypes.addressof(before), length, offset) == 0 else 0
        disk.unsynced.setdefault(disk.names[file], []).append((offset, before.raw[:known], length))
        return write(file, content, length, offset)

    def truncates(file: int, size: int) -> int:
        return IOERR_TRUNCATE if disk.fails() else truncate(file, size)

    def syncs(file: int, flags: int) -> int:
        if disk.fails():
            return IOERR_FSYNC
        answer = sync(file, flags)
        if answer == 0:
            disk.unsynced.pop(disk.names[file], None)
        return answer

    copy = _Methods()
    ctypes.memmove(ctypes.addressof(copy), ctypes.addressof(real), ctypes.sizeof(_Methods))
    hooks = [_Write(writes), _Truncate(truncates), _Sync(syncs)]
    copy.write, copy.truncate, copy.sync = (ctypes.cast(hook, ctypes.c_void_p).value for hook in hooks)
    return copy, [*hooks, read, write, truncate, sync]  # as long as the table lives, so do these
