"""A separate α for each third of a tower's blocks."""

from dataclasses import replace

from core.interpolation.merges.merge import Merge, Search, Searched, over_tenths

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _search(search: Search) -> Searched:
    """Search part by part once, starting with WiSE-FT's α everywhere and the other parts fixed."""
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
    "early, middle and late blocks of each tower have separate α, searched one after the other",
    _search,
    ("depths",),
)
