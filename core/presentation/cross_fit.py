"""Phrases about WiSE-FT on the articles that chose its α: how it is cross-fitted, and the gain that is left."""

from core.analysis.cross_fit import FOLDS, CrossFit, Judged
from core.evaluation.models import Model
from core.presentation.wording import between_signed, signed

#: Name of the row or column of cross-fitted values, next to those at α*.
CROSS_FITTED = f"{Model.WISE_FT}, cross-fitted"
#: What cross-fitting does, to follow a colon.
HOW = f"each of {FOLDS} random parts of the articles is judged at the alpha that the other parts choose"
#: For differences that cannot be cross-fitted, because they need the scores at every α.
NOT_CROSS_FITTED = (
    "WiSE-FT is at alpha*, which was chosen on these articles, so a part of its gain over the other models is luck. "
    "The question difference has the gain without it."
)
METRIC = "mrr@100"
_PAIRS = ((Model.FINE_TUNED, Model.WISE_FT), (Model.ZERO_SHOT, Model.WISE_FT))


def choice_note(fit: CrossFit, split: str = "val") -> str:
    """Return sentences for a view of α* on the articles that chose it: the gains that are left when others choose α."""
    from core.analysis.significance import differences  # imports scipy

    models: dict[str, Judged] = {Model.ZERO_SHOT: fit.curve[0], Model.FINE_TUNED: fit.curve[-1], Model.WISE_FT: fit}
    found = differences(models, _PAIRS, [METRIC])
    gains = " and ".join(
        f"{signed(difference.value)} ({between_signed(difference.interval)}) over {difference.before}"
        for difference in found.differences
    )
    return (
        f"α* was chosen on these articles, so a part of its gain on them is luck. Cross-fitted, with α chosen on other "
        f"articles, WiSE-FT gains {gains} in {METRIC} ({split}, n = {found.n:,}; 95 % intervals)."
    )
