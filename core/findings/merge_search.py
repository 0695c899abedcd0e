"""Search of every merge on each half of a run's val, for questions that judge the mixes on the other half.

`core.interpolation.merges` has the merges. Every article is judged, and none under a mix that it chose.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InputError
from core.evaluation.metrics import values_of
from core.findings.alpha_choice import MIN_VAL
from core.findings.question import RunContext
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import Searched
from core.interpolation.mix import Mix
from core.workspace.comparable_runs import runs_elsewhere, sister_runs
from core.workspace.runs import Run, active_runs

if TYPE_CHECKING:  # imports torch
    from core.experiment.mixer import Mixer

METRIC = "mrr@100"  # changes with every article, which matters because half of val is small


@dataclass(frozen=True)
class Choice:
    """The mixes of a merge that the earlier and the later half of val chose, and all mixes that either tried."""

    earlier: Searched
    later: Searched
    tried: frozenset[Mix]

    def crossed(self, ranks: Callable[[Mix], np.ndarray]) -> np.ndarray:
        """Return ranks int [n], the first half under the later half's choice and the other way round.

        ranks: of all n articles under a mix.
        """
        first, second = ranks(self.later.mix), ranks(self.earlier.mix)
        return np.concatenate([first[: len(first) // 2], second[len(second) // 2 :]])


def search_merges(mixer: "Mixer", runs: tuple[str, ...]) -> dict[str, Choice]:
    """Return the choices of every merge that the models allow, by label. runs: the analysed run, then other seeds."""
    found = {}
    for merge in MERGES.values():
        if all(mixer.ends.has(need) for need in merge.needs):
            middle = len(mixer.ranks(Mix(runs[:1], 0.0))) // 2
            earlier, later = (_Search(mixer, runs, half) for half in (slice(middle), slice(middle, None)))
            chosen = merge.search(earlier), merge.search(later)
            found[merge.label] = Choice(*chosen, frozenset(earlier.tried | later.tried))
    return found


def open_mixer(context: RunContext) -> "Mixer":
    """Load the run, its sisters and its runs elsewhere. Raises InputError: val is too small, or as `open_run`."""
    from core.experiment.mixer import Mixer

    n = len(context.val.articles)
    if n < MIN_VAL:
        raise InputError(
            f"Domain '{context.domain.info.slug}' has only {n} articles in val, too few to search on one half and "
            f"evaluate on the other. Import at least {MIN_VAL} articles for val."
        )
    return Mixer(context.loaded_run, sisters_of(context), runs_elsewhere(context.run, context.workspace))


def sisters_of(context: RunContext) -> list[Run]:
    """Return the analysed run, then the newest run of every other seed."""
    run = context.run
    sisters = sister_runs(run, active_runs(context.workspace, run.info.domain))
    return [run, *(other for other in sisters if other.info.settings.seed != run.info.settings.seed)]


def merged_weights(context: RunContext) -> tuple[str, ...]:
    """Return fingerprints of the other runs that merges use, for `Question.cache_key_parts`."""
    runs = (*sisters_of(context), *runs_elsewhere(context.run, context.workspace))
    return tuple(run.info.fine_tuned for run in runs)


def mean_value(ranks: np.ndarray) -> float:
    """Return METRIC of ranks int [n]."""
    return float(values_of(ranks, METRIC).mean())


def describe_mix(mix: Mix) -> str:
    """Return a mix in words: `α 0.4`, `α image 0.2, text 0.7`, `α 0.2 to 0.6`, `3 runs, α 0.8`."""
    alphas = ", ".join(f"{part.replace('.', ' ')} {alpha:g}" for part, alpha in mix.own.items()) or f"{mix.alpha:g}"
    if mix.shallow is not None:
        alphas = f"{mix.shallow:g} to {mix.alpha:g}"
    runs = f"{len(mix.runs)} runs, " if len(mix.runs) > 1 else ""
    return f"{runs}α {alphas}"


class _Search:
    """Evaluation of candidates on one half of val only. tried: the mixes evaluated so far."""

    def __init__(self, mixer: "Mixer", runs: tuple[str, ...], half: slice) -> None:
        self.mixer, self.runs, self.half = mixer, runs, half
        self.elsewhere = mixer.ends.elsewhere
        self.parts: Sequence[str] = mixer.ends.changed_parts
        self.tried: set[Mix] = set()

    def value(self, mix: Mix) -> float:
        """Return the metric of a mix on the half."""
        self.tried.add(mix)
        return mean_value(self.mixer.ranks(mix)[self.half])

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Return the best of `mixes`; the first of equal ones."""
        values = [(mix, self.value(mix)) for mix in mixes]
        mix, value = max(values, key=lambda pair: pair[1])
        return Searched(mix, tried_before + len(values), value)
