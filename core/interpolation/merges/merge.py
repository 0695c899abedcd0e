"""What every way to merge zero-shot and fine-tuned models has: a name, what it needs, its weights and its search.

Modules here import torch inside functions only, since pages and the command line list the ways.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from core.interpolation.mix import TENTHS, Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair

#: What a run must have. importance: of each weight to both models, which is measured for those that need it.
Need = Literal["both towers", "depths", "several runs", "importance"]


@dataclass(frozen=True)
class Searched:
    """The best `mix` of the `candidates` that were tried; value: of the metric on the articles it was chosen on."""

    mix: Mix
    candidates: int
    value: float


class Search(Protocol):
    """Judges mixes by the articles that they may be chosen on.

    runs: the run asked about, then those that differ from it in their seed only. parts: that training changed.
    """

    runs: tuple[str, ...]
    parts: Sequence[str]

    def value(self, mix: Mix) -> float:
        """Return the metric of a mix, higher is better."""

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Return the best of `mixes`, of equal ones the first."""


def interpolated(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    """Write (1 − α)·zero-shot + α·fine-tuned into `out`, with the α of each tensor's part."""
    from core.interpolation.wise_ft import interpolate

    fine_tuned = pair.average(mix.runs)
    alphas = {key: mix.alpha_of(pair.parts[key]) for key in pair.zero_shot}
    for alpha in sorted(set(alphas.values())):
        interpolate({key: pair.zero_shot[key] for key in alphas if alphas[key] == alpha}, fine_tuned, alpha, out)


@dataclass(frozen=True)
class Merge:
    """One way to merge.

    name: in files and on the command line. label: in tables. help: what it does, in a line that follows the label.
    needs: what a run must have. search: returns the best strength. build: writes the weights of a mix into tensors,
    given the two models; it is called without gradients. mixes: what is mixed; scores are both models' cosine
    similarities at α, and nothing is built.
    """

    name: str
    label: str
    help: str
    search: Callable[[Search], Searched]
    needs: tuple[Need, ...] = ()
    build: "Callable[[WeightPair, Mix, Mapping[str, Tensor]], None]" = interpolated
    mixes: Literal["weights", "scores"] = "weights"


def over_tenths(search: Search, merge: str, runs: tuple[str, ...] | None = None, tried_before: int = 0) -> Searched:
    """Return the best of the α's 0, 0.1, …, 1 for all parts. runs: to average; the run asked about if not given."""
    runs = search.runs[:1] if runs is None else runs
    return search.best((Mix(runs, alpha, merge=merge) for alpha in TENTHS), tried_before)
