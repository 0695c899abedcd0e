"""Do other ways to mix beat WiSE-FT's one α? Each is searched on the earlier half of val and judged on the later half.

WiSE-FT's α is chosen on the earlier half too, by the same metric, so that no mix is judged on what it was chosen by.
All articles are ranked against all images of val. The ways are those of `core.interpolation.merges`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.analysis.significance import Difference, differences_in
from core.errors import InputError
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.findings.alpha_choice import MIN_VAL
from core.findings.question import Question, RunContext
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import Need, Searched
from core.interpolation.mix import Mix
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import between_signed, number, p_cell, p_value, signed
from core.workspace.comparable_runs import sister_runs
from core.workspace.runs import Run, load_runs

if TYPE_CHECKING:  # it imports torch
    from core.experiment.mixer import Mixer

METRIC = "mrr@100"  # it moves with every article, where half of val is few


@dataclass(frozen=True)
class MixesFound:
    """n_searched, n_judged: articles of the earlier and of the later half of val.

    runs: that differ in nothing but their seed. searched: by name, WiSE-FT and each other mix that this run allows.
    reached: METRIC on the later half, of all of them, of zero-shot and of fine-tuned. differences: of each other mix
    from WiSE-FT there, p corrected over them.
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
        raise InputError(f"{context.domain.info.slug} has {n} articles in val; its halves need at least {MIN_VAL}.")
    sisters = _sisters(context)
    mixer = Mixer(context.loaded_run, sisters)
    names = tuple(one.info.name for one in sisters)
    search = _Search(mixer, names, n // 2)
    allowed = [merge for merge in MERGES.values() if all(mixer.ends.has(need) for need in merge.needs)]
    searched = {merge.label: merge.search(search) for merge in allowed}
    models = {name: each.mix for name, each in searched.items()}
    models |= {name: Mix(names[:1], alpha) for name, alpha in ((Model.ZERO_SHOT, 0.0), (Model.FINE_TUNED, 1.0))}
    later = {name: mixer.ranks(mix)[search.earlier :] for name, mix in models.items()}
    pairs = [(Model.WISE_FT, name) for name in searched if name != Model.WISE_FT]
    return MixesFound(
        search.earlier,
        len(later[Model.WISE_FT]),
        names,
        searched,
        {name: _value(ranks) for name, ranks in later.items()},
        tuple(differences_in(METRIC, later, pairs)),
    )


def _sisters(context: RunContext) -> list[Run]:
    """The run that is asked about, then the newest of each other seed."""
    run = context.run
    sisters = sister_runs(run, load_runs(context.workspace, run.info.domain))
    return [run, *(one for one in sisters if one.info.settings.seed != run.info.settings.seed)]


class _Search:
    """Judges candidates by the first `earlier` articles of val, and by nothing else."""

    def __init__(self, mixer: "Mixer", runs: tuple[str, ...], earlier: int) -> None:
        self.mixer, self.runs, self.earlier = mixer, runs, earlier
        self.parts: Sequence[str] = mixer.ends.changed_parts

    def value(self, mix: Mix) -> float:
        return _value(self.mixer.ranks(mix)[: self.earlier])

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Of equal ones the first."""
        values = [(mix, self.value(mix)) for mix in mixes]
        mix, value = max(values, key=lambda each: each[1])
        return Searched(mix, tried_before + len(values), value)


def _value(ranks: np.ndarray) -> float:
    return float(values_of(ranks, METRIC).mean())


def section(found: MixesFound, context: RunContext) -> Section:
    """Whether any mix differs from WiSE-FT first, then all of them, then what does not exist for this run."""
    caption = (
        f"Chosen on the earlier half of val (n = {found.n_searched}), judged on the later half "
        f"(n = {found.n_judged}), {METRIC}"
    )
    blocks: list[Block] = [
        Grid(caption, _table(found)),
        Words(
            f"WiSE-FT's α was chosen anew on the same earlier half, among tenths as every other (α per depth: among "
            f"quarters). Difference: from WiSE-FT, with its 95 % interval (paired bootstrap). p: permutation test, "
            f"corrected (Holm) over the {len(found.differences)} mixes."
        ),
        Words(". ".join(f"{merge.label}: {merge.help}" for merge in MERGES.values() if merge.label in found.searched)),
        *(Words(sentence) for sentence in _missing(found, context)),
    ]
    return Section(MIXES.name, MIXES.title, _answer(found), tuple(blocks))


def _answer(found: MixesFound) -> str:
    better = [_measured(one) for one in found.differences if one.is_significant and one.value > 0]
    worse = [_measured(one) for one in found.differences if one.is_significant and one.value < 0]
    judged = f"on {found.n_judged} later articles"
    if better:
        told = f"Better than WiSE-FT {judged}: {'; '.join(better)}."
    else:
        best = max(found.differences, key=lambda one: one.value)
        needed = (
            f", for which about {best.required_n:,} would be needed" if (best.required_n or 0) > found.n_judged else ""
        )
        told = (
            f"None of the {len(found.differences)} other ways to mix is distinguishably better than WiSE-FT {judged}; "
            f"the best of them is {_measured(best)}{needed}."
        )
    return f"{told} Worse: {'; '.join(worse)}." if worse else told


def _measured(one: Difference) -> str:
    """A mix and its difference from WiSE-FT."""
    return f"{one.after} ({METRIC} {signed(one.value)}, {between_signed(one.interval)}, {p_value(one.p_holm)})"


def _table(found: MixesFound) -> pd.DataFrame:
    differences = {one.after: one for one in found.differences}
    rows = []
    for name in (Model.ZERO_SHOT, Model.FINE_TUNED, *found.searched):
        row = {"mix": name, "chosen": "", "tried": "", "earlier half": "", "later half": number(found.reached[name])}
        row |= {"difference": "", "95 % interval": "", "p (Holm)": "", "verdict": ""}
        if name in found.searched:
            each = found.searched[name]
            row |= {"chosen": described(each.mix), "tried": f"{each.candidates}", "earlier half": number(each.value)}
        if name in differences:
            one = differences[name]
            row |= {
                "difference": signed(one.value),
                "95 % interval": between_signed(one.interval),
                "p (Holm)": p_cell(one.p_holm),
                "verdict": ("better" if one.value > 0 else "worse") if one.is_significant else "not distinguishable",
            }
        rows.append(row)
    return pd.DataFrame(rows)


def described(mix: Mix) -> str:
    """`α 0.4`, `α image 0.2, text 0.7`, `3 runs, α 0.8`."""
    alphas = ", ".join(f"{part.replace('.', ' ')} {alpha:g}" for part, alpha in mix.own.items()) or f"{mix.alpha:g}"
    runs = f"{len(mix.runs)} runs, " if len(mix.runs) > 1 else ""
    return f"{runs}α {alphas}"


def _missing(found: MixesFound, context: RunContext) -> list[str]:
    """Say which ways this run does not allow, and why."""
    info = context.run.info
    reasons: dict[Need, str] = {
        "both towers": "training changed one tower only.",
        "depths": f"training (--tune {info.settings.tune}) changed no blocks of different depth; --tune text, last:N "
        f"or all does.",
        "several runs": f"no swept run differs from this one in nothing but its seed. Make some with: rematch train "
        f"--domain {info.domain} --seeds {','.join(str(info.settings.seed + more) for more in range(3))} and the "
        f"settings of this run.",
    }
    missing = [merge for merge in MERGES.values() if merge.label not in found.searched]
    labels = {need: ", ".join(merge.label for merge in missing if need in merge.needs) for need in reasons}
    return [f"{labels[need]}: not here, since {reason}" for need, reason in reasons.items() if labels[need]]


MIXES = Question(
    "mixes",
    "Do other ways to mix beat one α?",
    MixesFound,
    _ask,
    section,
    duration_hint="seconds for heads, else as long as two or three sweeps",
    cache_key_parts=lambda context: tuple(one.info.fine_tuned for one in _sisters(context)),
)
