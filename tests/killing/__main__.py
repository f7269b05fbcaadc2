"""`PYTHONPATH=tests python -m killing [SECONDS] [SEED] [DATABASE]`: one long run, its figures, and what did not hold."""

import sys

from killing.findings import wrong
from killing.run import play
from killing.test_killing import long_plan


def main(seconds: str = "600", seed: str = "1", database: str = "postgresql") -> int:
    outcome = play(long_plan(int(seed), database, float(seconds)))
    for name, figure in outcome.figures.items():
        print(f"{figure:8} {name}")
    problems = wrong(outcome.findings)
    print(*problems or ["Everything holds."], sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
