"""An α for each third of a tower's blocks."""

from dataclasses import replace

from core.interpolation.merges.merge import Merge, Search, Searched, over_tenths

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _search(search: Search) -> Searched:
    """From WiSE-FT's α everywhere, part by part the α that is best with the others as they are, once through."""
    best = over_tenths(search, PER_DEPTH.name)
    best = replace(best, mix=replace(best.mix, own=dict.fromkeys(search.parts, best.mix.alpha)))
    for part in search.parts:
        others = [alpha for alpha in QUARTERS if alpha != best.mix.own[part]]
        moved = search.best(
            (replace(best.mix, own=best.mix.own | {part: alpha}) for alpha in others), tried_before=best.candidates
        )
        best = moved if moved.value > best.value else replace(best, candidates=moved.candidates)
    return best


PER_DEPTH = Merge(
    "per-depth",
    "α per depth",
    "early, middle and late blocks of each tower have an α each, found one after the other",
    _search,
    ("depths",),
)
