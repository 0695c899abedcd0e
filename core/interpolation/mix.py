"""Description of a mix of zero-shot and fine-tuned weights, which can be stored and compared without a model.

WiSE-FT (Wortsman et al. 2022; paper, section 3.2) is the mix with one α for all weights. `core.interpolation.merges`
has the ways to merge; `core.interpolation.mix_weights` computes the weights of a description.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

#: α in steps of a tenth: as fine as a few hundred articles can distinguish.
TENTHS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Mix:
    """A merge with its strength.

    runs: names of the runs whose fine-tuned weights are combined before mixing: one, or several for a soup. alpha: of
    all parts that are not in `own`. own: the α of single parts, by their names in `mix_weights.parts_of`, or of a whole
    tower. merge: a name in `merges.MERGES`. shallow: α of the first block; it changes linearly with depth to `alpha` at
    the last block. None for the same α at every depth.
    """

    runs: tuple[str, ...]
    alpha: float
    own: dict[str, float] = field(default_factory=dict)
    merge: str = "wise-ft"
    shallow: float | None = None

    def __hash__(self) -> int:
        return hash((self.runs, self.alpha, frozenset(self.own.items()), self.merge, self.shallow))

    def alpha_of(self, part: str) -> float:
        """Return the α of `part` ("image.early", "text"): its own, else its tower's, else the mix's."""
        return self.own.get(part, self.own.get(part.partition(".")[0], self.alpha))

    def within(self, parts: Sequence[str]) -> "Mix":
        """Return the mix reduced to `parts`; mixes that agree there become equal."""
        if not parts:
            return Mix(self.runs[:1], 0.0)
        alphas = {part: self.alpha_of(part) for part in parts}
        if len(set(alphas.values())) == 1:
            return replace(self, alpha=alphas[parts[0]], own={})
        return replace(self, alpha=0.0, own=alphas)
