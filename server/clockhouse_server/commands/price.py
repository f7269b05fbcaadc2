"""`clockhouse-server price`: an invoice's arithmetic on its own."""

from argparse import Namespace

from clockhouse_server.billing.totals import price_text
from clockhouse_server.commands import calculator
from clockhouse_server.commands.calculator import configure

__all__ = ["configure", "run"]


def run(args: Namespace) -> int:
    return calculator.run(args, price_text)
