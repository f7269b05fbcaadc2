"""The database of a simulated server, and the state from which every run begins."""

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Protocol

from server.postgres import Cluster

NAME = "company"
TEMPLATE = "company_template"


class Database(Protocol):
    """Nobody is connected to it while it is kept or begun again."""

    url: str

    def keep(self) -> None:
        """What it holds now is what every run begins with."""

    def begin_again(self) -> None:
        """As it was when it was kept."""


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self._path, self._template = folder / "server.db", folder / "template.db"
        self.url = f"sqlite:///{self._path}"

    def keep(self) -> None:
        with contextlib.closing(sqlite3.connect(self._path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it in its one file
        shutil.copyfile(self._path, self._template)

    def begin_again(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(self._template, self._path)


class Postgresql:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.url = cluster.create(name=NAME)

    def keep(self) -> None:
        self._cluster.create(template=NAME, name=TEMPLATE)

    def begin_again(self) -> None:
        self._cluster.drop(self.url)
        self._cluster.create(template=TEMPLATE, name=NAME)
