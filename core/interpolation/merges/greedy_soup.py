"""The greedy soup (Wortsman et al. 2022, "Model soups"): the best run, plus every run that does not make it worse."""

from core.interpolation.merges.merge import Merge, Search, Searched, over_alphas
from core.interpolation.mix import TENTHS, Mix

MOST = 5  # runs alone, and soups of them, that leave eleven α of the budget


def _search(search: Search) -> Searched:
    members, tried = _members(search)
    return over_alphas(search, GREEDY_SOUP.name, TENTHS, members, tried)


def _members(search: Search) -> tuple[tuple[str, ...], int]:
    """Return the runs to average and the number of mixes tried."""
    alone = {run: search.value(Mix((run,), 1.0)) for run in search.runs[:MOST]}
    first, *others = sorted(alone, key=lambda run: -alone[run])
    members: tuple[str, ...] = (first,)
    value = alone[first]
    for run in others:
        with_it = search.value(Mix((*members, run), 1.0))
        if with_it >= value:
            members, value = (*members, run), with_it
    return members, len(alone) + len(others)


GREEDY_SOUP = Merge(
    "greedy-soup",
    "greedy soup",
    "like the soup, but only with runs that do not make it worse",
    _search,
    ("several runs",),
)
