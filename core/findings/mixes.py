"""Do other ways to mix beat WiSE-FT's one α? Each is searched on the earlier half of val and judged on the later half.

WiSE-FT's α is chosen on the earlier half too, by the same metric, so that no mix is judged on what it was chosen by.
All articles are ranked against all pictures of val.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.analysis.significance import FINE_TUNED, WISE_FT, ZERO_SHOT, Difference, differences_in
from core.errors import InputError
from core.evaluation.metrics import values_of
from core.findings.alpha_choice import LEAST
from core.findings.question import Question, RunContext
from core.interpolation.mix import TENTHS, Mix
from core.workspace.comparable_runs import sister_runs
from core.workspace.runs import Run, load_runs

if TYPE_CHECKING:  # it imports torch
    from core.experiment.mixer import Mixer

METRIC = "mrr@100"  # it moves with every article, where half of val is few
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
TOWERS, DEPTH, FISHER, SCORES = "α per tower", "α per depth", "Fisher-weighted", "scores, not weights"
SOUP, GREEDY = "soup of all runs", "greedy soup"


@dataclass(frozen=True)
class Searched:
    """The best `mix` of the `candidates` that were tried; value: of METRIC on the articles it was chosen on."""

    mix: Mix
    candidates: int
    value: float


@dataclass(frozen=True)
class MixesFound:
    """n_searched, n_judged: articles of the earlier and of the later half of val.

    runs: that differ in nothing but their seed. searched: by name, WiSE-FT and each other mix that this run allows.
    reached: METRIC on the later half, of all of them, of zero-shot and of fine-tuned. differences: of each other mix
    from WiSE-FT there, p corrected over them.
    """

    n_searched: int
    n_judged: int
    runs: tuple[str, ...]
    searched: dict[str, Searched]
    reached: dict[str, float]
    differences: tuple[Difference, ...]


def _ask(context: RunContext) -> MixesFound:
    from core.experiment.mixer import Mixer

    n = len(context.val.articles)
    if n < LEAST:
        raise InputError(f"{context.domain.info.slug} has {n} articles in val; its halves need at least {LEAST}.")
    sisters = _sisters(context)
    mixer = Mixer(context.loaded_run, sisters)
    search = _Search(mixer, n // 2)
    names = tuple(one.info.name for one in sisters)
    searched = _searched(search, names)
    models = {name: each.mix for name, each in searched.items()}
    models |= {name: Mix(names[:1], alpha) for name, alpha in ((ZERO_SHOT, 0.0), (FINE_TUNED, 1.0))}
    later = {name: mixer.ranks(mix)[search.earlier :] for name, mix in models.items()}
    pairs = [(WISE_FT, name) for name in searched if name != WISE_FT]
    return MixesFound(
        search.earlier,
        len(later[WISE_FT]),
        names,
        searched,
        {name: _value(ranks) for name, ranks in later.items()},
        tuple(differences_in(METRIC, later, pairs)),
    )


def _sisters(context: RunContext) -> list[Run]:
    """The run that is asked about, then the newest of each other seed."""
    run = context.run
    sisters = sister_runs(run, load_runs(context.workspace, run.info.domain))
    return [run, *(one for one in sisters if one.info.settings.seed != run.info.settings.seed)]


class _Search:
    """Judges candidates by the first `earlier` articles of val, and by nothing else."""

    def __init__(self, mixer: "Mixer", earlier: int) -> None:
        self.mixer, self.earlier = mixer, earlier

    def value(self, mix: Mix) -> float:
        return _value(self.mixer.ranks(mix)[: self.earlier])

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Of equal ones the first."""
        values = [(mix, self.value(mix)) for mix in mixes]
        mix, value = max(values, key=lambda each: each[1])
        return Searched(mix, tried_before + len(values), value)


def _value(ranks: np.ndarray) -> float:
    return float(values_of(ranks, METRIC).mean())


def _searched(search: _Search, runs: tuple[str, ...]) -> dict[str, Searched]:
    own = Mix(runs[:1], 0.0)
    found = {WISE_FT: search.best(replace(own, alpha=alpha) for alpha in TENTHS)}
    if search.mixer.changes("image") and search.mixer.changes("text"):
        plane = ({"image": image, "text": text} for image in TENTHS for text in TENTHS)
        found[TOWERS] = search.best(replace(own, own=alphas) for alphas in plane)
    parts = search.mixer.ends.changed_parts
    if len(parts) > len({part.partition(".")[0] for part in parts}):
        found[DEPTH] = _by_depth(search, parts, found[WISE_FT])
    found[FISHER] = search.best(replace(own, alpha=alpha, fisher=True) for alpha in TENTHS)
    found[SCORES] = search.best(replace(own, alpha=alpha, of="scores") for alpha in TENTHS)
    if len(runs) > 1:
        found[SOUP] = search.best(Mix(runs, alpha) for alpha in TENTHS)
        members, tried = _greedy(search, runs)
        found[GREEDY] = search.best((Mix(members, alpha) for alpha in TENTHS), tried)
    return found


def _by_depth(search: _Search, parts: list[str], start: Searched) -> Searched:
    """From WiSE-FT's α everywhere, part by part the α that is best with the others as they are, once through."""
    best = replace(start, mix=replace(start.mix, own=dict.fromkeys(parts, start.mix.alpha)))
    for part in parts:
        others = [alpha for alpha in QUARTERS if alpha != best.mix.own[part]]
        moved = search.best(
            (replace(best.mix, own=best.mix.own | {part: alpha}) for alpha in others), tried_before=best.candidates
        )
        best = moved if moved.value > best.value else replace(best, candidates=moved.candidates)
    return best


def _greedy(search: _Search, runs: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The runs to average, and how many soups were tried: the best one, then each that does not make it worse."""
    alone = {run: search.value(Mix((run,), 1.0)) for run in runs}
    first, *others = sorted(runs, key=lambda run: -alone[run])
    members: tuple[str, ...] = (first,)
    value = alone[first]
    for run in others:
        with_it = search.value(Mix((*members, run), 1.0))
        if with_it >= value:
            members, value = (*members, run), with_it
    return members, len(runs) + len(others)


MIXES = Question(
    "mixes",
    "Do other ways to mix beat one α?",
    MixesFound,
    _ask,
    duration_hint="seconds for heads, else as long as two or three sweeps",
    cache_key_parts=lambda context: tuple(one.info.fine_tuned for one in _sisters(context)),
)
