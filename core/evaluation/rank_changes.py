"""Who gained and who lost between two models, and the paper's table 4."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from core.evaluation.metrics import DEPTH

Case = Literal["worsened by fine-tuning, then improved", "improved by fine-tuning, then worsened"]
#: The pairs that figures 1–3 of the paper show.
CASES: tuple[Case, ...] = get_args(Case)


def in_case(case: Case, zero_shot: np.ndarray, fine_tuned: np.ndarray, wise_ft: np.ndarray) -> np.ndarray:
    """Which articles, bool [N], the paper's figures count to `case`, from their ranks, int [N], under three models."""
    if case == CASES[0]:
        return (fine_tuned > zero_shot) & (wise_ft < fine_tuned)
    return (fine_tuned < zero_shot) & (wise_ft > fine_tuned)


def places_gained(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """int64 [N], above zero where the rank improved (became smaller)."""
    return before.astype(np.int64) - after


@dataclass(frozen=True)
class Table4:
    """Average places gained and lost from fine-tuning to WiSE-FT (paper, table 4).

    Counted are the n articles that fine-tuning improved over zero-shot and that are among the first 100 both
    fine-tuned and with WiSE-FT (elsewhere a list of 100 knows no place). improvement: mean places gained by those
    n_improved that WiSE-FT moved up; decrease: mean places lost by those n_decreased it moved down; None if none.
    """

    n: int
    n_improved: int
    n_decreased: int
    improvement: float | None
    decrease: float | None


def table_4(zero_shot: np.ndarray, fine_tuned: np.ndarray, wise_ft: np.ndarray) -> Table4:
    """Table 4 from the ranks, int [N], of the same articles under the three models."""
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
