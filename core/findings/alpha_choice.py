"""Question `choice`: the plateau around α*, its spread over bootstrap draws, and its value on unseen articles."""

from dataclasses import dataclass
from functools import partial

import pandas as pd
import plotly.graph_objects as go

from core.analysis.alpha_choice import (
    PAIRS,
    Judgement,
    Plateau,
    Spread,
    alpha_plateau,
    halves,
    judge_choice,
    spread_of_choice,
)
from core.analysis.bootstrap import DRAWS
from core.analysis.cross_fit import chosen_place
from core.analysis.significance import Difference, curve_bands
from core.errors import InputError
from core.evaluation.metrics import METRICS, table_metrics
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.findings.significance import verdict
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.curve_charts import plot_metric
from core.presentation.ridge import add_ridge
from core.presentation.verdict import Verdict, estimate_of, state_of
from core.presentation.wording import between_signed, number, p_after_holm, signed
from core.workspace.sweep_results import Results

#: What Holm's correction covers, in words: the metrics and pairs of models of one table.
ALL_TESTS = f"{len(table_metrics()) * len(PAIRS)} differences"
MIN_VAL = 4  # articles of val: two to choose α, two to evaluate it


@dataclass(frozen=True)
class ChoiceFound:
    """Answer to `choice`. alpha, criterion: the choice on n articles of val. flat: plateau around α, by metric."""

    alpha: float
    criterion: str
    n: int
    spread: Spread
    flat: dict[str, Plateau]
    judgements: tuple[Judgement, ...]


def plateau_at_choice(results: Results) -> Plateau:
    """Return the plateau around α* in the metric that chose it, as shown on the slider."""
    selected = results.info.selected
    best = results.nearest_index(selected.alpha)
    return alpha_plateau(results.ranks, results.alphas.tolist(), best, selected.criterion)


def _ask(context: RunContext) -> ChoiceFound:
    val, selected = context.val, context.run.selected()
    n = val.ranks.shape[1]
    if n < MIN_VAL:
        raise InputError(
            f"Domain '{context.domain.info.slug}' has only {n} articles in val, too few to choose α on one half and "
            f"evaluate it on the other. Import at least {MIN_VAL} articles for val."
        )
    alphas, place = val.alphas.tolist(), val.nearest_index(selected.alpha)
    earlier, later = halves(val.ranks)
    chosen_row = chosen_place(earlier, selected.criterion)
    judgements = [
        judge_choice(
            later,
            alphas,
            chosen_row,
            table_metrics(),
            ("the earlier half of val", earlier.shape[1]),
            "the later half of val",
        )
    ]
    if "test" in context.results:
        test = context.results["test"]
        at = test.nearest_index(selected.alpha)
        judgements.append(judge_choice(test.ranks, test.alphas.tolist(), at, table_metrics(), ("val", n), "test"))
    metrics = (*table_metrics(), selected.criterion)
    flat = {metric: alpha_plateau(val.ranks, alphas, place, metric) for metric in metrics}
    spread = spread_of_choice(val.ranks, alphas, selected.criterion)
    return ChoiceFound(selected.alpha, selected.criterion, n, spread, flat, tuple(judgements))


def section(found: ChoiceFound, context: RunContext) -> Section:
    """Present the plateau, the spread, and the evaluation on articles that did not choose α."""
    flat, within = found.flat[found.criterion], found.spread.interval
    blocks: list[Block] = [
        Chart(
            "choice",
            partial(_plot, found, context),
            f"{found.criterion} over alpha with its 95 % band. From {flat.low:g} to {flat.high:g} it is within noise "
            f"of the chosen alpha, {found.alpha:g}. Below: the alpha chosen on bootstrap draws of the articles, from "
            f"{within.low:g} to {within.high:g} in the central 95 %.",
            420,
            f"{METRICS[found.criterion].label} over α above α* of bootstrap draws, val, n = {found.n:,}, "
            f"{DRAWS:,} draws",
        ),
        Words(
            f"Line: val, n = {found.n}, with its 95 % band. Grey: within noise of alpha* = {found.alpha:g}, which "
            f"means that the difference is less than one article is worth, or that a permutation test at 5 %, made for "
            f"each α separately, does not find it. That does not show that they are equal: only from "
            f"{flat.same_low:g} to {flat.same_high:g} do two one-sided tests at 5 % show that the difference is below "
            f"one article's worth."
        ),
        Words(
            f"With other articles of the same kind in val, alpha* could have been different: it is from {within.low:g} "
            f"to {within.high:g} in the central 95 % of the bootstrap draws. This describes how much the choice "
            f"depends on the articles. It is no confidence interval of the best α: the bootstrap is not valid for that."
        ),
        Grid(f"Within noise of alpha* = {found.alpha:g}, by metric, val, n = {found.n}", _flat_table(found)),
    ]
    for judgement in found.judgements:
        blocks += _judgement_blocks(judgement)
    honest = found.judgements[-1]  # test if its ground truth is known
    against = honest.differences.of("mrr@100", Model.FINE_TUNED, Model.WISE_FT)
    answer = (
        f"Any alpha from {flat.low:g} to {flat.high:g} is within noise of alpha* = {found.alpha:g} in "
        f"{found.criterion} (val, n = {found.n}). Chosen on {honest.chosen_on} (alpha {honest.alpha:g}) and evaluated "
        f"on {honest.judged_on}: {verdict(against, honest.differences.n, ALL_TESTS)}"
    )
    glance = Verdict(
        f"Any α from {flat.low:g} to {flat.high:g} is within noise of α* = {found.alpha:g}. WiSE-FT at an α chosen on "
        f"{honest.chosen_on} {_compared(against)} fine-tuned on {honest.judged_on}.",
        state_of([against.is_significant]),
        honest.differences.n,
        honest.judged_on.removeprefix("the "),
        (estimate_of(against, "WiSE-FT − fine-tuned"),),
    )
    return Section(CHOICE.name, CHOICE.title, answer, tuple(blocks), glance)


def _compared(difference: Difference) -> str:
    if not difference.is_significant:
        return "is not distinguishable from"
    return f"is significantly {'better' if difference.value > 0 else 'worse'} ({signed(difference.value)} mrr@100) than"


def _plot(found: ChoiceFound, context: RunContext) -> go.Figure:
    results, flat = context.val, found.flat[found.criterion]
    figure = plot_metric(
        results.curve[results.curve["split"] == "val"],
        found.criterion,
        found.alpha,
        {"val": curve_bands(results.ranks, found.criterion)},
        (flat.low, flat.high),
    )
    return add_ridge(figure, found.spread.alphas, found.spread.shares, DRAWS)


def _flat_table(found: ChoiceFound) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": metric,
            "not distinguishable": f"{flat.low:g} to {flat.high:g}",
            "equivalent": f"{flat.same_low:g} to {flat.same_high:g}",
        }
        for metric, flat in found.flat.items()
    )


def _judgement_blocks(judgement: Judgement) -> list[Block]:
    rows = []
    for regret in judgement.regrets:
        to_fine_tuned = judgement.differences.of(regret.metric, Model.FINE_TUNED, Model.WISE_FT)
        to_zero_shot = judgement.differences.of(regret.metric, Model.ZERO_SHOT, Model.WISE_FT)
        reached = judgement.differences.value(regret.metric, Model.WISE_FT)
        rows.append(
            {
                "metric": regret.metric,
                f"at α = {judgement.alpha:g}": number(reached),
                "best α in hindsight": f"{regret.best:g}",
                "regret": f"{number(regret.value)} ({between_signed(regret.interval)})",
                "over fine-tuned": f"{signed(to_fine_tuned.value)} ({between_signed(to_fine_tuned.interval)}, "
                f"{p_after_holm(to_fine_tuned.p_holm)})",
                "over zero-shot": f"{signed(to_zero_shot.value)} ({between_signed(to_zero_shot.interval)}, "
                f"{p_after_holm(to_zero_shot.p_holm)})",
            }
        )
    caption = (
        f"α = {judgement.alpha:g}, chosen on {judgement.chosen_on} (n = {judgement.n_chosen}), evaluated on "
        f"{judgement.judged_on} (n = {judgement.differences.n})"
    )
    return [
        Grid(caption, pd.DataFrame(rows)),
        Words(
            "Regret: what the α that is best in hindsight would have given in addition. It is never below zero, so "
            "even a good choice has some regret."
        ),
    ]


CHOICE = Question("choice", "Is α* the right α?", ChoiceFound, _ask, section)
