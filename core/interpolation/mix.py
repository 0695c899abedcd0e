"""What a mix of zero-shot and fine-tuned models is: a description that is stored and compared without a model.

WiSE-FT (Wortsman et al. 2022; paper, section 3.2) is the mix with one α for everything. `core.interpolation.merges`
has the ways to mix, `core.interpolation.mix_weights` makes weights of a description.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

#: The α's a mix is looked for among: as fine as a few hundred articles can tell apart, and eleven passes each.
TENTHS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Mix:
    """One way to merge at one strength.

    runs: the fine-tunings, by name, whose weights are averaged before they are mixed: one, or several for a soup.
    alpha: the strength of everything that has none of its own. own: the strength of single parts, by their names in
    `mix_weights.parts_of`, or of a whole tower. merge: the name of the way in `merges.MERGES`.
    """

    runs: tuple[str, ...]
    alpha: float
    own: dict[str, float] = field(default_factory=dict)
    merge: str = "wise-ft"

    def alpha_of(self, part: str) -> float:
        """The α of `part` ("image.early", "text"): its own, its tower's, or the mix's."""
        return self.own.get(part, self.own.get(part.partition(".")[0], self.alpha))

    def within(self, parts: Sequence[str]) -> "Mix":
        """Return the mix as far as it is about `parts`; two that agree there are equal."""
        alphas = {part: self.alpha_of(part) for part in parts}
        if len(set(alphas.values())) == 1:
            return replace(self, alpha=alphas[parts[0]], own={})
        return replace(self, alpha=0.0, own=alphas)
