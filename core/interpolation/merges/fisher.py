"""Fisher-weighted averaging (Matena and Raffel 2022): weights mixed by their importance to both models."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge, over_alphas
from core.interpolation.mix import Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair

#: Added to the importance, relative to its mean, so that weights without importance to either model mix as in WiSE-FT.
INDIFFERENT = 1e-6


def _build(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    """Write ((1 − α)·F₀·θ₀ + α·F₁·θ₁) / ((1 − α)·F₀ + α·F₁) for each weight."""
    if pair.importance is None:
        raise ValueError("a Fisher-weighted mix needs a WeightPair with the importance of the weights")
    fine_tuned = pair.average(mix.runs)
    for key, tensor in pair.zero_shot.items():
        alpha = mix.alpha_of(pair.parts[key])
        to_start = (1 - alpha) * (pair.importance[0][key] + INDIFFERENT)
        to_end = alpha * (pair.importance[1][key] + INDIFFERENT)
        out[key].copy_(tensor.float().lerp(fine_tuned[key].float(), to_end / (to_start + to_end)))


FISHER = Merge(
    "fisher",
    "Fisher-weighted",
    "each weight counts by its importance to both models, an empirical Fisher over batches of train (after Matena and "
    "Raffel 2022)",
    lambda search: over_alphas(search, "fisher"),
    ("importance",),
    _build,
)
