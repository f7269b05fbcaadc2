"""The company, its sites, its people and what identifies them at a kiosk."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Company(Base):
    """One row, id `company`: the seller on every invoice and the defaults of every rule.

    `weeks_start` is 0 for Monday; `day_starts` minutes after midnight; `period_days` and `period_from_on`
    lay out pay periods.
    """

    __tablename__ = "company"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    tax_id: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    iban: Mapped[str] = mapped_column(default="")
    currency: Mapped[str] = mapped_column(default="EUR")
    zone: Mapped[str] = mapped_column(default="UTC")
    weeks_start: Mapped[int] = mapped_column(default=0)
    day_starts: Mapped[int] = mapped_column(default=0)
    period_days: Mapped[int] = mapped_column(default=14)
    period_from_on: Mapped[date]
    invoice_prefix: Mapped[str] = mapped_column(default="INV")


class Site(Base):
    __tablename__ = "sites"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    hour_cycle: Mapped[int] = mapped_column(default=24)
    general_job_id: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(index=True)


class Person(Base):
    """Somebody who works here. `locked_through_on`: days up to it are approved; a later-coming punch parks.

    `supervisor` and `administrator` are what somebody may do at the wall. A `provisional` person was added there;
    one that turned out to be somebody else is `merged_into_id` and not active. `preferences` are how they like
    the wall, as of `preferences_at`; `pin_with` the ways of being known that need a PIN too, where it is not the
    site's policy that says so.
    """

    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[str]
    language: Mapped[str | None]
    default_job_id: Mapped[str | None]
    payroll_number: Mapped[str | None]
    agency: Mapped[str | None]
    cost_rate: Mapped[Decimal | None]
    supervisor: Mapped[bool] = mapped_column(default=False)
    administrator: Mapped[bool] = mapped_column(default=False)
    favourite_job_ids: Mapped[list[Any]] = mapped_column(default=list)
    pin_with: Mapped[list[Any] | None]
    preferences: Mapped[dict[str, Any] | None]
    preferences_at: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    merged_into_id: Mapped[str | None]
    merged_by: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    locked_through_on: Mapped[date | None]
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(index=True)


class PersonSite(Base):
    """Where somebody may clock in: the kiosks of these sites know them."""

    __tablename__ = "person_sites"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)


class Credential(Base):
    """A badge's canonical value, or the SHA-256 of a QR token. Taken back, never deleted."""

    __tablename__ = "credentials"
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[str]
    value: Mapped[str]
    weak: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(index=True)
    __table_args__ = (
        # One person a live badge; a returned badge can be given out again.
        Index(
            "uq_credentials_live",
            "value",
            unique=True,
            sqlite_where=text("active"),
            postgresql_where=text("active"),
        ),
    )


class Pin(Base):
    """The PIN's verifier (argon2id over the peppered PIN), base64, with its parameters."""

    __tablename__ = "pins"
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    salt: Mapped[str]
    hash: Mapped[str]
    memory_kib: Mapped[int]
    passes: Mapped[int]
    lanes: Mapped[int]
    pepper_version: Mapped[int]
    set_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(index=True)
