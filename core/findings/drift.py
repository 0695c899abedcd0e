"""Does fine-tuning fit one period? Gains over zero-shot by the time since the end of training.

Does the gain fade with time? Gains over zero-shot by period, with intervals, and the slope in words.
"""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.analysis.bootstrap import MIN_FOR_INTERVAL, Interval
from core.analysis.drift import Trend, Unit, last_date, since_training, trend
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.theme import CHANGE, MODEL_COLOURS, NEUTRAL, hover
from core.presentation.wording import between_signed, signed

METRICS = ("mrr@100", "recall@10")


@dataclass(frozen=True)
class SplitDrift:
    """What was found on one split: a trend for each model and metric."""

    unit: Unit
    trends: tuple[Trend, ...]


@dataclass(frozen=True)
class DriftFound:
    """alpha: WiSE-FT's. ordered_by: what the order in time was read from."""

    alpha: float
    ordered_by: str
    splits: dict[Split, SplitDrift]


def _ask(context: RunContext) -> DriftFound:
    alpha, articles = context.run.selected().alpha, context.domain.articles
    end = last_date(articles.loc[articles["split"] == "train", "published_at"])
    found: dict[Split, SplitDrift] = {}
    for split, results in context.results.items():
        passed = since_training(results.articles["published_at"], end)
        models = {Model.FINE_TUNED: results.ranks[-1], Model.WISE_FT: results.ranks_at(alpha)}
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
    """The slope of the fine-tuned model's gain first."""
    blocks: list[Block] = []
    for split, each in found.splits.items():
        for metric in dict.fromkeys(one.metric for one in each.trends):
            trends = [one for one in each.trends if one.metric == metric]
            alt = f"Gain over zero-shot in {metric} by period on {split}, with 95 % intervals."
            blocks.append(Chart(f"drift-{split}-{metric.replace('@', '')}", _plot(trends, each.unit), alt, 300))
            caption = f"Gain over zero-shot in {metric}, {split}, n = {trends[0].n}, WiSE-FT at α = {found.alpha:g}"
            blocks.append(Grid(caption, _table(trends, each), _few(trends)))
    dates = "publication date" if found.ordered_by == "published_at" else f"order of {found.ordered_by} (no dates)"
    blocks.append(
        Words(
            f"Time is by {dates}. Intervals: bootstrap, 95 %. There is one training, which ended before the first of "
            f"these articles; whatever sets one period apart from the next, its topics too, shows as time here."
        )
    )
    last, each = list(found.splits.items())[-1]
    return Section(DRIFT.name, DRIFT.title, f"On {last}: {_verdict(each)}", tuple(blocks))


def _verdict(each: SplitDrift) -> str:
    one = next(trend for trend in each.trends if trend.model == Model.FINE_TUNED and trend.metric == "mrr@100")
    scale, unit = (100.0, "100 articles") if each.unit == "block" else (30.0, "30 days")
    scaled = Interval(one.slope_interval.low * scale, one.slope_interval.high * scale)
    measured = f"{signed(one.slope * scale)} mrr@100 per {unit} ({between_signed(scaled)}), n = {one.n}"
    if not one.slope_interval.excludes_zero:
        return f"what fine-tuning gains over zero-shot does not distinguishably change with time: {measured}."
    return f"what fine-tuning gains over zero-shot {'falls' if one.slope < 0 else 'rises'} with time: {measured}."


def _plot(trends: list[Trend], unit: str) -> go.Figure:
    figure = go.Figure()
    for one in trends:
        figure.add_scatter(
            x=[period.label for period in one.periods],
            y=[period.value for period in one.periods],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [period.interval.high - period.value for period in one.periods],
                "arrayminus": [period.value - period.interval.low for period in one.periods],
                "thickness": 1.5,
            },
            name=one.model,
            mode="markers+lines",
            line={"color": MODEL_COLOURS[one.model]},
            customdata=[period.n for period in one.periods],
            hovertemplate=f"%{{x}}: {hover('y', CHANGE)}, n = %{{customdata}}",
        )
    figure.add_hline(y=0, line={"color": NEUTRAL, "dash": "dot"})
    figure.update_xaxes(title="articles after training" if unit == "block" else unit, type="category")
    return figure.update_yaxes(title=f"{trends[0].metric}, gain over zero-shot")


def _table(trends: list[Trend], each: SplitDrift) -> pd.DataFrame:
    heading = "articles after training" if each.unit == "block" else each.unit
    rows = []
    for place, period in enumerate(trends[0].periods):
        row = {heading: period.label, "n": f"{period.n}"}
        for one in trends:
            own = one.periods[place]
            row[one.model] = f"{signed(own.value)} ({between_signed(own.interval)})"
        rows.append(row)
    return pd.DataFrame(rows)


def _few(trends: list[Trend]) -> frozenset[int]:
    return frozenset(place for place, period in enumerate(trends[0].periods) if period.n < MIN_FOR_INTERVAL)


DRIFT = Question("drift", "Does the gain fade with time?", DriftFound, _ask, section)
