"""Comparison of the three models of a run, from the finding that the command line and the pages show."""

import numpy as np
import pandas as pd

from core.analysis.significance import Difference, Differences
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import RunContext, compute_or_load
from core.findings.significance import DIFFERENCE

_CHANGES = ("difference", "difference_low", "difference_high", "p", "p_holm")


def comparison_table(context: RunContext, split: Split, metric: str, baseline: str) -> pd.DataFrame:
    """Return the table of `rematch.Run.compare`; computed once per sweep and cached."""
    finding = compute_or_load(DIFFERENCE, context)
    on = finding.splits[split]
    chosen = np.nan if split == "val" else finding.alpha  # cross-fitted: an α for each part of the articles
    alphas = {Model.ZERO_SHOT: 0.0, Model.FINE_TUNED: 1.0, Model.WISE_FT: chosen}
    rows = []
    for model, alpha in alphas.items():
        reached = next(value for value in on.reached if (value.model, value.metric) == (model, metric))
        row = {"model": str(model), "alpha": alpha, "split": split, "n": on.n, metric: reached.value}
        row |= {"low": reached.interval.low, "high": reached.interval.high}
        rows.append(row | dict(zip(_CHANGES, _change(on, metric, baseline, model), strict=True)))
    return pd.DataFrame(rows).set_index("model")


def _change(on: Differences, metric: str, baseline: str, model: str) -> tuple[float, float, float, float, float]:
    """Return the values of _CHANGES from `baseline` to `model`."""
    if model == baseline:
        return (np.nan,) * 5
    change: Difference = next(
        difference
        for difference in on.differences
        if difference.metric == metric and {difference.before, difference.after} == {baseline, model}
    )
    low, high = change.interval.low, change.interval.high
    if change.before == baseline:
        return change.value, low, high, change.p, change.p_holm
    return -change.value, -high, -low, change.p, change.p_holm  # the same test with the models swapped
