"""Does re-ranking help? Dual softmax and CSLS on each of the three models."""

from dataclasses import dataclass

import pandas as pd

from core.analysis.significance import LEVEL_OF_TESTS, Difference, Differences, differences, holm
from core.data.time_split import Split
from core.findings.question import Question, RunContext
from core.findings.scored_models import MODELS, SHOWN, WAYS, measured, named
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import number, p_cell


@dataclass(frozen=True)
class RerankingFound:
    """alpha: WiSE-FT's. temperature: of the dual softmax.

    splits: each model plain (its name) against each way to re-rank it (`named`).
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
    others = {named(model, way): scored.ranks(model, way) for model, way in pairs}
    return differences(plain | others, [(model, named(model, way)) for model, way in pairs])


def section(found: RerankingFound, context: RunContext) -> Section:
    """What each way to re-rank changes; the answer is of the last split."""
    blocks: list[Block] = []
    for split, on in found.splits.items():
        blocks += _blocks(on, split, found)
    split, on = list(found.splits.items())[-1]  # test where it is known
    return Section(RERANKING.name, RERANKING.title, f"On {split}, n = {on.n}: {_answer(on)}", tuple(blocks))


def _shown(on: Differences) -> list[Difference]:
    return [on.of(metric, model, named(model, way)) for model in MODELS for way in WAYS for metric in SHOWN]


def _blocks(on: Differences, split: Split, found: RerankingFound) -> list[Block]:
    shown = _shown(on)
    corrected = holm([one.p for one in shown])
    table = pd.DataFrame(
        {
            "model": [one.before for one in shown],
            "re-ranked by": [one.after.removeprefix(f"{one.before}, ") for one in shown],
            "metric": [one.metric for one in shown],
            "before": [number(on.value(one.metric, one.before)) for one in shown],
            "after": [number(on.value(one.metric, one.after)) for one in shown],
            "difference, 95 %": [measured(one) for one in shown],
            "p (Holm)": [p_cell(p) for p in corrected],
            "verdict": ["real" if p < LEVEL_OF_TESTS else "not distinguishable" for p in corrected],
        }
    )
    return [
        Words(
            f"Re-ranking takes from each score half of how near the image is to all texts of {split}: the mean "
            f"cosine with its 10 nearest (csls), or a softmax over them all at the temperature that fine-tuning ended "
            f"with, {found.temperature:.3g} (dual-softmax). It is transductive: it looks at all queries at once, "
            f"though never at which image is whose. Nothing was searched for. p: permutation test, corrected (Holm) "
            f"over these {len(shown)} rows."
        ),
        Grid(f"What re-ranking changes, {split}, n = {on.n}, WiSE-FT at alpha {found.alpha:g}", table),
    ]


def _answer(on: Differences) -> str:
    shown = _shown(on)
    corrected = holm([one.p for one in shown])
    real = [one for one, p in zip(shown, corrected, strict=True) if p < LEVEL_OF_TESTS]
    if real:
        listed = "; ".join(f"{one.after}: {one.metric} {measured(one)}" for one in real)
        return f"Of the {len(shown)} differences that re-ranking makes {len(real)} are real (Holm): {listed}."
    largest = max((one for one in shown if one.metric == "mrr@100"), key=lambda one: abs(one.value))
    return (
        f"None of the {len(shown)} differences that re-ranking makes can be told from chance at this n (Holm); the "
        f"largest of mrr@100 is {measured(largest)}, for {largest.after}."
    )


RERANKING = Question(
    "re-ranking",
    "Does re-ranking help?",
    RerankingFound,
    _ask,
    section,
    duration_hint="about half a minute",
)
