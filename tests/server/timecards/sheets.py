"""Time sheets as text: `07:58 in weld`, one punch a line, `+1` after the time for the next day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from clockhouse_server.timecards.pair import Paired, Punch

MONDAY = date(2026, 11, 9)


def punches(text: str, *, zone: str = "UTC", on: date = MONDAY) -> list[Punch]:
    """`07:58 in weld`, `12:00:30 break_start`, `06:00+1 out`; ids are p1, p2, … in the order written."""
    found = []
    for number, row in enumerate(filter(None, (row.strip() for row in text.splitlines())), start=1):
        clock, kind, *rest = row.split()
        time, _, later = clock.partition("+")
        wall = datetime.fromisoformat(f"{on}T{time}") + timedelta(days=int(later or 0))
        at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        site = next((word.removeprefix("@") for word in rest if word.startswith("@")), "gate")
        code = next((word.removeprefix("code:") for word in rest if word.startswith("code:")), None)
        job = next((word for word in rest if not word.startswith(("@", "code:", "?"))), None)
        found.append(
            Punch(f"p{number}", kind, at, zone, job=job, site=site, break_code=code, unconfirmed="?" in rest)
        )
    return found


def totals(paired: Paired) -> str:
    """`weld 4:02, paint 4:00, break 0:30`, in order of first appearance; an open stretch says `open`."""
    sums: dict[str, int] = {}
    open_ones = set()
    for entry in paired.entries:
        name = {"work": entry.job or "-", "unpaid_break": "break", "paid_break": "rest"}[entry.kind]
        sums[name] = sums.get(name, 0) + entry.seconds
        if entry.to_at is None:
            open_ones.add(name)
    return ", ".join(
        f"{name} {seconds // 3600}:{seconds % 3600 // 60:02d}" + (" open" if name in open_ones else "")
        for name, seconds in sums.items()
    )
