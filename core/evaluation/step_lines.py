"""Step functions of α as lines to draw: without steps that change nothing, and thinned to the resolution of a chart."""

import numpy as np
import pandas as pd

from core.evaluation.overtakings import ROUNDING, Steps


def drawn_steps(steps: Steps, resolution: int) -> Steps:
    """Return the steps that a chart of `resolution` pixels on the α axis can show.

    Of the steps in one pixel, the first, the lowest, the highest and the last remain. So each remaining value is exact,
    and the line keeps its extremes and its value at the end of each pixel.
    """
    at, values = _changes(steps)
    if not len(at):
        return Steps(at, values)
    table = pd.DataFrame({"pixel": (at * resolution).astype(np.int64), "value": values[1:]})
    pixels = table.groupby("pixel")["value"]
    by_row = table.index.to_series().groupby(table["pixel"])
    rows = np.unique(np.concatenate([by_row.min(), pixels.idxmin(), pixels.idxmax(), by_row.max()]))
    return Steps(at[rows], np.concatenate([values[:1], values[1:][rows]]))


def _changes(steps: Steps) -> tuple[np.ndarray, np.ndarray]:
    """Return the α [K] at which the value changes and the values [K + 1]; steps at the same α become one."""
    is_last = np.append(np.diff(steps.at) > 0, True) if len(steps.at) else np.empty(0, dtype=bool)
    at, values = steps.at[is_last], np.concatenate([steps.values[:1], steps.values[1:][is_last]])
    changed = np.abs(np.diff(values)) > ROUNDING
    return at[changed], np.concatenate([values[:1], values[1:][changed]])
