"""A separate α for each third of a tower's blocks."""

from core.interpolation.merges.merge import Merge, part_by_part

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)

PER_DEPTH = Merge(
    "per-depth",
    "α per depth",
    "early, middle and late blocks of each tower have separate α, searched one after the other",
    lambda search: part_by_part(search, "per-depth", search.parts, QUARTERS),
    ("depths",),
)
