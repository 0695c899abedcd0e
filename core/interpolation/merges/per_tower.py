"""A separate α for each tower."""

from core.interpolation.merges.merge import Merge, Search, Searched
from core.interpolation.mix import TENTHS, Mix


def _search(search: Search) -> Searched:
    plane = ({"image": image, "text": text} for image in TENTHS for text in TENTHS)
    return search.best(Mix(search.runs[:1], 0.0, alphas, PER_TOWER.name) for alphas in plane)


PER_TOWER = Merge("per-tower", "α per tower", "the image and text towers have separate α", _search, ("both towers",))
