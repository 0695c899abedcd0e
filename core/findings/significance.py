"""Is the difference real? Zero-shot, fine-tuned and WiSE-FT on every split that can be judged.

Is the difference real? The three models with intervals, what changes between them, and a verdict in words.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.significance import PAIRS, Difference, Differences, differences
from core.data.time_split import Split
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import between, between_signed, number, p_cell, p_value, signed


@dataclass(frozen=True)
class DifferenceFound:
    """alpha: WiSE-FT's. splits: what was found on each."""

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
    """The verdict on mrr@100 first, then every metric."""
    blocks: list[Block] = [
        Words(
            f"WiSE-FT is at alpha {found.alpha:g}. Intervals: paired bootstrap, 95 %, one metric at a time. p: "
            f"permutation test, corrected (Holm) over the {len(METRICS)} metrics of a pair of models. Required n: "
            f"articles at which a difference of this size would be found in four of five cases."
        )
    ]
    for split, each in found.splits.items():
        if split == "val":
            blocks.append(Words("On val, alpha was chosen on these same articles, which flatters WiSE-FT there."))
        blocks.append(Grid(f"The three models, {split}, n = {each.n}", _reached(each)))
        blocks.append(Grid(f"What changes from one to the other, {split}, n = {each.n}", _differences(each)))
    last = list(found.splits)[-1]  # test where it is known
    judged = found.splits[last]
    verdicts = [verdict(judged.of("mrr@100", before, after), judged.n) for before, after in PAIRS]
    return Section(DIFFERENCE.name, DIFFERENCE.title, f"On {last}, n = {judged.n}: {' '.join(verdicts)}", tuple(blocks))


def verdict(one: Difference, n: int) -> str:
    """A difference in a sentence: real, or not distinguishable at this n and how many articles it would take."""
    within = f"({between_signed(one.interval, one.metric)}, {p_value(one.p_holm)})"
    measured = f"{one.metric} {signed(one.value, one.metric)} {within}"
    if one.is_significant:
        return f"{one.after} differs from {one.before}: {measured}."
    needed = f"; about {one.required_n:,} articles would be needed" if one.required_n and one.required_n > n else ""
    return f"{one.after} and {one.before} are not distinguishable at n = {n}: {measured}{needed}."


def _reached(each: Differences) -> pd.DataFrame:
    by = {(one.model, one.metric): one for one in each.reached}
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


def _differences(each: Differences) -> pd.DataFrame:
    rows = [each.of(metric, before, after) for before, after in PAIRS for metric in METRICS]
    return pd.DataFrame(
        {
            "from": [one.before for one in rows],
            "to": [one.after for one in rows],
            "metric": [one.metric for one in rows],
            "difference": [signed(one.value, one.metric) for one in rows],
            "95 % interval": [between_signed(one.interval, one.metric) for one in rows],
            "p (Holm)": [p_cell(one.p_holm) for one in rows],
            "required n": ["–" if one.required_n is None else f"{one.required_n:,}" for one in rows],
            "verdict": ["real" if one.is_significant else "not distinguishable" for one in rows],
        }
    )


DIFFERENCE = Question("difference", "Is the difference real?", DifferenceFound, _ask, section)
