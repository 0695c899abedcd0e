"""Question `difference`: zero-shot, fine-tuned and WiSE-FT with intervals, and tests of their differences."""

from dataclasses import dataclass

import pandas as pd

from core.analysis.significance import PAIRS, Difference, Differences, differences
from core.data.time_split import Split
from core.evaluation.metrics import METRICS, metrics_of
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.cross_fit import HOW
from core.presentation.forest import ForestRow, Panel, forest_chart, row_of
from core.presentation.verdict import Verdict, estimate_of, verdict_on
from core.presentation.wording import (
    between,
    between_signed,
    correction_note,
    detectable_text,
    number,
    p_after_holm,
    p_cell,
    signed,
)

#: What Holm's correction covers: all metrics of the three pairs of models.
ALL_TESTS = f"{len(METRICS) * len(PAIRS)} differences"


@dataclass(frozen=True)
class DifferenceFound:
    """Answer to `difference`. alpha: α*. splits: the differences on each split; on val WiSE-FT is cross-fitted.

    optimism: by metric, the value at α* on val minus the cross-fitted value, which is the luck in choosing α*.
    """

    alpha: float
    splits: dict[Split, Differences]
    optimism: dict[str, float]


def _ask(context: RunContext) -> DifferenceFound:
    alpha = context.run.selected().alpha
    found = {split: differences(results.models, PAIRS) for split, results in context.results.items()}
    at_alpha = metrics_of(context.val.ranks_at(alpha))
    optimism = {metric: at_alpha[metric] - found["val"].value(metric, Model.WISE_FT) for metric in METRICS}
    return DifferenceFound(alpha, found, optimism)


def section(found: DifferenceFound, context: RunContext) -> Section:
    """Present every metric and difference; the answer is the verdict on mrr@100."""
    blocks: list[Block] = [
        *(_forest(split, compared) for split, compared in reversed(found.splits.items())),
        Words(
            f"alpha* is {found.alpha:g}. Intervals: paired bootstrap, 95 %, for one metric at a time. p: permutation "
            f"test, or t test where alpha is cross-fitted, corrected (Holm) over the {ALL_TESTS} of the table, so an "
            f"interval can exclude 0 although the verdict is not distinguishable. Detectable: the smallest true "
            f"difference that a test finds with this many articles in four of five cases."
        ),
    ]
    for split, compared in found.splits.items():
        if split == "val":
            luck = signed(found.optimism["mrr@100"])
            blocks.append(
                Words(
                    f"On val, WiSE-FT is cross-fitted: {HOW}. At alpha* itself, mrr@100 differs from the cross-fitted "
                    f"value by {luck}, which is the luck of a choice on the same articles."
                )
            )
        blocks.append(Grid(f"The three models, {split}, n = {compared.n}", _reached(compared)))
        blocks.append(Grid(f"Differences between the models, {split}, n = {compared.n}", _differences(compared)))
    last = list(found.splits)[-1]  # test if its ground truth is known
    judged = found.splits[last]
    verdicts = [verdict(judged.of("mrr@100", before, after), judged.n, ALL_TESTS) for before, after in PAIRS]
    answer = f"On {last}, n = {judged.n}: {' '.join(verdicts)}"
    return Section(DIFFERENCE.name, DIFFERENCE.title, answer, tuple(blocks), _at_a_glance(judged, last))


def _at_a_glance(judged: Differences, split: Split) -> Verdict:
    tested = [judged.of("mrr@100", before, after) for before, after in PAIRS]
    better = [f"{d.after} {signed(d.value)} over {d.before}" for d in tested if d.is_significant]
    alike = [f"{d.after} and {d.before}" for d in tested if not d.is_significant]
    sentences = [
        *([f"Significant in mrr@100: {', '.join(better)}."] if better else []),
        *([f"Not distinguishable: {', '.join(alike)}."] if alike else []),
    ]
    return verdict_on([estimate_of(difference) for difference in tested], " ".join(sentences), judged.n, split)


def _forest(split: Split, compared: Differences) -> Chart:
    def rows(unit: str) -> list[ForestRow]:
        return [
            row_of(difference, compared.n, METRICS[difference.metric].label, f"{after} − {before}", after)
            for before, after in PAIRS
            for difference in compared.between(before, after)
            if METRICS[difference.metric].unit == unit
        ]

    panels = [
        Panel("difference; right of 0 is better", rows("share")),
        Panel("difference in places; left of 0 is better", rows("rank"), "mean_rank"),
    ]
    title = f"Differences between the models, {split}, n = {compared.n:,}, 95 % intervals"
    return forest_chart(f"difference-{split}", title, panels)


def verdict(difference: Difference, n: int, tests: str) -> str:
    """Return a sentence: significantly better or worse, or not distinguishable, with what this n can detect.

    tests: what Holm's correction of its p covers, such as "24 differences".
    """
    metric, interval = difference.metric, difference.interval
    figures = f"{metric} {signed(difference.value, metric)} ({between_signed(interval, metric)}, "
    figures += f"{p_after_holm(difference.p_holm)})"
    before, after = difference.before, difference.after
    if difference.is_significant:
        is_better = (difference.value > 0) == METRICS[metric].higher_is_better
        return f"{after} is significantly {'better' if is_better else 'worse'} than {before}: {figures}."
    note = correction_note(interval, difference.p, difference.p_holm, tests)
    return f"{after} and {before} are not distinguishable at n = {n}: {figures}{detectable_text(difference)}.{note}"


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
            "detectable": ["–" if row.detectable is None else number(row.detectable, row.metric) for row in rows],
            "verdict": ["significant" if row.is_significant else "not distinguishable" for row in rows],
        }
    )


DIFFERENCE = Question("difference", "Is the difference significant?", DifferenceFound, _ask, section)
