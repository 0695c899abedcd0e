"""Question `mixes`: WiSE-FT against the other merges, each searched on the earlier half of val, evaluated on the later.

The earlier half also chooses WiSE-FT's α, by the same metric, so that every mix is evaluated on articles that did not
choose it. All articles are ranked against all images of val. `core.interpolation.merges` has the merges.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.analysis.significance import Difference, differences
from core.errors import InputError
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.findings.alpha_choice import MIN_VAL
from core.findings.question import Question, RunContext
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import Need, Searched
from core.interpolation.mix import Mix
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import (
    between_signed,
    correction_note,
    detectable_text,
    number,
    p_cell,
    p_value,
    signed,
)
from core.workspace.comparable_runs import sister_runs
from core.workspace.runs import Run, load_runs

if TYPE_CHECKING:  # imports torch
    from core.experiment.mixer import Mixer

METRIC = "mrr@100"  # changes with every article, which matters because half of val is small


@dataclass(frozen=True)
class MixesFound:
    """Answer to `mixes`.

    n_searched, n_judged: articles of the earlier and of the later half of val. runs: runs that differ only in their
    seed. searched: by name, WiSE-FT and every other mix that this run allows. reached: METRIC on the later half for all
    of them, zero-shot and fine-tuned. differences: of every other mix from WiSE-FT there, with p corrected over them.
    """

    n_searched: int
    n_judged: int
    runs: tuple[str, ...]
    searched: dict[str, Searched]
    reached: dict[str, float]
    differences: tuple[Difference, ...]


def _ask(context: RunContext) -> MixesFound:
    from core.experiment.mixer import Mixer

    n = len(context.val.articles)
    if n < MIN_VAL:
        raise InputError(
            f"Domain '{context.domain.info.slug}' has only {n} articles in val, too few to search on one half and "
            f"evaluate on the other. Import at least {MIN_VAL} articles for val."
        )
    sisters = _sisters(context)
    mixer = Mixer(context.loaded_run, sisters)
    names = tuple(run.info.name for run in sisters)
    search = _Search(mixer, names, n // 2)
    allowed = [merge for merge in MERGES.values() if all(mixer.ends.has(need) for need in merge.needs)]
    searched = {merge.label: merge.search(search) for merge in allowed}
    models = {name: result.mix for name, result in searched.items()}
    models |= {name: Mix(names[:1], alpha) for name, alpha in ((Model.ZERO_SHOT, 0.0), (Model.FINE_TUNED, 1.0))}
    later = {name: mixer.ranks(mix)[search.earlier :] for name, mix in models.items()}
    pairs = [(Model.WISE_FT, name) for name in searched if name != Model.WISE_FT]
    return MixesFound(
        search.earlier,
        len(later[Model.WISE_FT]),
        names,
        searched,
        {name: _value(ranks) for name, ranks in later.items()},
        differences(later, pairs, [METRIC]).differences,
    )


def _sisters(context: RunContext) -> list[Run]:
    """Return the analysed run, then the newest run of every other seed."""
    run = context.run
    sisters = sister_runs(run, load_runs(context.workspace, run.info.domain))
    return [run, *(other for other in sisters if other.info.settings.seed != run.info.settings.seed)]


class _Search:
    """Evaluation of candidates on the first `earlier` articles of val only."""

    def __init__(self, mixer: "Mixer", runs: tuple[str, ...], earlier: int) -> None:
        self.mixer, self.runs, self.earlier = mixer, runs, earlier
        self.parts: Sequence[str] = mixer.ends.changed_parts

    def value(self, mix: Mix) -> float:
        """Return the metric of a mix on the earlier half."""
        return _value(self.mixer.ranks(mix)[: self.earlier])

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Return the best of `mixes`; the first of equal ones."""
        values = [(mix, self.value(mix)) for mix in mixes]
        mix, value = max(values, key=lambda pair: pair[1])
        return Searched(mix, tried_before + len(values), value)


def _value(ranks: np.ndarray) -> float:
    return float(values_of(ranks, METRIC).mean())


def section(found: MixesFound, context: RunContext) -> Section:
    """Present all mixes, with their differences from WiSE-FT, and the merges that this run does not allow."""
    caption = (
        f"Chosen on the earlier half of val (n = {found.n_searched}), evaluated on the later half "
        f"(n = {found.n_judged}), {METRIC}"
    )
    blocks: list[Block] = [
        Grid(caption, _table(found)),
        Words(
            f"The same earlier half chose WiSE-FT's α, in steps of 0.1 like that of every other mix (α per depth: "
            f"0.25). Difference: from WiSE-FT, with its 95 % interval (paired bootstrap). p: permutation test, "
            f"corrected (Holm) over the {len(found.differences)} mixes."
        ),
        Words(". ".join(f"{merge.label}: {merge.help}" for merge in MERGES.values() if merge.label in found.searched)),
        *(Words(sentence) for sentence in _missing(found, context)),
    ]
    return Section(MIXES.name, MIXES.title, _answer(found), tuple(blocks))


def _answer(found: MixesFound) -> str:
    significant = [difference for difference in found.differences if difference.is_significant]
    better = [_with_figures(difference) for difference in significant if difference.value > 0]
    worse = [_with_figures(difference) for difference in significant if difference.value < 0]
    articles = f"on the {found.n_judged} articles of the later half"
    if better:
        answer = f"Significantly better than WiSE-FT {articles}: {'; '.join(better)}."
    else:
        best = max(found.differences, key=lambda difference: difference.value)
        note = correction_note(best.interval, best.p, best.p_holm, f"{len(found.differences)} mixes")
        answer = (
            f"None of the {len(found.differences)} other ways to mix is distinguishably better than WiSE-FT "
            f"{articles}. The best of them is {_with_figures(best)}{detectable_text(best)}.{note}"
        )
    return f"{answer} Significantly worse: {'; '.join(worse)}." if worse else answer


def _with_figures(difference: Difference) -> str:
    """Return the name of a mix with its difference from WiSE-FT."""
    figures = (signed(difference.value), between_signed(difference.interval), p_value(difference.p_holm))
    return f"{difference.after} ({METRIC} {', '.join(figures)})"


def _table(found: MixesFound) -> pd.DataFrame:
    differences = {difference.after: difference for difference in found.differences}
    rows = []
    for name in (Model.ZERO_SHOT, Model.FINE_TUNED, *found.searched):
        row = {"mix": name, "chosen": "", "tried": "", "earlier half": "", "later half": number(found.reached[name])}
        row |= {"difference": "", "95 % interval": "", "p (Holm)": "", "verdict": ""}
        if name in found.searched:
            best = found.searched[name]
            row |= {"chosen": describe_mix(best.mix), "tried": f"{best.candidates}", "earlier half": number(best.value)}
        if name in differences:
            difference = differences[name]
            better_or_worse = "better" if difference.value > 0 else "worse"
            row |= {
                "difference": signed(difference.value),
                "95 % interval": between_signed(difference.interval),
                "p (Holm)": p_cell(difference.p_holm),
                "verdict": better_or_worse if difference.is_significant else "not distinguishable",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def describe_mix(mix: Mix) -> str:
    """Return a mix in words: `α 0.4`, `α image 0.2, text 0.7`, `3 runs, α 0.8`."""
    alphas = ", ".join(f"{part.replace('.', ' ')} {alpha:g}" for part, alpha in mix.own.items()) or f"{mix.alpha:g}"
    runs = f"{len(mix.runs)} runs, " if len(mix.runs) > 1 else ""
    return f"{runs}α {alphas}"


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
    }
    missing = [merge for merge in MERGES.values() if merge.label not in found.searched]
    labels = {need: ", ".join(merge.label for merge in missing if need in merge.needs) for need in reasons}
    return [f"{labels[need]}: not available, because {reason}" for need, reason in reasons.items() if labels[need]]


MIXES = Question(
    "mixes",
    "Do other ways to mix beat one α?",
    MixesFound,
    _ask,
    section,
    duration_hint="seconds for heads, otherwise as long as two or three sweeps",
    cache_key_parts=lambda context: tuple(run.info.fine_tuned for run in _sisters(context)),
)
