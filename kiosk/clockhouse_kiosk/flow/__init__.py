"""What happens at the wall, as data and one pure function: `step(state, signal, now) -> (state, effects)`."""

from clockhouse_kiosk.flow.step import deadline, step

__all__ = ["deadline", "step"]
