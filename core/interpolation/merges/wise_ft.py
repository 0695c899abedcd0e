"""WiSE-FT: one α for all weights (Wortsman et al. 2022), the baseline of the other merges."""

from core.interpolation.merges.merge import Merge, over_alphas

WISE_FT = Merge("wise-ft", "WiSE-FT", "all weights have the same α", lambda search: over_alphas(search, "wise-ft"))
