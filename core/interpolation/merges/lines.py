"""LiNeS (Wang et al. 2025): α changes linearly with depth, so that shallow blocks stay closer to zero-shot.

The paper scales the difference of layer l of L by λ(l) = a + b·(l − 1)/(L − 1). Here a is `Mix.shallow` and a + b is
`Mix.alpha`. Stages in front of the blocks have the first block's α, those after them the last block's.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge, Search, Searched
from core.interpolation.mix import Mix

if TYPE_CHECKING:
    from torch import Tensor

    from core.interpolation.mix_weights import WeightPair

FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def _search(search: Search) -> Searched:
    """Search all pairs of fifths with shallow α at most deep α, 21 in all."""
    return search.best(
        Mix(search.runs[:1], deep, merge="lines", shallow=shallow)
        for deep in FIFTHS
        for shallow in FIFTHS
        if shallow <= deep
    )


def _build(pair: "WeightPair", mix: Mix, out: "Mapping[str, Tensor]") -> None:
    fine_tuned, shallow = pair.average(mix.runs), mix.alpha if mix.shallow is None else mix.shallow
    for key, start in pair.zero_shot.items():
        alpha = shallow + pair.depths.get(key, 1.0) * (mix.alpha - shallow)
        out[key].copy_(start.float().lerp(fine_tuned[key].float(), alpha))


LINES = Merge(
    "lines",
    "LiNeS",
    "α rises linearly from the first block to the last (Wang et al. 2025)",
    _search,
    ("depths",),
    _build,
)
