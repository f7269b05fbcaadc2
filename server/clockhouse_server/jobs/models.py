"""Customers, their jobs and tasks, and which jobs a site offers today."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Customer(Base):
    """A client, with what an invoice to them needs. `tax_category` is EN 16931's (S, Z, E, AE, O)."""

    __tablename__ = "customers"
    id: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    tax_id: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    currency: Mapped[str]
    tax_category: Mapped[str] = mapped_column(default="S")
    tax_rate: Mapped[Decimal]
    payment_days: Mapped[int] = mapped_column(default=30)
    in_house: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(index=True)


class Job(Base):
    """What people clock on to. Without rows in JobSite it is offered at every site."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    pictogram: Mapped[str | None]
    colour: Mapped[str | None]
    purchase_order: Mapped[str] = mapped_column(default="")
    billable: Mapped[bool] = mapped_column(default=True)
    asks_quantity: Mapped[bool] = mapped_column(default=False)
    asks_note: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(index=True)


class JobSite(Base):
    __tablename__ = "job_sites"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)


class Task(Base):
    """A part of a job with its own short code, unique within the job."""

    __tablename__ = "tasks"
    id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"))
    code: Mapped[str]
    name: Mapped[str]
    billable: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(index=True)
    __table_args__ = (UniqueConstraint("job_id", "code"),)


class SiteJobs(Base):
    """What a supervisor offers at a site on a local date, in order of `position`."""

    __tablename__ = "site_jobs"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    on: Mapped[date] = mapped_column("on_date", primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    position: Mapped[int]
    version: Mapped[int] = mapped_column(index=True)


class SiteOffer(Base):
    """Who set a site's offer of a date last, and when: what was set earlier and comes later changes nothing."""

    __tablename__ = "site_offers"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    on: Mapped[date] = mapped_column("on_date", primary_key=True)
    set_at: Mapped[datetime]
    set_by: Mapped[str]
