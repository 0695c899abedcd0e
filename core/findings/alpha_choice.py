"""Is α* the right α? Its spread over draws, its flat region, and what it is worth on articles it was not chosen on."""

from dataclasses import dataclass

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
from core.errors import InputError
from core.evaluation.metrics import METRIC_NAMES, lower_is_better
from core.findings.question import Question, RunContext
from core.workspace.sweep_results import Results

#: Mean-type metrics whose regret and flat region are told.
METRICS = tuple(name for name in METRIC_NAMES.values() if not lower_is_better(name))
LEAST = 4  # articles of val: two to choose on, two to judge


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
    return alpha_plateau(results.ranks, results.alphas.tolist(), results.place(selected.alpha), selected.criterion)


def _ask(context: RunContext) -> ChoiceFound:
    val, selected = context.val, context.run.selected()
    n = val.ranks.shape[1]
    if n < LEAST:
        raise InputError(f"{context.domain.info.slug} has {n} articles in val; its halves need at least {LEAST}.")
    alphas, place = val.alphas.tolist(), val.place(selected.alpha)
    earlier, later = halves(val.ranks)
    on_half = chosen_place(earlier, selected.criterion)
    judgements = [
        judged(later, alphas, on_half, METRICS, ("the earlier half of val", earlier.shape[1]), "the later half of val")
    ]
    if "test" in context.results:
        test = context.results["test"]
        at = test.place(selected.alpha)
        judgements.append(judged(test.ranks, test.alphas.tolist(), at, METRICS, ("val", n), "test"))
    flat = {metric: alpha_plateau(val.ranks, alphas, place, metric) for metric in (*METRICS, selected.criterion)}
    spread = spread_of_choice(val.ranks, alphas, selected.criterion)
    return ChoiceFound(selected.alpha, selected.criterion, n, spread, flat, tuple(judgements))


CHOICE = Question("choice", "Is α* the right α?", ChoiceFound, _ask)
