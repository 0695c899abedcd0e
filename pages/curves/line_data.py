"""Lines over α as the browser component of the Curves page gets them: values at the swept α and corners to draw."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import METRICS, table_metrics
from core.presentation.curve_lines import CurveLine, axis_range

_DIGITS = 6


def panels_data(lines: Sequence[CurveLine], chosen: str, alpha: float) -> dict[str, Any]:
    """Return what the component draws.

    lines: those of the run `chosen` first. alpha: the current α.
    """
    metrics = table_metrics()
    return {
        "alpha": alpha,
        "metrics": list(metrics),
        "labels": [METRICS[metric].label for metric in metrics],
        "helps": [METRICS[metric].help for metric in metrics],
        "ranges": [axis_range(lines, metric) for metric in metrics],
        "lines": [_line(line, line.run == chosen) for line in lines],
        "domain": lines[0].domain,
    }


def _line(line: CurveLine, is_chosen: bool) -> dict[str, Any]:
    selected = line.selected
    has_bands = bool(line.bands)
    return {
        "run": line.run,
        "split": line.split,
        "n": line.n,
        "difference": line.difference,
        "chosen": is_chosen,
        "selected": selected.alpha,
        "about": f"α* = {selected.alpha:g}, the highest val {selected.criterion}{best_range(selected)}",
        "alphas": _numbers(line.alphas),
        "interpolated": np.flatnonzero(line.interpolated).tolist(),
        "values": [_numbers(line.values[metric]) for metric in table_metrics()],
        "low": [_numbers(line.bands[metric][0]) for metric in table_metrics()] if has_bands else None,
        "high": [_numbers(line.bands[metric][1]) for metric in table_metrics()] if has_bands else None,
        "steps": [_steps(line, metric) for metric in table_metrics()] if line.steps else None,
    }


def _steps(line: CurveLine, metric: str) -> dict[str, list[float]]:
    steps = line.steps[metric]
    return {"at": _numbers(steps.at), "values": _numbers(steps.values)}


def _numbers(values: np.ndarray) -> list[float]:
    rounded: list[float] = np.round(values, _DIGITS).tolist()
    return rounded
