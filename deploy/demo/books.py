"""The office's Friday: settle, approve, payroll, invoices, and why."""

from pathlib import Path

from gate import Day
from office import Office
from terminal import Terminal


def play(day: Day, office: Office, terminals: dict[str, Terminal], folder: Path) -> None:
    """Placeholder until the money API is in."""
