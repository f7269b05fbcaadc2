"""The pictograms that a kiosk can draw for a job; the drawings are the kiosk's."""

from typing import Final

NAMES: Final = (
    "general", "assembly", "bricks", "care", "carpentry", "cleaning", "cold", "crane", "digging",
    "drilling", "driving", "electricity", "fire", "food", "forklift", "garden", "grinding", "inspection",
    "loading", "machine", "measuring", "meeting", "night", "office", "packing", "paint", "plumbing", "rail",
    "roof", "safety", "scaffold", "shop", "stock", "tool", "training", "travel", "truck", "waste", "weld",
)  # fmt: skip
