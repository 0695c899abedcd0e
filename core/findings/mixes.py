"""Question `mixes`: WiSE-FT against the other merges, with equal budgets, on articles that did not choose their mix.

Each merge is searched twice: on the earlier half of val, which evaluates the mix on the later half, and the other way
round (cross-fitting). So every article is evaluated, and none under a mix that it chose; that holds for WiSE-FT's α
too. All articles are ranked against all images of val. `core.interpolation.merges` has the merges.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.significance import Difference, differences
from core.evaluation.models import Model
from core.findings.merge_search import (
    METRIC,
    describe_mix,
    mean_value,
    merged_weights,
    open_mixer,
    search_merges,
    sisters_of,
)
from core.findings.question import Question, RunContext
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import BUDGET, Need, Price, Searched
from core.interpolation.mix import Mix
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.forest import Panel, forest_chart, row_of
from core.presentation.verdict import Verdict, estimate_of, state_of
from core.presentation.wording import (
    between_signed,
    correction_note,
    detectable_text,
    number,
    p_after_holm,
    p_cell,
    signed,
)

_COLUMNS = (
    "mix", METRIC, "difference", "95 % interval", "p (Holm)", "verdict", "chosen on the earlier half",
    "on the later half", "tried", "passes", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class MergeFound:
    """A merge under test: its mix chosen on the earlier and on the later half of val, and the price of both searches.

    reached: METRIC over all articles of val, each under the mix that the other half chose.
    """

    earlier: Searched
    later: Searched
    reached: float
    price: Price


@dataclass(frozen=True)
class MixesFound:
    """Answer to `mixes`.

    n: articles of val. runs: runs that differ only in their seed. elsewhere: runs of the same model on other domains.
    merges: by label, WiSE-FT and every other merge that this run allows. ends: METRIC of zero-shot and fine-tuned.
    differences: of every other merge from WiSE-FT, with p corrected over them.
    """

    n: int
    runs: tuple[str, ...]
    elsewhere: tuple[str, ...]
    merges: dict[str, MergeFound]
    ends: dict[str, float]
    differences: tuple[Difference, ...]


def _ask(context: RunContext) -> MixesFound:
    mixer, names = open_mixer(context), tuple(run.info.name for run in sisters_of(context))
    ranks: dict[str, np.ndarray] = {
        name: mixer.ranks(Mix(names[:1], alpha)) for name, alpha in ((Model.ZERO_SHOT, 0.0), (Model.FINE_TUNED, 1.0))
    }
    ends = {name: mean_value(found) for name, found in ranks.items()}
    merges: dict[str, MergeFound] = {}
    for label, choice in search_merges(mixer, names).items():
        ranks[label] = choice.crossed(mixer.ranks)
        merges[label] = MergeFound(choice.earlier, choice.later, mean_value(ranks[label]), mixer.price(choice.tried))
    pairs = [(Model.WISE_FT, label) for label in merges if label != Model.WISE_FT]
    tests = differences(ranks, pairs, [METRIC]).differences
    return MixesFound(len(context.val.articles), names, mixer.ends.elsewhere, merges, ends, tests)


def section(found: MixesFound, context: RunContext) -> Section:
    """Present all merges with their differences from WiSE-FT and prices, and those that this run does not allow."""
    caption = f"{METRIC} on val (n = {found.n}), each half under the mix that the other half chose"
    rows = [row_of(each, found.n, each.after, "") for each in found.differences]
    title = f"Other ways to mix against WiSE-FT, {METRIC}, val, n = {found.n:,}, 95 % intervals"
    blocks: list[Block] = [
        *(
            [forest_chart("mixes", title, [Panel("difference from WiSE-FT; right of 0 is better", rows)])]
            if rows
            else []
        ),
        Grid(caption, _table(found)),
        Words(
            f"WiSE-FT's α was chosen in the same way. Every merge tries at most {BUDGET} mixes on each half. "
            f"Difference: from WiSE-FT, with its 95 % interval (paired bootstrap). p: permutation test, corrected "
            f"(Holm) over the {len(found.differences)} merges. Passes: encodings of val by one tower that both "
            f"searches need."
        ),
        Words(". ".join(f"{merge.label}: {merge.help}" for merge in MERGES.values() if merge.label in found.merges)),
        *(Words(sentence) for sentence in _missing(found, context)),
    ]
    return Section(MIXES.name, MIXES.title, _answer(found), tuple(blocks), _at_a_glance(found))


def _at_a_glance(found: MixesFound) -> Verdict:
    ranked = sorted(found.differences, key=lambda difference: -difference.value)
    better = [f"{each.after} {signed(each.value)}" for each in ranked if each.is_significant and each.value > 0]
    sentence = (
        f"Significantly better than WiSE-FT in {METRIC}: {', '.join(better)}."
        if better
        else f"None of the {len(ranked)} other ways to mix is distinguishably better than WiSE-FT."
    )
    shown = tuple(estimate_of(each, f"{each.after} − WiSE-FT") for each in ranked[:3])
    return Verdict(sentence, state_of([bool(better)]), found.n, "val", shown)


def _answer(found: MixesFound) -> str:
    significant = [difference for difference in found.differences if difference.is_significant]
    better = [_with_figures(difference) for difference in significant if difference.value > 0]
    worse = [_with_figures(difference) for difference in significant if difference.value < 0]
    articles = f"on the {found.n} articles of val"
    if better:
        answer = f"Significantly better than WiSE-FT {articles}: {'; '.join(better)}."
    else:
        best = max(found.differences, key=lambda difference: difference.value)
        note = correction_note(best.interval, best.p, best.p_holm, f"{len(found.differences)} merges")
        answer = (
            f"None of the {len(found.differences)} other ways to mix is distinguishably better than WiSE-FT "
            f"{articles}. The best of them is {_with_figures(best)}{detectable_text(best)}.{note}"
        )
    return f"{answer} Significantly worse: {'; '.join(worse)}." if worse else answer


def _with_figures(difference: Difference) -> str:
    """Return the name of a mix with its difference from WiSE-FT."""
    figures = (signed(difference.value), between_signed(difference.interval), p_after_holm(difference.p_holm))
    return f"{difference.after} ({METRIC} {', '.join(figures)})"


def _table(found: MixesFound) -> pd.DataFrame:
    differences = {difference.after: difference for difference in found.differences}
    rows = [{"mix": name, METRIC: number(value)} for name, value in found.ends.items()]
    for label, merge in found.merges.items():
        row = {
            "mix": label,
            METRIC: number(merge.reached),
            "chosen on the earlier half": describe_mix(merge.earlier.mix),
            "on the later half": describe_mix(merge.later.mix),
            "tried": f"{max(merge.earlier.candidates, merge.later.candidates)}",
            "passes": f"{merge.price.passes}",
            "seconds": f"{merge.price.seconds:.1f}",
        }
        if label in differences:
            difference = differences[label]
            better_or_worse = "better" if difference.value > 0 else "worse"
            row |= {
                "difference": signed(difference.value),
                "95 % interval": between_signed(difference.interval),
                "p (Holm)": p_cell(difference.p_holm),
                "verdict": better_or_worse if difference.is_significant else "not distinguishable",
            }
        rows.append(row)
    return pd.DataFrame(rows, columns=_COLUMNS).fillna("")


def _missing(found: MixesFound, context: RunContext) -> list[str]:
    """Return a sentence for the merges that this run does not allow, with the reason."""
    info = context.run.info
    reasons: dict[Need, str] = {
        "both towers": "training changed only one tower.",
        "depths": f"training with --tune {info.settings.tune} did not change blocks of different depth. Train with "
        f"--tune text, last:N or all.",
        "several runs": f"there is no other swept run that differs only in its seed. Train more with: rematch train "
        f"--domain {info.domain} --seeds {','.join(str(info.settings.seed + more) for more in range(3))} and the "
        f"settings of this run.",
        "several domains": f"no other domain has a run of this model with --tune {info.settings.tune}.",
    }
    missing = [merge for merge in MERGES.values() if merge.label not in found.merges]
    labels = {need: ", ".join(merge.label for merge in missing if need in merge.needs) for need in reasons}
    return [f"{labels[need]}: not available, because {reason}" for need, reason in reasons.items() if labels[need]]


MIXES = Question(
    "mixes",
    "Do other ways to mix beat one α?",
    MixesFound,
    _ask,
    section,
    version=2,
    duration_hint="seconds for heads, otherwise as long as ten to fifteen sweeps",
    seconds_for_heads=12,
    cache_key_parts=merged_weights,
)
