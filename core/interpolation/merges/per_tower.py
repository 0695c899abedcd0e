"""A separate α for each tower."""

from core.interpolation.merges.merge import Merge, part_by_part
from core.interpolation.mix import TENTHS

PER_TOWER = Merge(
    "per-tower",
    "α per tower",
    "the image and text towers have separate α, searched one after the other",
    lambda search: part_by_part(search, "per-tower", ("image", "text"), TENTHS),
    ("both towers",),
)
