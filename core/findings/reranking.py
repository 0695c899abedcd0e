"""Question `re-ranking`: the effect of dual softmax, CSLS and Sinkhorn on each of the three models."""

from dataclasses import dataclass, replace

import pandas as pd

from core.analysis.significance import Difference, Differences, differences, holm
from core.data.time_split import Split
from core.evaluation.metrics import METRICS
from core.findings.question import Question, RunContext
from core.findings.scored_models import MODELS, SHOWN, WAYS, variant_name, with_interval
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.forest import Panel, forest_chart, row_of
from core.presentation.verdict import Verdict, estimate_of, state_of
from core.presentation.wording import correction_note, number, p_cell, signed


@dataclass(frozen=True)
class RerankingFound:
    """Answer to `re-ranking`.

    alpha: of WiSE-FT. temperature: of dual softmax and Sinkhorn. splits: each plain model (under its name) against each
    way to re-rank it (under its `variant_name`).
    """

    alpha: float
    temperature: float
    splits: dict[Split, Differences]


def _ask(context: RunContext) -> RerankingFound:
    found = {split: _on(context, split) for split in context.splits}
    temperature = context.scored_splits["val"].rerankings["dual-softmax"].temperature
    assert temperature is not None
    return RerankingFound(context.run.selected().alpha, temperature, found)


def _on(context: RunContext, split: Split) -> Differences:
    scored = context.scored_splits[split]
    pairs = [(model, way) for model in MODELS for way in WAYS]
    plain = {model: scored.ranks(model) for model in MODELS}
    others = {variant_name(model, way): scored.ranks(model, way) for model, way in pairs}
    return differences(plain | others, [(model, variant_name(model, way)) for model, way in pairs])


def section(found: RerankingFound, context: RunContext) -> Section:
    """Present the change from each way to re-rank; the answer is about the last split."""
    blocks: list[Block] = []
    for split, on in reversed(found.splits.items()):
        blocks += _blocks(on, split, found)
    split, on = list(found.splits.items())[-1]  # test if its ground truth is known
    return Section(
        RERANKING.name,
        RERANKING.title,
        f"On {split}, n = {on.n}: {_answer(on)}",
        tuple(blocks),
        _at_a_glance(on, split),
    )


def _shown(on: Differences) -> list[Difference]:
    """Return the shown differences, with p corrected over these."""
    shown = [on.of(metric, model, variant_name(model, way)) for model in MODELS for way in WAYS for metric in SHOWN]
    corrected = holm([difference.p for difference in shown])
    return [replace(difference, p_holm=p) for difference, p in zip(shown, corrected, strict=True)]


def _way(difference: Difference) -> str:
    return difference.after.removeprefix(f"{difference.before}, ")


def _forest(on: Differences, split: Split) -> Chart:
    rows = [
        row_of(difference, on.n, f"{_way(difference)}, {METRICS[difference.metric].label}", difference.before,
               difference.before)
        for difference in sorted(_shown(on), key=lambda difference: SHOWN.index(difference.metric))
    ]  # fmt: skip
    title = f"Effect of re-ranking, {split}, n = {on.n:,}, 95 % intervals"
    return forest_chart(f"re-ranking-{split}", title, [Panel("re-ranked − plain; right of 0 is better", rows)])


def _at_a_glance(on: Differences, split: Split) -> Verdict:
    shown = _shown(on)
    tested = sorted((each for each in shown if each.metric == "mrr@100"), key=lambda each: -abs(each.value))
    better = sum(each.is_significant and each.value > 0 for each in shown)
    worse = sum(each.is_significant and each.value < 0 for each in shown)
    sentence = (
        f"Of {len(shown)} differences from re-ranking, {better} are significantly better and {worse} worse; the "
        f"largest in mrr@100 is {signed(tested[0].value)} ({tested[0].after})."
    )
    state = state_of(each.is_significant for each in shown)
    return Verdict(sentence, state, on.n, split, tuple(estimate_of(each, each.after) for each in tested[:3]))


def _blocks(on: Differences, split: Split, found: RerankingFound) -> list[Block]:
    shown = _shown(on)
    table = pd.DataFrame(
        {
            "model": [difference.before for difference in shown],
            "re-ranked by": [_way(difference) for difference in shown],
            "metric": [difference.metric for difference in shown],
            "before": [number(on.value(difference.metric, difference.before)) for difference in shown],
            "after": [number(on.value(difference.metric, difference.after)) for difference in shown],
            "difference, 95 %": [with_interval(difference) for difference in shown],
            "p (Holm)": [p_cell(difference.p_holm) for difference in shown],
            "verdict": [state_of([difference.is_significant]) for difference in shown],
        }
    )
    return [
        _forest(on, split),
        Words(
            f"Re-ranking lowers the score of an image that is near to many texts of {split}. It subtracts half of the "
            f"mean cosine with the 10 nearest texts (csls), half of a softmax over all texts (dual-softmax), or what "
            f"balances demand if each image belongs to one text (sinkhorn). Both softmaxes have the temperature after "
            f"fine-tuning, {found.temperature:.3g}. Re-ranking is transductive: it uses all query texts at once, but "
            f"never the ground truth. No parameter was tuned. p: permutation test, corrected (Holm) over these "
            f"{len(shown)} rows."
        ),
        Grid(f"Effect of re-ranking, {split}, n = {on.n}, WiSE-FT at alpha {found.alpha:g}", table),
    ]


def _answer(on: Differences) -> str:
    shown = _shown(on)
    significant = [difference for difference in shown if difference.is_significant]
    if significant:
        listed = "; ".join(
            f"{difference.after}: {difference.metric} {with_interval(difference)}" for difference in significant
        )
        return (
            f"{len(significant)} of the {len(shown)} differences from re-ranking are significant after Holm's "
            f"correction: {listed}."
        )
    tested = [difference for difference in shown if difference.metric == "mrr@100"]
    largest = max(tested, key=lambda difference: abs(difference.value))
    note = correction_note(largest.interval, largest.p, largest.p_holm, f"{len(shown)} differences")
    return (
        f"None of the {len(shown)} differences from re-ranking is distinguishable from chance at this n. The largest "
        f"in mrr@100 is {with_interval(largest)}, for {largest.after}.{note}"
    )


RERANKING = Question(
    "re-ranking",
    "Does re-ranking help?",
    RerankingFound,
    _ask,
    section,
    duration_hint="about half a minute",
    seconds_for_heads=15,
)
