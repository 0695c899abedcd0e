"""The line of WiSE-FT beyond both models."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge, over_alphas
from core.interpolation.mix import Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair

BEYOND = tuple(step / 10 for step in range(-5, 16))


def _build(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    """Write (1 − α)·zero-shot + α·fine-tuned for any α."""
    fine_tuned = pair.average(mix.runs)
    for key, start in pair.zero_shot.items():
        out[key].copy_(start.float().lerp(fine_tuned[key].float(), mix.alpha_of(pair.parts[key])))


EXTRAPOLATION = Merge(
    "extrapolation",
    "extrapolation",
    "α may be below 0, which moves away from the fine-tuned model, or above 1 (Ilharco et al. 2023, task arithmetic)",
    lambda search: over_alphas(search, "extrapolation", BEYOND),
    build=_build,
)
