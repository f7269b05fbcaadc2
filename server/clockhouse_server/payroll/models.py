"""Files that were handed to a payroll provider."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from clockhouse_server.db import Base


class ExportRun(Base):
    """One file, kept as handed out; `manifest` holds row count, seconds and entry ids.

    Taking a file back frees its entries for correction; the file itself stays.
    """

    __tablename__ = "export_runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    format: Mapped[str]
    from_on: Mapped[date]
    through_on: Mapped[date]
    file_name: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    manifest: Mapped[dict[str, Any]]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    taken_back_by: Mapped[str | None]
    taken_back_at: Mapped[datetime | None]
    reason: Mapped[str | None]
