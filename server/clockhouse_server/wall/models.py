"""What a site says and asks at its kiosks: questions, messages, and how people are known there."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class Question(Base):
    """Asked at a site when `on_kind` is punched; `text` by language. Put aside, never deleted: answers name it."""

    __tablename__ = "questions"
    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), index=True)
    on_kind: Mapped[str]
    text: Mapped[dict[str, Any]]
    answer: Mapped[str]
    alarming: Mapped[str | None]
    """The answer that somebody should look at, such as a no to "Was it safe?"."""
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(index=True)


class Policy(Base):
    """How people are known at a site's kiosks. A site without a row has the protocol's own defaults."""

    __tablename__ = "policies"
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    pin_with: Mapped[list[Any]]
    shuffle_pad: Mapped[bool] = mapped_column(default=False)
    mode_minutes: Mapped[int] = mapped_column(default=10)
    version: Mapped[int] = mapped_column(index=True)


class Message(Base):
    """What somebody in the office wrote, to one person or to everybody at a site when it was sent."""

    __tablename__ = "messages"
    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"), index=True)
    text: Mapped[str]
    sender: Mapped[str]
    sent_by: Mapped[str]
    sent_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class MessageCopy(Base):
    """A message to one of its people. Its id is the roster row's, so that each is taken away when it was read."""

    __tablename__ = "message_copies"
    id: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    read_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(index=True)
