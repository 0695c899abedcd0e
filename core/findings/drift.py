"""Question `drift`: gains over zero-shot by the time since the end of training, and their slope."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import MIN_FOR_INTERVAL, Interval
from core.analysis.cross_fit import ranks_of_judged
from core.analysis.drift import Trend, Unit, last_date, since_training, trend
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.period_charts import plot_bands
from core.presentation.verdict import Estimate, measured_once, verdict_on
from core.presentation.wording import between_signed, signed

METRICS = ("mrr@100", "recall@10")


@dataclass(frozen=True)
class SplitDrift:
    """Trends on one split, one for each model and metric."""

    unit: Unit
    trends: tuple[Trend, ...]


@dataclass(frozen=True)
class DriftFound:
    """Answer to `drift`. alpha: α*; on val WiSE-FT is cross-fitted.

    ordered_by: the column that gives the order in time.
    """

    alpha: float
    ordered_by: str
    splits: dict[Split, SplitDrift]


def _ask(context: RunContext) -> DriftFound:
    alpha, articles = context.run.selected().alpha, context.domain.articles
    end = last_date(articles.loc[articles["split"] == "train", "published_at"])
    found: dict[Split, SplitDrift] = {}
    for split, results in context.results.items():
        passed = since_training(results.articles["published_at"], end)
        models = {name: ranks_of_judged(results.models[name]) for name in (Model.FINE_TUNED, Model.WISE_FT)}
        found[split] = SplitDrift(
            passed.unit,
            tuple(
                trend(name, results.ranks[0], ranks, passed, metric)
                for metric in METRICS
                for name, ranks in models.items()
            ),
        )
    return DriftFound(alpha, context.domain.info.split_by, found)


def section(found: DriftFound, context: RunContext) -> Section:
    """Present the gains by period; the answer is the slope of the fine-tuned model's gain."""
    blocks: list[Block] = []
    for split, drift in reversed(found.splits.items()):
        for metric in dict.fromkeys(each.metric for each in drift.trends):
            trends = [each for each in drift.trends if each.metric == metric]
            alt = f"Gain over zero-shot in {metric} by period on {split}, with 95 % intervals."
            title = f"Gain over zero-shot in {metric} by time, {split}, n = {trends[0].n:,}, 95 % bands"
            name, draw = f"drift-{split}-{metric.replace('@', '')}", partial(_plot, trends, drift.unit)
            blocks.append(Chart(name, draw, alt, 340, title))
            at = "cross-fitted" if split == "val" else f"at α = {found.alpha:g}"
            caption = f"Gain over zero-shot in {metric}, {split}, n = {trends[0].n}, WiSE-FT {at}"
            blocks.append(Grid(caption, _table(trends, drift), _few(trends)))
    dates = "publication date" if found.ordered_by == "published_at" else f"order of {found.ordered_by} (no dates)"
    blocks.append(
        Words(
            f"Time is by {dates}. Intervals: bootstrap, 95 %. There is only one training, which ended before the first "
            f"of these articles. Anything that differs between two periods, such as their topics, looks like an effect "
            f"of time here."
        )
    )
    last, drift = list(found.splits.items())[-1]
    tuned = next(each for each in drift.trends if each.model == Model.FINE_TUNED and each.metric == "mrr@100")
    scale, unit = (100.0, "100 articles") if drift.unit == "block" else (30.0, "30 days")
    slope = Interval(tuned.slope_interval.low * scale, tuned.slope_interval.high * scale)
    effect = measured_once(f"mrr@100 per {unit}", tuned.slope * scale, slope)
    verdict = _verdict(effect)
    answer = f"On {last}: {verdict}: {signed(effect.value)} {effect.label} ({between_signed(slope)}), n = {tuned.n}."
    glance = verdict_on([effect], f"{verdict[0].upper()}{verdict[1:]}.", tuned.n, last)
    return Section(DRIFT.name, DRIFT.title, answer, tuple(blocks), glance)


def _verdict(slope: Estimate) -> str:
    """Return in words how the gain changes with time, by the slope and its interval."""
    if not slope.is_significant:
        return "no distinguishable change with time in the gain of fine-tuning over zero-shot"
    return f"the gain of fine-tuning over zero-shot {'falls' if slope.value < 0 else 'rises'} with time"


def _plot(trends: list[Trend], unit: str) -> go.Figure:
    return plot_bands(
        [f"{period.label}<br>n = {period.n}" for period in trends[0].periods],
        {trend.model: [(period.value, period.interval) for period in trend.periods] for trend in trends},
        "articles after training" if unit == "block" else unit,
        f"{trends[0].metric}, gain over zero-shot",
    )


def _table(trends: list[Trend], drift: SplitDrift) -> pd.DataFrame:
    heading = "articles after training" if drift.unit == "block" else drift.unit
    rows = []
    for place, period in enumerate(trends[0].periods):
        row = {heading: period.label, "n": f"{period.n}"}
        for trend_of_model in trends:
            gain = trend_of_model.periods[place]
            row[trend_of_model.model] = f"{signed(gain.value)} ({between_signed(gain.interval)})"
        rows.append(row)
    return pd.DataFrame(rows)


def _few(trends: list[Trend]) -> frozenset[int]:
    return frozenset(place for place, period in enumerate(trends[0].periods) if period.n < MIN_FOR_INTERVAL)


DRIFT = Question("drift", "Does the gain fade with time?", DriftFound, _ask, section, version=2)
