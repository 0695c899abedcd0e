"""The two models' scores mixed instead of their weights."""

from core.interpolation.merges.merge import Merge, over_tenths

SCORES = Merge(
    "scores",
    "scores, not weights",
    "both models score, and α mixes their similarities, at twice the cost of searching",
    lambda search: over_tenths(search, "scores"),
    mixes="scores",
)
