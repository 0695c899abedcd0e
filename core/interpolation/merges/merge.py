"""Interface of a merge of zero-shot and fine-tuned models: its name, needs, weights and search.

Modules here import torch only inside functions, because pages and the command line list the merges.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from core.interpolation.mix import TENTHS, Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair

#: Requirements of a merge. importance: of each weight to both models, measured only for merges that need it.
Need = Literal["both towers", "depths", "several runs", "importance"]


@dataclass(frozen=True)
class Searched:
    """Result of a search: the best `mix` of `candidates` mixes, and its metric on the articles that chose it."""

    mix: Mix
    candidates: int
    value: float


class Search(Protocol):
    """Evaluation of mixes on the articles that may choose one.

    runs: the analysed run, then runs that differ from it only in their seed. parts: the parts that training changed.
    """

    runs: tuple[str, ...]
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
    on a run. search: returns the best strength. build: writes the weights of a mix into tensors, called without
    gradients. mixes: weights, or scores, which are both models' cosine similarities at α and need no build.
    """

    name: str
    label: str
    help: str
    search: Callable[[Search], Searched]
    needs: tuple[Need, ...] = ()
    build: "Callable[[WeightPair, Mix, Mapping[str, Tensor]], None]" = interpolated
    mixes: Literal["weights", "scores"] = "weights"


def over_tenths(search: Search, merge: str, runs: tuple[str, ...] | None = None, tried_before: int = 0) -> Searched:
    """Return the best of the α's 0, 0.1, …, 1 for all parts. runs: to average; by default the analysed run."""
    runs = search.runs[:1] if runs is None else runs
    return search.best((Mix(runs, alpha, merge=merge) for alpha in TENTHS), tried_before)
