"""Is α* the right α? Its spread over draws, its flat region, and what it is worth on articles it was not chosen on.

Is α* the right α? The curve with its flat region, which α other articles would have chosen, and α on unseen ones.
"""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from core.analysis.alpha_choice import (
    Judgement,
    Plateau,
    Spread,
    alpha_plateau,
    chosen_place,
    halves,
    judged,
    spread_of_choice,
)
from core.analysis.significance import curve_bands
from core.errors import InputError
from core.evaluation.metrics import table_metrics
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.significance import verdict
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.curve_charts import plot_metric
from core.presentation.theme import ALPHA, MODEL_COLOURS, SHARE, hover
from core.presentation.wording import between_signed, number, p_value, signed
from core.workspace.sweep_results import Results

MIN_VAL = 4  # articles of val: two to choose on, two to judge


@dataclass(frozen=True)
class ChoiceFound:
    """alpha, criterion: the sweep's choice on n articles of val. flat: by metric, around that α."""

    alpha: float
    criterion: str
    n: int
    spread: Spread
    flat: dict[str, Plateau]
    judgements: tuple[Judgement, ...]


def flat_at_choice(results: Results) -> Plateau:
    """The region that pages draw on the slider: of the metric α was chosen by, around α*."""
    selected = results.info.selected
    best = results.nearest_index(selected.alpha)
    return alpha_plateau(results.ranks, results.alphas.tolist(), best, selected.criterion)


def _ask(context: RunContext) -> ChoiceFound:
    val, selected = context.val, context.run.selected()
    n = val.ranks.shape[1]
    if n < MIN_VAL:
        raise InputError(f"{context.domain.info.slug} has {n} articles in val; its halves need at least {MIN_VAL}.")
    alphas, place = val.alphas.tolist(), val.nearest_index(selected.alpha)
    earlier, later = halves(val.ranks)
    on_half = chosen_place(earlier, selected.criterion)
    judgements = [
        judged(
            later,
            alphas,
            on_half,
            table_metrics(),
            ("the earlier half of val", earlier.shape[1]),
            "the later half of val",
        )
    ]
    if "test" in context.results:
        test = context.results["test"]
        at = test.nearest_index(selected.alpha)
        judgements.append(judged(test.ranks, test.alphas.tolist(), at, table_metrics(), ("val", n), "test"))
    metrics = (*table_metrics(), selected.criterion)
    flat = {metric: alpha_plateau(val.ranks, alphas, place, metric) for metric in metrics}
    spread = spread_of_choice(val.ranks, alphas, selected.criterion)
    return ChoiceFound(selected.alpha, selected.criterion, n, spread, flat, tuple(judgements))


def section(found: ChoiceFound, context: RunContext) -> Section:
    """The flat region first, then the honest test on the later half."""
    flat, within = found.flat[found.criterion], found.spread.interval
    results = context.val
    figure = plot_metric(
        results.curve,
        found.criterion,
        found.alpha,
        {"val": curve_bands(results.ranks, found.criterion)},
        (flat.low, flat.high),
    )
    blocks: list[Block] = [
        Chart(
            "choice-curve",
            figure,
            f"{found.criterion} over alpha with its 95 % band; from {flat.low:g} to {flat.high:g} it is within noise "
            f"of the chosen {found.alpha:g}.",
            320,
        ),
        Words(
            f"Line and 95 % band of val, n = {found.n}; grey: within noise of alpha* = {found.alpha:g}, which "
            f"is less than one article's worth of difference, or none that a permutation test at 5 % finds, α by α."
        ),
        Chart("choice-spread", _plot_spread(found), "Which alpha other draws of the articles would have chosen.", 240),
        Words(
            f"If other articles of the same kind had been in val, alpha* would have been from {within.low:g} to "
            f"{within.high:g} in 95 % of the draws."
        ),
        Grid(f"Within noise of alpha* = {found.alpha:g}, by metric, val, n = {found.n}", _flat_table(found)),
    ]
    for one in found.judgements:
        blocks += _judged(one)
    honest = found.judgements[-1]  # test where it is known
    against = honest.differences.of("mrr@100", Model.FINE_TUNED, Model.WISE_FT)
    answer = (
        f"Any alpha from {flat.low:g} to {flat.high:g} is within noise of alpha* = {found.alpha:g} in "
        f"{found.criterion} (val, n = {found.n}). Chosen on {honest.chosen_on} (alpha {honest.alpha:g}) and judged on "
        f"{honest.judged_on}: {verdict(against, honest.differences.n)}"
    )
    return Section(CHOICE.name, CHOICE.title, answer, tuple(blocks))


def _plot_spread(found: ChoiceFound) -> go.Figure:
    shown = [(alpha, share) for alpha, share in zip(found.spread.alphas, found.spread.shares, strict=True) if share]
    figure = go.Figure(
        go.Bar(
            x=[alpha for alpha, _ in shown], y=[share for _, share in shown], width=0.01,
            marker={"color": MODEL_COLOURS[Model.WISE_FT]},
            hovertemplate=f"α {hover('x', ALPHA)}: chosen in {hover('y', SHARE)} of the draws<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title="α chosen", range=[-0.03, 1.03])
    return figure.update_yaxes(title="share of draws", tickformat=".0%")


def _flat_table(found: ChoiceFound) -> pd.DataFrame:
    return pd.DataFrame(
        [{"metric": metric, "from α": f"{one.low:g}", "to α": f"{one.high:g}"} for metric, one in found.flat.items()]
    )


def _judged(one: Judgement) -> list[Block]:
    rows = []
    for regret in one.regrets:
        to_fine_tuned = one.differences.of(regret.metric, Model.FINE_TUNED, Model.WISE_FT)
        to_zero_shot = one.differences.of(regret.metric, Model.ZERO_SHOT, Model.WISE_FT)
        reached = one.differences.value(regret.metric, Model.WISE_FT)
        rows.append(
            {
                "metric": regret.metric,
                f"at α = {one.alpha:g}": number(reached),
                "best α in hindsight": f"{regret.best:g}",
                "regret": f"{number(regret.value)} ({between_signed(regret.interval)})",
                "over fine-tuned": f"{signed(to_fine_tuned.value)} ({between_signed(to_fine_tuned.interval)}, "
                f"{p_value(to_fine_tuned.p_holm)})",
                "over zero-shot": f"{signed(to_zero_shot.value)} ({between_signed(to_zero_shot.interval)}, "
                f"{p_value(to_zero_shot.p_holm)})",
            }
        )
    caption = (
        f"α = {one.alpha:g}, chosen on {one.chosen_on} (n = {one.n_chosen}), judged on {one.judged_on} "
        f"(n = {one.differences.n})"
    )
    return [
        Grid(caption, pd.DataFrame(rows)),
        Words(
            "Regret: what the α that is best in hindsight has more. It is never below zero, even for a perfect choice."
        ),
    ]


CHOICE = Question("choice", "Is α* the right α?", ChoiceFound, _ask, section)
