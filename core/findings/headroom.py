"""Question `headroom`: what one α per article could gain over one α for all, and whether any rule reaches it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.analysis.decision import is_significant
from core.analysis.headroom import (
    BEST_OF_ALL,
    METRIC,
    SHUFFLES,
    SPREAD,
    Headroom,
    Luck,
    RuleValue,
    compare_rules,
    luck_of,
    one_alpha,
    rows_of_oracle,
)
from core.data.time_split import Split
from core.findings.question import Question, RunContext
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.forest import ForestRow, Panel, forest_chart
from core.presentation.verdict import Estimate, Verdict, verdict_on
from core.presentation.wording import between_signed, number, p_after_holm, p_cell, signed
from core.workspace.sweep_results import Results


@dataclass(frozen=True)
class HeadroomFound:
    """Answer to `headroom`. temperature: of DaWin's softmax as training ended."""

    temperature: float
    splits: dict[Split, Headroom]


def _ask(context: RunContext) -> HeadroomFound:
    from core.experiment.signals import temperature_of

    found = {split: _on(context, results) for split, results in context.results.items()}
    return HeadroomFound(temperature_of(context.loaded_run), found)


def _on(context: RunContext, results: Results) -> Headroom:
    from core.experiment.signals import signals_of, unrelated_ranks

    ranks, alphas, loaded_run = np.asarray(results.ranks), results.alphas, context.loaded_run
    single = one_alpha(ranks)
    grid = rows_of_oracle(alphas, single)
    place = np.searchsorted(grid, single)
    at_single = ranks[single, np.arange(len(single))]
    others = unrelated_ranks(loaded_run, results.split, alphas[grid], at_single, place)
    compared = compare_rules(ranks, alphas, signals_of(loaded_run, results.split))
    return replace(compared, luck=luck_of(ranks[grid], place, others))


def section(found: HeadroomFound, context: RunContext) -> Section:
    """Present all rules, then the luck of the oracles; the answer is about the last split."""
    blocks: list[Block] = [
        Words(
            f"One α, centres, temperatures and the selector are chosen by {METRIC} on nine tenths of the articles and "
            f"evaluated on the tenth. An oracle chooses each article's α by the rank of its own image: it is a bound, "
            f"not a rule. DaWin: α is exp(−H) of the fine-tuned model over the sum of both, where H is the entropy of "
            f"a softmax over the gallery at temperature {found.temperature:.3g}, or at its half, quarter or eighth. In "
            f"the centred rule, margin and VRF, the signal orders the articles, and α varies by {SPREAD:g} around a "
            f"centre. VRF: nearness to the articles of train that only the fine-tuned model solves. Selector: a ridge "
            f"regression on all signals. The control shuffles the α of the centred DaWin among the articles {SHUFFLES} "
            f"times."
        )
    ]
    for split, on in reversed(found.splits.items()):
        blocks.append(_forest(on, split))
        blocks.append(Grid(f"α per article against one α, {METRIC}, {split}, n = {on.n}", _rules(on)))
        if on.luck:
            blocks.append(Grid(f"How much of each oracle's gain is luck, {METRIC}, {split}", _luck(on.luck)))
    blocks.append(
        Words(
            "Luck: for each article other articles are drawn, and in their lists the image in the place of the own "
            "image. Its rank moves along α as ranks do, but nothing relates it to the text. What an oracle gains for "
            "such images, it gains by choosing the best point of a curve that fluctuates. Such images fall back at "
            "other α more than own images, so luck is rather under- than overestimated. p: permutation test, corrected "
            "(Holm) over the rules; oracles and the control are not tested."
        )
    )
    split, on = list(found.splits.items())[-1]  # test if its ground truth is known
    answer = f"On {split}, n = {on.n}: {_answer(on)}"
    return Section(HEADROOM.name, HEADROOM.title, answer, tuple(blocks), _at_a_glance(on, split))


def _forest(on: Headroom, split: Split) -> Chart:
    """Plot the rules that one could use; oracles, which are no rules, have no test and are in the table."""
    rows = [
        ForestRow(rule.name, "", on.n, rule.difference, rule.interval, is_significant(rule.p_holm), rule.p_holm)
        for rule in on.usable
        if rule.p_holm is not None
    ]
    title = f"α per article against one α, {METRIC}, {split}, n = {on.n:,}, 95 % intervals"
    return forest_chart(f"headroom-{split}", title, [Panel("difference from one α; right of 0 is better", rows)])


def _at_a_glance(on: Headroom, split: Split) -> Verdict:
    ranked = sorted(on.usable, key=lambda rule: -rule.difference)
    effects = [
        Estimate(rule.name, rule.difference, rule.interval, rule.p_holm is not None and is_significant(rule.p_holm))
        for rule in ranked
    ]
    best, verdict = ranked[0], "significantly better than" if _is_better(ranked[0]) else "not distinguishable from"
    sentence = f"The best rule, {best.name}, is {verdict} one α ({signed(best.difference)} {METRIC})."
    return verdict_on(effects, sentence, on.n, split)


def _rules(on: Headroom) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "α per article": [rule.name for rule in on.rules],
            "mean α ± sd": [f"{rule.mean:.2f} ± {rule.spread:.2f}" for rule in on.rules],
            METRIC: [number(rule.value) for rule in on.rules],
            "difference to one α, 95 %": [_difference(rule) if place else "–" for place, rule in enumerate(on.rules)],
            "p (Holm)": ["–" if rule.p_holm is None else p_cell(rule.p_holm) for rule in on.rules],
        }
    )


def _difference(rule: RuleValue | Luck) -> str:
    value = rule.difference if isinstance(rule, RuleValue) else rule.beyond
    return f"{signed(value)} ({between_signed(rule.interval)})"


def _luck(luck: tuple[Luck, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "oracle": [part.oracle for part in luck],
            "n": [f"{part.n}" for part in luck],
            "gain over one α": [signed(part.gain) for part in luck],
            "of unrelated images": [signed(part.by_chance) for part in luck],
            "beyond luck, 95 %": [_difference(part) for part in luck],
        }
    )


def _answer(on: Headroom) -> str:
    bound, best = on.of(BEST_OF_ALL), max(on.usable, key=lambda rule: rule.difference)
    sentences = [f"with the best α of each article {METRIC} would be {_difference(bound)} higher than with one α."]
    if luck := next((part for part in on.luck if part.oracle == BEST_OF_ALL), None):
        sentences.append(
            f"For unrelated images in the same places, the same choice gains {signed(luck.by_chance)}: that part is "
            f"luck, and {_difference(luck)} remains."
        )
    assert best.p_holm is not None
    share = f", {best.difference / bound.difference:.0%} of the bound" if best.difference > 0 else ""
    verdict = "is significantly better than" if _is_better(best) else "cannot be distinguished from"
    sentences.append(
        f"The best rule without ground truth, {best.name}, {verdict} one α: {_difference(best)}, "
        f"{p_after_holm(best.p_holm)}{share}."
    )
    return " ".join(sentences)


def _is_better(rule: RuleValue) -> bool:
    return rule.p_holm is not None and is_significant(rule.p_holm) and rule.difference > 0


HEADROOM = Question(
    "headroom",
    "Would one α per article be better?",
    HeadroomFound,
    _ask,
    section,
    duration_hint="some seconds, to load the models",
    seconds_for_heads=7,
)
