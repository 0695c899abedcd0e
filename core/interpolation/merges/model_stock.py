"""Model Stock (Jang et al. 2024): α of each tensor in closed form, from the angle between two fine-tuned models.

Two fine-tunings that differ in their seed scatter around a centre, which is closer to zero-shot than their mean the
wider their angle, seen from zero-shot. The point of that plane closest to the centre is the mean of both models mixed
with zero-shot at α = 2·cos / (1 + cos). No article is needed to choose it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge
from core.interpolation.mix import Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair


def stock_alpha(zero_shot: "Tensor", first: "Tensor", second: "Tensor") -> float:
    """Return α of one tensor: 1 where both models agree, 0 where they moved at a right angle or in opposition."""
    from torch.nn import functional

    start = zero_shot.float().flatten()
    moves = first.float().flatten() - start, second.float().flatten() - start
    cosine = max(0.0, float(functional.cosine_similarity(*moves, dim=0)))
    return 2 * cosine / (1 + cosine)


def _build(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    fine_tuned = pair.average(mix.runs)
    for key, start in pair.zero_shot.items():
        alpha = stock_alpha(start, *(pair.fine_tuned[run][key] for run in mix.runs))
        out[key].copy_(start.float().lerp(fine_tuned[key].float(), alpha))


MODEL_STOCK = Merge(
    "model-stock",
    "Model Stock",
    "the mean of two runs, mixed with an α for each tensor that follows from their angle (Jang et al. 2024)",
    lambda search: search.best([Mix(search.runs[:2], 1.0, merge="model-stock")]),
    ("several runs",),
    _build,
)
