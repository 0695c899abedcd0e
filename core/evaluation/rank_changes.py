"""Changes of rank between models, and table 4 of the paper."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from core.evaluation.metrics import DEPTH
from core.evaluation.models import Model

Case = Literal["worsened by fine-tuning, then improved", "improved by fine-tuning, then worsened"]
#: The cases in figures 1–3 of the paper.
CASES: tuple[Case, ...] = get_args(Case)


def in_case(case: Case, zero_shot: np.ndarray, fine_tuned: np.ndarray, wise_ft: np.ndarray) -> np.ndarray:
    """Return which articles belong to `case`, bool [N], from their ranks, int [N], under the three models."""
    if case == CASES[0]:
        return (fine_tuned > zero_shot) & (wise_ft < fine_tuned)
    return (fine_tuned < zero_shot) & (wise_ft > fine_tuned)


def places_gained(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the places gained, int64 [N]; above zero if the rank improved (became smaller)."""
    return before.astype(np.int64) - after


#: Readings of "found in the top 100" in table 4 of the paper, which does not name the model: who must find an article.
#: The first one is shown where there is space for one: a list of 100 gives no rank to articles that it lacks.
READINGS: dict[str, tuple[Model, ...]] = {
    "fine-tuned and WiSE-FT": (Model.FINE_TUNED, Model.WISE_FT),
    "all three models": tuple(Model),
    "zero-shot": (Model.ZERO_SHOT,),
    "fine-tuned": (Model.FINE_TUNED,),
    "WiSE-FT": (Model.WISE_FT,),
    "no model": (),
}
_FIRST = next(iter(READINGS))


@dataclass(frozen=True)
class Table4:
    """Average places gained and lost from fine-tuning to WiSE-FT (paper, table 4).

    The n articles are those that fine-tuning improved over zero-shot and that the models of the reading place among the
    first 100. improvement: mean places gained by the n_improved
    articles that WiSE-FT moved up. decrease: mean places lost by the n_decreased articles that it moved down. None
    without such articles.
    """

    n: int
    n_improved: int
    n_decreased: int
    improvement: float | None
    decrease: float | None


def table_4(zero_shot: np.ndarray, fine_tuned: np.ndarray, wise_ft: np.ndarray, reading: str = _FIRST) -> Table4:
    """Return table 4 from the ranks, int [N], of the same articles under the three models. reading: of READINGS."""
    ranks = dict(zip((Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT), (zero_shot, fine_tuned, wise_ft), strict=True))
    counted = fine_tuned < zero_shot
    for model in READINGS[reading]:
        counted &= ranks[model] <= DEPTH
    gained = places_gained(fine_tuned, wise_ft)[counted]
    up, down = gained[gained > 0], -gained[gained < 0]
    return Table4(
        int(counted.sum()),
        len(up),
        len(down),
        float(up.mean()) if len(up) else None,
        float(down.mean()) if len(down) else None,
    )


def log_position(rank: int, total: int) -> float:
    """Return where `rank` lies between the ranks 1 (0.0) and `total` (1.0) on a logarithmic scale."""
    return float(np.log(max(rank, 1)) / np.log(total)) if total > 1 else 0.0
