"""Do other ways to mix beat WiSE-FT's one α? Each is searched on the earlier half of val and judged on the later half.

WiSE-FT's α is chosen on the earlier half too, by the same metric, so that no mix is judged on what it was chosen by.
All articles are ranked against all images of val.


Do other ways to mix beat one α? Each against WiSE-FT, searched on one half of val and judged on the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.analysis.significance import Difference, differences_in
from core.errors import InputError
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.findings.alpha_choice import MIN_VAL
from core.findings.question import Question, RunContext
from core.interpolation.mix import TENTHS, Mix
from core.presentation.blocks import Block, Grid, Section, Words
from core.presentation.wording import between_signed, number, p_cell, p_value, signed
from core.workspace.comparable_runs import sister_runs
from core.workspace.runs import Run, load_runs

if TYPE_CHECKING:  # it imports torch
    from core.experiment.mixer import Mixer

METRIC = "mrr@100"  # it moves with every article, where half of val is few
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
TOWERS, DEPTH, FISHER, SCORES = "α per tower", "α per depth", "Fisher-weighted", "scores, not weights"
SOUP, GREEDY = "soup of all runs", "greedy soup"


@dataclass(frozen=True)
class Searched:
    """The best `mix` of the `candidates` that were tried; value: of METRIC on the articles it was chosen on."""

    mix: Mix
    candidates: int
    value: float


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
    search = _Search(mixer, n // 2)
    names = tuple(one.info.name for one in sisters)
    searched = _searched(search, names)
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

    def __init__(self, mixer: "Mixer", earlier: int) -> None:
        self.mixer, self.earlier = mixer, earlier

    def value(self, mix: Mix) -> float:
        return _value(self.mixer.ranks(mix)[: self.earlier])

    def best(self, mixes: Iterable[Mix], tried_before: int = 0) -> Searched:
        """Of equal ones the first."""
        values = [(mix, self.value(mix)) for mix in mixes]
        mix, value = max(values, key=lambda each: each[1])
        return Searched(mix, tried_before + len(values), value)


def _value(ranks: np.ndarray) -> float:
    return float(values_of(ranks, METRIC).mean())


def _searched(search: _Search, runs: tuple[str, ...]) -> dict[str, Searched]:
    own = Mix(runs[:1], 0.0)
    found: dict[str, Searched] = {Model.WISE_FT: search.best(replace(own, alpha=alpha) for alpha in TENTHS)}
    if search.mixer.changes("image") and search.mixer.changes("text"):
        plane = ({"image": image, "text": text} for image in TENTHS for text in TENTHS)
        found[TOWERS] = search.best(replace(own, own=alphas) for alphas in plane)
    parts = search.mixer.ends.changed_parts
    if len(parts) > len({part.partition(".")[0] for part in parts}):
        found[DEPTH] = _by_depth(search, parts, found[Model.WISE_FT])
    found[FISHER] = search.best(replace(own, alpha=alpha, fisher=True) for alpha in TENTHS)
    found[SCORES] = search.best(replace(own, alpha=alpha, of="scores") for alpha in TENTHS)
    if len(runs) > 1:
        found[SOUP] = search.best(Mix(runs, alpha) for alpha in TENTHS)
        members, tried = _greedy(search, runs)
        found[GREEDY] = search.best((Mix(members, alpha) for alpha in TENTHS), tried)
    return found


def _by_depth(search: _Search, parts: list[str], start: Searched) -> Searched:
    """From WiSE-FT's α everywhere, part by part the α that is best with the others as they are, once through."""
    best = replace(start, mix=replace(start.mix, own=dict.fromkeys(parts, start.mix.alpha)))
    for part in parts:
        others = [alpha for alpha in QUARTERS if alpha != best.mix.own[part]]
        moved = search.best(
            (replace(best.mix, own=best.mix.own | {part: alpha}) for alpha in others), tried_before=best.candidates
        )
        best = moved if moved.value > best.value else replace(best, candidates=moved.candidates)
    return best


def _greedy(search: _Search, runs: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
    """The runs to average, and how many soups were tried: the best one, then each that does not make it worse."""
    alone = {run: search.value(Mix((run,), 1.0)) for run in runs}
    first, *others = sorted(runs, key=lambda run: -alone[run])
    members: tuple[str, ...] = (first,)
    value = alone[first]
    for run in others:
        with_it = search.value(Mix((*members, run), 1.0))
        if with_it >= value:
            members, value = (*members, run), with_it
    return members, len(runs) + len(others)


ABOUT = {
    TOWERS: "images and texts have an α each",
    DEPTH: "early, middle and late blocks of each tower have an α each, found one after the other",
    FISHER: "each number counts by its importance to both models, measured on train (Matena and Raffel 2022)",
    SCORES: "both models score, and α mixes their similarities, at twice the cost of searching",
    SOUP: "the weights of all runs are averaged, then mixed with α (Wortsman et al. 2022, model soups)",
    GREEDY: "as the soup, of those runs alone that do not make it worse",
}


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
        Words(". ".join(f"{name}: {ABOUT[name]}" for name in found.searched if name in ABOUT) + "."),
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
    settings, sentences = context.run.info.settings, []
    if TOWERS not in found.searched:
        sentences.append("α per tower: not here, since training changed one tower only.")
    if DEPTH not in found.searched:
        sentences.append(
            f"α per depth: not here, since training (--tune {settings.tune}) changed no blocks of different depth; "
            f"--tune text, last:N or all does."
        )
    if SOUP not in found.searched:
        sentences.append(
            f"Soup: not here, since no swept run differs from this one in nothing but its seed. Make some with: "
            f"rematch train --domain {context.run.info.domain} --seeds {settings.seed},{settings.seed + 1},"
            f"{settings.seed + 2} and the settings of this run."
        )
    return sentences


MIXES = Question(
    "mixes",
    "Do other ways to mix beat one α?",
    MixesFound,
    _ask,
    section,
    duration_hint="seconds for heads, else as long as two or three sweeps",
    cache_key_parts=lambda context: tuple(one.info.fine_tuned for one in _sisters(context)),
)
