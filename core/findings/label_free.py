"""Question `label-free`: α without ground truth, tested over periods whose ground truth is known."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.decision import is_significant
from core.analysis.headroom import METRIC
from core.analysis.label_free import EARLIER, MEAN_WEIGHT, SMALL_REGRET, CriterionRegret, backtest
from core.analysis.rolling_origin import MIN_TO_JUDGE, MIN_TO_TRAIN, Unit
from core.findings.question import Question, RunContext
from core.presentation.blocks import Grid, Section, Words
from core.presentation.forest import ForestRow, Panel, forest_chart
from core.presentation.verdict import Estimate, Verdict, state_of, unknown
from core.presentation.wording import between, between_signed, number, p_after_holm, p_cell, signed


@dataclass(frozen=True)
class LabelFreeFound:
    """Answer to `label-free`. periods: labels of those evaluated; n: their articles. criteria: none without periods."""

    unit: Unit
    periods: tuple[str, ...]
    n: int
    criteria: tuple[CriterionRegret, ...]

    def of(self, name: str) -> CriterionRegret:
        """Return a criterion. Raises StopIteration if there is none."""
        return next(criterion for criterion in self.criteria if criterion.name == name)


def _ask(context: RunContext) -> LabelFreeFound:
    _, periods = context.periods
    origins = context.origins
    labels = tuple(periods.labels[origin.origin + 1] for origin in origins)
    n = sum(origin.next_alphas.ranks.shape[1] for origin in origins if origin.next_alphas is not None)
    return LabelFreeFound(periods.unit, labels, n, backtest(origins))


def section(found: LabelFreeFound, context: RunContext) -> Section:
    """Present the regret of each criterion."""
    if not found.criteria:
        answer = (
            f"Unknown: the domain has too few articles. At least one {found.unit} needs {MIN_TO_TRAIN} articles before "
            f"it for training and {MIN_TO_JUDGE} articles in it for the evaluation."
        )
        return Section(LABEL_FREE.name, LABEL_FREE.title, answer, (), unknown(answer))
    periods = f"{len(found.periods)} {found.unit}s"
    compared = [
        ForestRow(
            row.name, "", found.n, row.difference, row.difference_interval, is_significant(row.p_holm), row.p_holm
        )
        for row in found.criteria
        if row.difference is not None and row.difference_interval is not None and row.p_holm is not None
    ]
    title = f"α without ground truth against {EARLIER}, {METRIC}, {periods}, n = {found.n:,}, 95 % intervals"
    blocks = (
        forest_chart("label-free", title, [Panel("difference; right of 0 is better", compared)]),
        Words(
            f"The trainings are those of the question rolling: until each {found.unit}, with the settings of run "
            f"{context.run.info.name}. Each criterion sees the texts and images of the next {found.unit}, but not "
            f"which belong together. Regret: {METRIC} at the best of eleven α in hindsight, which the {found.unit}'s "
            f"own ground truth chooses, minus {METRIC} at the recommended α. It is never below zero, also for a "
            f"perfect criterion."
        ),
        Grid(f"Regret of each criterion, {METRIC}, {periods}, n = {found.n}", _criteria(found)),
        Words(
            f"{EARLIER.capitalize()}: chosen with ground truth on the last 20 % before the {found.unit}, as a sweep "
            f"does. Intervals: paired bootstrap over articles, with fixed trainings. p: permutation test, corrected "
            f"(Holm) over the criteria."
        ),
        Grid(f"Recommended α by {found.unit}", _alphas(found)),
    )
    effects = [Estimate(row.label, row.value, row.interval, row.is_significant) for row in compared]
    free = next(effect for effect in effects if effect.label == MEAN_WEIGHT)
    glance = Verdict(
        f"α by the {MEAN_WEIGHT} is {_verdict(free.is_significant, free.value)} {EARLIER} "
        f"({signed(free.value)} {METRIC}).",
        state_of([free.is_significant]),
        found.n,
        periods,
        (free, *[effect for effect in effects if effect is not free][:2]),
    )
    answer = f"Over {periods}, n = {found.n}: {_answer(found)}"
    return Section(LABEL_FREE.name, LABEL_FREE.title, answer, blocks, glance)


def _verdict(sure: bool, difference: float) -> str:
    if not sure:
        return "not distinguishable from"
    return f"significantly {'better' if difference > 0 else 'worse'} than"


def _criteria(found: LabelFreeFound) -> pd.DataFrame:
    rows = found.criteria
    return pd.DataFrame(
        {
            "criterion": [row.name for row in rows],
            "mean α": [f"{np.mean(row.alphas):.2f}" for row in rows],
            "regret, 95 %": [f"{number(row.regret)} ({between(row.interval)})" for row in rows],
            f"regret ≤ {SMALL_REGRET:g}": [f"{row.share_small:.0%} of {found.unit}s" for row in rows],
            f"against {EARLIER}, 95 %": [_against_earlier(row) for row in rows],
            "p (Holm)": ["–" if row.p_holm is None else p_cell(row.p_holm) for row in rows],
        }
    )


def _against_earlier(row: CriterionRegret) -> str:
    if row.difference is None or row.difference_interval is None:
        return "–"
    return f"{signed(row.difference)} ({between_signed(row.difference_interval)})"


def _alphas(found: LabelFreeFound) -> pd.DataFrame:
    columns = {row.name: [f"{alpha:.2f}" for alpha in row.alphas] for row in found.criteria}
    return pd.DataFrame({found.unit: list(found.periods)} | columns)


def _answer(found: LabelFreeFound) -> str:
    free, earlier = found.of(MEAN_WEIGHT), found.of(EARLIER)
    assert free.p_holm is not None
    assert free.difference is not None
    verdict = f"is {_verdict(is_significant(free.p_holm), free.difference)}"
    return (
        f"α by the {MEAN_WEIGHT} {verdict} {EARLIER}: {METRIC} {_against_earlier(free)}, "
        f"{p_after_holm(free.p_holm)}. Its regret is at most {SMALL_REGRET:g} in {free.share_small:.0%} of the "
        f"{found.unit}s, against {earlier.share_small:.0%} for {EARLIER}."
    )


LABEL_FREE = Question(
    "label-free",
    "Can α be chosen without ground truth?",
    LabelFreeFound,
    _ask,
    section,
    duration_hint="as long as four trainings of this run",
    seconds_for_heads=60,
)
