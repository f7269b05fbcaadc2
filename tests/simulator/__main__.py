"""One run's story: `PYTHONPATH=tests python -m simulator SEED [DEEDS]`."""

import logging
import sys
import tempfile
from pathlib import Path

from simulator.checks import broken
from simulator.company import Company, Yard


def main(seed: int, deeds: int) -> int:
    logging.disable(logging.CRITICAL)  # faults are logged, and there are only faults here
    with tempfile.TemporaryDirectory() as name:
        yard = Yard(Path(name) / "yard")
        company = Company(yard, Path(name) / "run", seed)
        try:
            company.live(deeds)
            company.heal()
            wrong = broken(company)
        finally:
            company.close()
            yard.close()
    lines = sum(len(found) for terminal in company.terminals for found in terminal.recorded.values())
    requests = sum(terminal.network.requests for terminal in company.terminals)
    print(*company.story, sep="\n")
    print(
        f"{len(company.terminals)} terminals, {company.hours:.0f} hours ({company.idle_hours:.0f} of them idle), {lines} lines, {requests} requests"
    )
    print(*(wrong or ["nothing is wrong"]), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 40))
