"""Kiosks: who they are, how they joined, and when they were last heard."""

from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Device(Base):
    """A kiosk by its key. status: pending (words not compared yet), active, revoked.

    `complete_through_at`: server time at which the server last held every head that the device named.
    `generation` goes up when the device must take its roster anew. `session_hash` is SHA-256 of hello's session.
    """

    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str]
    status: Mapped[str]
    public_key: Mapped[str]
    hardware: Mapped[str] = mapped_column(default="")
    software: Mapped[str] = mapped_column(default="")
    replaces: Mapped[str | None]
    enrolled_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    complete_through_at: Mapped[datetime | None]
    waiting: Mapped[int] = mapped_column(default=0)
    clock_synced: Mapped[bool | None]
    health: Mapped[dict[str, Any] | None]
    session_hash: Mapped[str | None]
    session_expires_at: Mapped[datetime | None]
    generation: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(index=True)


class Sender(Protocol):
    """What a delivery depends on of the device that sent it."""

    @property
    def id(self) -> str: ...
    @property
    def site_id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def public_key(self) -> str: ...


class Caller(msgspec.Struct, frozen=True):
    """As Sender, with its session: what every delivery asks of its device."""

    id: str
    site_id: str
    status: str
    public_key: str
    session_hash: str | None
    session_expires_at: datetime | None


class WipeRow(Base):
    """An order to a lost or stolen kiosk to erase what it was told.

    `told_at`: when it first went out. `confirmed_at`: when the kiosk's signed word came that it was carried out, at
    `wiped_at` of its own clock, with `delivered` lines since the order and `kept` ones that still wait there.
    """

    __tablename__ = "wipe_orders"
    id: Mapped[str] = mapped_column(primary_key=True)
    device_id: Mapped[str] = mapped_column(ForeignKey("devices.id"), index=True)
    kind: Mapped[str]
    """lost or stolen."""
    reason: Mapped[str]
    ordered_by: Mapped[str]
    ordered_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    wiped_at: Mapped[str | None]
    delivered: Mapped[int | None]
    kept: Mapped[int | None]
    signature: Mapped[str | None]


class EnrollCode(Base):
    """A one-time code; only its SHA-256 is kept. The same code and key get the same answer again."""

    __tablename__ = "enroll_codes"
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]
    replaces: Mapped[str | None]
    """The device that this one takes over from, e.g. after its card broke."""
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_by: Mapped[str | None]
    used_at: Mapped[datetime | None]
