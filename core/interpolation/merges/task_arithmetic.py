"""Task arithmetic (Ilharco et al. 2023): the differences that several domains' trainings made, added up."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge, over_alphas
from core.interpolation.mix import Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair


def _build(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    """Write zero-shot + α·Σ (fine-tuned of a domain − zero-shot)."""
    for key, start in pair.zero_shot.items():
        moves = sum(pair.fine_tuned[run][key].float() - start.float() for run in mix.runs)
        out[key].copy_(start.float() + mix.alpha_of(pair.parts[key]) * moves)


TASK_ARITHMETIC = Merge(
    "task-arithmetic",
    "task arithmetic",
    "the differences of this run and of runs on other domains are added, times α (Ilharco et al. 2023)",
    lambda search: over_alphas(search, "task-arithmetic", runs=(search.runs[0], *search.elsewhere)),
    ("several domains",),
    _build,
)
