"""Changes of rank between models, and table 4 of the paper."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from core.evaluation.metrics import DEPTH

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


@dataclass(frozen=True)
class Table4:
    """Average places gained and lost from fine-tuning to WiSE-FT (paper, table 4).

    The n articles are those that fine-tuning improved over zero-shot and that both fine-tuning and WiSE-FT place among
    the first 100, because a list of 100 gives no rank beyond that. improvement: mean places gained by the n_improved
    articles that WiSE-FT moved up. decrease: mean places lost by the n_decreased articles that it moved down. None
    without such articles.
    """

    n: int
    n_improved: int
    n_decreased: int
    improvement: float | None
    decrease: float | None


def table_4(zero_shot: np.ndarray, fine_tuned: np.ndarray, wise_ft: np.ndarray) -> Table4:
    """Return table 4 from the ranks, int [N], of the same articles under the three models."""
    counted = (fine_tuned < zero_shot) & (fine_tuned <= DEPTH) & (wise_ft <= DEPTH)
    gained = places_gained(fine_tuned, wise_ft)[counted]
    up, down = gained[gained > 0], -gained[gained < 0]
    return Table4(
        int(counted.sum()),
        len(up),
        len(down),
        float(up.mean()) if len(up) else None,
        float(down.mean()) if len(down) else None,
    )
