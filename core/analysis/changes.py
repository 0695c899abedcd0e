"""Who gained and who lost between two models, and the paper's table 4."""

from dataclasses import dataclass

import numpy as np

from core.analysis.metrics import DEPTH


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
    gained = (fine_tuned - wise_ft.astype(np.int64))[counted]
    up, down = gained[gained > 0], -gained[gained < 0]
    return Table4(
        int(counted.sum()),
        len(up),
        len(down),
        float(up.mean()) if len(up) else None,
        float(down.mean()) if len(down) else None,
    )
