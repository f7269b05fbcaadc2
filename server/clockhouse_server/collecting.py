"""How often Python looks for cycles of objects, in the programs that make very many objects and hardly a cycle."""

import gc
from typing import Final

RARELY: Final = (50_000, 20, 100)
"""Objects made and not yet freed before Python looks for cycles, and how rarely it looks among older ones."""


def collect_rarely() -> None:
    """Look for cycles seldom from here on, and never again among what there is now: the program itself.

    By Python's own thresholds, the searches took a quarter of the time that deliveries cost the server, and single
    punches waited behind them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)
