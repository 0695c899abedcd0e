"""Interface of a merge of zero-shot and fine-tuned models: its name, needs, weights and search.

Modules here import torch only inside functions, because pages and the command line list the merges.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from core.interpolation.mix import Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair

#: Mixes that a merge may try. It is the same for all merges, because more candidates have more chances to look good on
#: the articles that choose: 0, 0.05, …, 1 of one number, or 21 pairs of two numbers.
BUDGET = 21
ALPHAS = tuple(step / (BUDGET - 1) for step in range(BUDGET))

#: Requirements of a merge. importance: of each weight to both models, measured only for merges that need it.
Need = Literal["both towers", "depths", "several runs", "several domains", "importance"]


@dataclass(frozen=True)
class Searched:
    """Result of a search: the best `mix` of `candidates` mixes, and its metric on the articles that chose it."""

    mix: Mix
    candidates: int
    value: float


@dataclass(frozen=True)
class Price:
    """Cost of a search. passes: encodings of the searched articles or images, one tower each. seconds: of all steps."""

    passes: int
    seconds: float


class Search(Protocol):
    """Evaluation of mixes on the articles that may choose one.

    runs: the analysed run, then runs that differ from it only in their seed. elsewhere: runs of the same model on other
    domains. parts: the parts that training changed.
    """

    runs: tuple[str, ...]
    elsewhere: tuple[str, ...]
    parts: Sequence[str]

    def value(self, mix: Mix) -> float:
        """Return the metric of a mix; higher is better."""

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Return the best of `mixes`; the first of equal ones."""


def interpolated(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    """Write (1 − α)·zero-shot + α·fine-tuned into `out`, with the α of each tensor's part."""
    from core.interpolation.wise_ft import interpolate

    fine_tuned = pair.average(mix.runs)
    alphas = {key: mix.alpha_of(pair.parts[key]) for key in pair.zero_shot}
    for alpha in sorted(set(alphas.values())):
        interpolate({key: pair.zero_shot[key] for key in alphas if alphas[key] == alpha}, fine_tuned, alpha, out)


@dataclass(frozen=True)
class Merge:
    """Definition of a merge.

    name: in files and on the command line. label: in tables. help: a line that follows the label. needs: requirements
    on a run. search: returns the best strength, with at most BUDGET candidates. build: writes the weights of a mix into
    tensors, called without gradients. combine: for merges of embeddings instead of weights, (zero-shot [n, d],
    fine-tuned [n, d], α) → vectors whose dot products are the scores; such merges need no build.
    """

    name: str
    label: str
    help: str
    search: Callable[[Search], Searched]
    needs: tuple[Need, ...] = ()
    build: "Callable[[WeightPair, Mix, Mapping[str, Tensor]], None]" = interpolated
    combine: "Callable[[Tensor, Tensor, float], Tensor] | None" = None


def over_alphas(
    search: Search,
    merge: str,
    alphas: Sequence[float] = ALPHAS,
    runs: tuple[str, ...] | None = None,
    tried_before: int = 0,
) -> Searched:
    """Return the best of `alphas` for all parts. runs: to combine; by default the analysed run."""
    runs = search.runs[:1] if runs is None else runs
    return search.best((Mix(runs, alpha, merge=merge) for alpha in alphas), tried_before)


def part_by_part(search: Search, merge: str, parts: Sequence[str], alphas: Sequence[float]) -> Searched:
    """Start with the best α for all `parts`, then move one after the other to a neighbour of its α in `alphas`.

    A move stays if it is better. The search ends after a round without one, or when BUDGET mixes have been tried.
    """
    best = over_alphas(search, merge, alphas)
    best = replace(best, mix=replace(best.mix, own=dict.fromkeys(parts, best.mix.alpha)))
    tried, candidates = {best.mix}, best.candidates
    moved = True
    while moved:
        moved = False
        for part in parts:
            place = alphas.index(best.mix.own[part])
            for alpha in (*alphas[place + 1 : place + 2], *alphas[max(0, place - 1) : place]):
                mix = replace(best.mix, own=best.mix.own | {part: alpha})
                if mix in tried or candidates == BUDGET:
                    continue
                tried.add(mix)
                candidates += 1
                value = search.value(mix)
                if value > best.value:
                    best, moved = Searched(mix, candidates, value), True
    return replace(best, candidates=candidates)
