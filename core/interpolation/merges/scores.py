"""A mix of the two models' scores instead of their weights."""

from core.interpolation.merges.merge import Merge, over_tenths

SCORES = Merge(
    "scores",
    "scores, not weights",
    "both models score, and α mixes their similarities, which doubles the cost of every search",
    lambda search: over_tenths(search, "scores"),
    mixes="scores",
)
