"""The generic payroll file: comma-separated UTF-8 with one row for each person, day and job."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from typing import Final

from clockhouse_server import money
from clockhouse_server.payroll.rows import Row

FORMAT: Final = "generic"
SUFFIX: Final = "csv"
COLUMNS: Final = (
    "employee_number", "name", "payroll_number", "agency", "date", "site", "customer_code", "job_code",
    "task_code", "regular_hours", "paid_break_hours", "paid_hours", "paid_seconds", "cost_rate", "cost",
    "currency",
)  # fmt: skip

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(rows: Iterable[Row]) -> bytes:
    """The file's bytes: the same rows always give the same."""
    text = StringIO(newline="")
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(COLUMNS)
    for row in rows:
        out.writerow(
            [
                safe(row.number), safe(row.name), safe(row.payroll_number), safe(row.agency),
                row.on.isoformat(), safe(row.site), safe(row.customer_code), safe(row.job_code),
                safe(row.task_code), money.hours(row.seconds["regular"]),
                money.hours(row.seconds["paid_break"]), money.hours(row.paid_seconds), row.paid_seconds,
                _amount(row.cost_rate, row.currency), _amount(row.cost, row.currency), row.currency,
            ]
        )  # fmt: skip
    return text.getvalue().encode()


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _amount(value: Decimal | None, currency: str) -> str:
    if value is None:
        return ""
    exact = value.normalize()
    exponent = exact.as_tuple().exponent
    digits = max(money.digits(currency), -exponent if isinstance(exponent, int) else 0)
    return f"{value:.{digits}f}"
