"""What a mix of zero-shot and fine-tuned models is: a description that can be read, kept and compared without a model.

WiSE-FT (Wortsman et al. 2022; paper, section 3.2) is the mix with one α for everything; the others differ from it in
one thing each. `core.interpolation.mix_weights` makes weights of a description.
"""

from dataclasses import dataclass, field
from typing import Literal

#: The α's a mix is looked for among: as fine as a few hundred articles can tell apart, and eleven passes each.
TENTHS = tuple(step / 10 for step in range(11))


@dataclass(frozen=True)
class Mix:
    """(1 − α)·zero-shot + α·fine-tuned.

    runs: the fine-tunings, by name, whose weights are averaged before they are mixed: one, or several for a soup
    (Wortsman et al. 2022, "Model soups"). alpha: of everything that has no α of its own. own: α of single parts, by
    their names in `theta.parts_of`, or of a whole tower. fisher: each number counts by its importance to both models
    (Matena and Raffel 2022). of: what is mixed; scores are both models' cosine similarities, and there is no θ then.
    """

    runs: tuple[str, ...]
    alpha: float
    own: dict[str, float] = field(default_factory=dict)
    fisher: bool = False
    of: Literal["weights", "scores"] = "weights"

    def alpha_of(self, part: str) -> float:
        """The α of `part` ("image.early", "text"): its own, its tower's, or the mix's."""
        return self.own.get(part, self.own.get(part.partition(".")[0], self.alpha))
