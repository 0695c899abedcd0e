"""Question `slices`: the gain of each group of articles compared with all others, and the paper's claims."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.analysis.bootstrap import MIN_FOR_INTERVAL, Interval
from core.analysis.cross_fit import ranks_of_judged
from core.analysis.decision import is_significant, sign_of
from core.analysis.significance import holm
from core.analysis.slices import METRIC, MIN_SLICE, Effect, Slice, compare_slices
from core.data.entities.store import mentions_file, mentions_of
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext, files_as_parts
from core.findings.slice_members import HEADLINE, MENTIONS, NO_NAME, PERSON, slices_of
from core.presentation.blocks import Block, Chart, Grid, Section, Words
from core.presentation.cross_fit import HOW
from core.presentation.forest import ForestRow, Panel, forest_chart
from core.presentation.verdict import Estimate, Verdict, verdict_on
from core.presentation.wording import between_signed, correction_note, finder, number, p_after_holm, p_cell, signed
from core.storage.files import Part
from core.workspace.tags import read_tags, tags_file

#: The steps of the paper's figures: fine-tuning, then mixing back with WiSE-FT.
PAIRS = ((Model.ZERO_SHOT, Model.FINE_TUNED), (Model.FINE_TUNED, Model.WISE_FT))


@dataclass(frozen=True)
class SplitSlices:
    """Slices of a split of n articles.

    slices: those large enough for a test. members: slice → article ids, in the order of time.
    """

    n: int
    slices: tuple[Slice, ...]
    members: dict[str, tuple[str, ...]]

    def of(self, name: str) -> Slice | None:
        """Return a slice by name; None if it is unknown, or too small or too large for a test."""
        return next((group for group in self.slices if group.name == name), None)


@dataclass(frozen=True)
class SlicesFound:
    """Answer to `slices`. alpha: α*; on val WiSE-FT is cross-fitted.

    named_by: the tagger of persons, places and organisations.
    """

    alpha: float
    named_by: str
    splits: dict[Split, SplitSlices]


def rows_in_slice(found: SlicesFound, split: Split, name: str, article_ids: Sequence[str]) -> np.ndarray:
    """Return the positions of a slice's members in `article_ids`, int64; empty for an unknown slice."""
    members = set(found.splits[split].members.get(name, ())) if split in found.splits else set()
    return np.array([place for place, article_id in enumerate(article_ids) if article_id in members], dtype=np.int64)


def _ask(context: RunContext) -> SlicesFound:
    alpha = context.run.selected().alpha
    mentioned, tags = mentions_of(context.domain), read_tags(context.workspace, context.domain.info.slug)
    splits: dict[Split, SplitSlices] = {}
    for split, results in context.results.items():
        models = {name: ranks_of_judged(model) for name, model in results.models.items()}
        inside = slices_of(context.domain, split, mentioned.articles, tags)
        slices = compare_slices(models, PAIRS, inside)
        ids = results.articles["article_id"].to_numpy()
        members = {group.name: tuple(ids[inside[group.name]].tolist()) for group in slices}
        splits[split] = SplitSlices(len(ids), slices, members)
    return SlicesFound(alpha, mentioned.found_by, splits)


def _cache_key_parts(context: RunContext) -> tuple[Part, ...]:
    return files_as_parts([mentions_file(context.domain), tags_file(context.workspace, context.domain.info.slug)])


_DRAWN = 16  # slices in the chart; the table has all
_NAMED = 3  # slices named in the answer for each step


def section(found: SlicesFound, context: RunContext) -> Section:
    """Present every slice; the answer has the significant ones and the paper's claims."""
    blocks: list[Block] = [
        Words(
            f"alpha* is {found.alpha:g}. On val, WiSE-FT is cross-fitted: {HOW}. All numbers are {METRIC}. Against the "
            f"others: the gain inside the slice minus the gain of all articles outside it, with a 95 % interval from "
            f"two independent bootstraps. p: the share of random groups of the same size with so large a difference, "
            f"corrected (Holm) over all slices and both steps. Slices with fewer than {MIN_SLICE} articles inside or "
            f"outside are left out. Those with fewer than {MIN_FOR_INTERVAL} are grey, because their intervals are too "
            f"narrow. Slices overlap, and a difference does not show its cause. Persons, places and organisations: "
            f"{finder(found.named_by)}."
        )
    ]
    for split, compared in reversed(found.splits.items()):
        if compared.slices:
            blocks.append(_chart(split, compared))
            faint = frozenset(
                row
                for row, group in enumerate(compared.slices)
                if min(group.n, compared.n - group.n) < MIN_FOR_INTERVAL
            )
            opens = tuple({"slice": group.name, "split": split} for group in compared.slices)
            blocks.append(Grid(f"Slices, {split}, n = {compared.n}", _table(compared), faint, opens))
    last = list(found.splits)[-1]  # test if its ground truth is known
    judged = found.splits[last]
    answer = f"On {last}, n = {judged.n}: {significant_slices(judged)} {papers_claims(judged)}"
    return Section(SLICES.name, SLICES.title, answer, tuple(blocks), _at_a_glance(judged, last))


def significant_slices(judged: SplitSlices) -> str:
    """Return a sentence for each step with the slices that gain significantly more or less than the other articles."""
    sentences = []
    for before, after in PAIRS:
        effects = [(group, group.effect(before, after)) for group in judged.slices]
        significant = sorted(
            ((group, effect) for group, effect in effects if effect.is_significant), key=lambda pair: pair[1].p_holm
        )
        if not significant:
            sentences.append(
                f"From {before} to {after}, no slice is distinguishable from the other articles "
                f"({len(effects)} compared)."
            )
            continue
        named = "; ".join(
            f"{group.name} (n = {group.n}) {'more' if effect.against > 0 else 'less'}: {_against(effect)}"
            for group, effect in significant[:_NAMED]
        )
        more = f"; and {len(significant) - _NAMED} more" if len(significant) > _NAMED else ""
        sentences.append(
            f"From {before} to {after}, these slices gain significantly more or less than the other articles: "
            f"{named}{more}."
        )
    return " ".join(sentences)


def papers_claims(judged: SplitSlices) -> str:
    """Return whether the paper's claims hold: from fine-tuned to WiSE-FT, persons lose and scenes gain.

    The two claims existed before the data, so p is corrected over the two and not over the whole table.
    """
    prefix = HEADLINE if any(group.name.startswith(HEADLINE) for group in judged.slices) else MENTIONS
    claims = [(prefix + PERSON, "loses"), (prefix + NO_NAME, "gains")]
    found = [judged.of(name) for name, _ in claims]
    p_values = holm([group.effect(Model.FINE_TUNED, Model.WISE_FT).p if group else 1.0 for group in found])
    sentences, holds = [], []
    for (name, claim), group, p_holm in zip(claims, found, p_values, strict=True):
        if group is None:
            sentences.append(f"'{name}' has fewer than {MIN_SLICE} articles inside or outside, too few for a test.")
            holds.append(False)
            continue
        effect = group.effect(Model.FINE_TUNED, Model.WISE_FT)
        sentences.append(_change(group, effect, p_holm))
        holds.append(_direction(effect) == claim and effect.value * effect.against > 0 and is_significant(p_holm))
    claim = "that WiSE-FT loses on news about a person and gains on scenes"
    if not any(found):
        return f"The paper's claim, {claim}, cannot be tested here. {' '.join(sentences)}"
    verdict = "not confirmed" if not any(holds) else "confirmed" if all(holds) else "confirmed in part"
    return f"The paper's claim, {claim}, is {verdict} here: {' '.join(sentences)}"


def _direction(effect: Effect) -> str:
    """Return in words whether the slice gains or loses, by the interval of its change."""
    if not sign_of(effect.interval):
        return "neither gains nor loses distinguishably"
    return "gains" if effect.value > 0 else "loses"


def _change(group: Slice, effect: Effect, p_holm: float) -> str:
    difference = f"{signed(effect.against)}, {between_signed(effect.against_interval)}, {p_after_holm(p_holm)}"
    verdict = "differs significantly from" if is_significant(p_holm) else "is not distinguishable from"
    change = f"n = {group.n}, {signed(effect.value)}, {between_signed(effect.interval)}"
    note = correction_note(effect.against_interval, effect.p, p_holm, "2 claims")
    return f"'{group.name}' {_direction(effect)} ({change}) and {verdict} the other articles ({difference}).{note}"


def _against(effect: Effect) -> str:
    return f"{signed(effect.against)} ({between_signed(effect.against_interval)}), {p_after_holm(effect.p_holm)}"


def _table(compared: SplitSlices) -> pd.DataFrame:
    def cells(group: Slice) -> dict[str, str]:
        row = {"slice": group.name, "n": f"{group.n:,}"}
        row |= {model: number(group.reached[model]) for model in (Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT)}
        for effect in group.effects:
            step = f"{effect.after} − {effect.before}"
            row[step] = _with_interval(effect.value, effect.interval)
            row[f"{step}, against the others"] = _with_interval(effect.against, effect.against_interval)
            row[f"p (Holm), {effect.after}"] = p_cell(effect.p_holm)
        return row

    return pd.DataFrame([cells(group) for group in compared.slices])


def _with_interval(value: float, interval: Interval) -> str:
    return f"{signed(value)} ({between_signed(interval)})"


def _chart(split: Split, compared: SplitSlices) -> Chart:
    """Plot the gains of the surest slices against the others, the largest at the top."""
    surest = sorted(compared.slices, key=lambda group: min(effect.p for effect in group.effects))[:_DRAWN]
    rows = [
        ForestRow(
            group.name, f"{after} − {before}", group.n, effect.against, effect.against_interval,
            effect.is_significant, effect.p_holm, after,
        )
        for group in compared.slices if group in surest
        for before, after in PAIRS
        for effect in [group.effect(before, after)]
    ]  # fmt: skip
    drawn = f"{len(surest)} of {len(compared.slices)} slices" if len(surest) < len(compared.slices) else "slices"
    title = f"Gain inside minus outside: {drawn}, {split}, n = {compared.n:,}, 95 % intervals"
    return forest_chart(f"slices-{split}", title, [Panel(f"gain of {METRIC} inside minus outside", rows)])


def _at_a_glance(judged: SplitSlices, split: Split) -> Verdict:
    effects = [
        Estimate(f"{group.name}, {effect.after}", effect.against, effect.against_interval, effect.is_significant)
        for effect, group in sorted(
            ((effect, group) for group in judged.slices for effect in group.effects), key=lambda pair: pair[0].p
        )
    ]
    sure = [effect for effect in effects if effect.is_significant]
    sentence = (
        f"{len(sure)} of {len(effects)} differences between a slice and the other articles are significant; the surest "
        f"is {sure[0].label} ({signed(sure[0].value)})."
        if sure
        else f"No slice is distinguishable from the other articles ({len(judged.slices)} slices compared)."
    )
    return verdict_on(effects, sentence, judged.n, split) if effects else Verdict(sentence, "unknown", judged.n, split)


SLICES = Question(
    "slices",
    "What kind of article gains or loses?",
    SlicesFound,
    _ask,
    section,
    version=2,
    duration_hint="about half a minute",
    seconds_for_heads=14,
    cache_key_parts=_cache_key_parts,
)
