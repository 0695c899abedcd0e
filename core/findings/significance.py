"""Question `difference`: zero-shot, fine-tuned and WiSE-FT with intervals, and tests of their differences."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.significance import PAIRS, Difference, Differences, differences
from core.data.time_split import Split
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import (
    about_articles,
    between,
    between_signed,
    correction_note,
    number,
    p_cell,
    p_value,
    rounded_n,
    signed,
)

#: The tests that Holm's correction of `core.analysis.significance.differences` covers, in words.
ALL_METRICS = f"{len(METRICS)} metrics"


@dataclass(frozen=True)
class DifferenceFound:
    """Answer to `difference`. alpha: of WiSE-FT. splits: the differences on each split."""

    alpha: float
    splits: dict[Split, Differences]


def _ask(context: RunContext) -> DifferenceFound:
    alpha = context.run.selected().alpha
    found = {}
    for split, results in context.results.items():
        models: dict[str, np.ndarray] = {
            Model.ZERO_SHOT: results.ranks[0],
            Model.FINE_TUNED: results.ranks[-1],
            Model.WISE_FT: results.ranks_at(alpha),
        }
        found[split] = differences(models, PAIRS)
    return DifferenceFound(alpha, found)


def section(found: DifferenceFound, context: RunContext) -> Section:
    """Present every metric and difference; the answer is the verdict on mrr@100."""
    blocks: list[Block] = [
        Words(
            f"WiSE-FT is at alpha {found.alpha:g}. Intervals: paired bootstrap, 95 %, for one metric at a time. p: "
            f"permutation test, corrected (Holm) over the {ALL_METRICS} of a pair of models, so an interval can "
            f"exclude 0 although the verdict is not distinguishable. Required n: the number of articles at which a "
            f"test would find a difference of this size in four of five cases."
        )
    ]
    for split, compared in found.splits.items():
        if split == "val":
            blocks.append(
                Words("On val, WiSE-FT is slightly optimistic, because alpha was chosen on the same articles.")
            )
        blocks.append(Grid(f"The three models, {split}, n = {compared.n}", _reached(compared)))
        blocks.append(Grid(f"Differences between the models, {split}, n = {compared.n}", _differences(compared)))
    last = list(found.splits)[-1]  # test if its ground truth is known
    judged = found.splits[last]
    verdicts = [verdict(judged.of("mrr@100", before, after), judged.n, ALL_METRICS) for before, after in PAIRS]
    return Section(DIFFERENCE.name, DIFFERENCE.title, f"On {last}, n = {judged.n}: {' '.join(verdicts)}", tuple(blocks))


def verdict(difference: Difference, n: int, tests: str) -> str:
    """Return a sentence: significantly better or worse, or not distinguishable at this n and the n that it would take.

    tests: what Holm's correction of its p covers, such as "8 metrics".
    """
    metric, interval = difference.metric, difference.interval
    figures = f"{metric} {signed(difference.value, metric)} ({between_signed(interval, metric)}, "
    figures += f"{p_value(difference.p_holm)})"
    before, after = difference.before, difference.after
    if difference.is_significant:
        is_better = (difference.value > 0) == METRICS[metric].higher_is_better
        return f"{after} is significantly {'better' if is_better else 'worse'} than {before}: {figures}."
    required = difference.required_n
    needed = f"; {about_articles(required)} would be needed" if required and required > n else ""
    note = correction_note(interval, difference.p, difference.p_holm, tests)
    return f"{after} and {before} are not distinguishable at n = {n}: {figures}{needed}.{note}"


def _reached(compared: Differences) -> pd.DataFrame:
    by = {(reached.model, reached.metric): reached for reached in compared.reached}
    return pd.DataFrame(
        [
            {"metric": metric}
            | {
                model: f"{number(by[model, metric].value, metric)} ({between(by[model, metric].interval, metric)})"
                for model in (Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT)
            }
            for metric in METRICS
        ]
    )


def _differences(compared: Differences) -> pd.DataFrame:
    rows = [compared.of(metric, before, after) for before, after in PAIRS for metric in METRICS]
    return pd.DataFrame(
        {
            "from": [row.before for row in rows],
            "to": [row.after for row in rows],
            "metric": [row.metric for row in rows],
            "difference": [signed(row.value, row.metric) for row in rows],
            "95 % interval": [between_signed(row.interval, row.metric) for row in rows],
            "p (Holm)": [p_cell(row.p_holm) for row in rows],
            "required n": ["–" if row.required_n is None else rounded_n(row.required_n) for row in rows],
            "verdict": ["significant" if row.is_significant else "not distinguishable" for row in rows],
        }
    )


DIFFERENCE = Question("difference", "Is the difference significant?", DifferenceFound, _ask, section)
