"""Question `entities`: the effect of earlier images of places and persons on ranks, zero-shot and at α*."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from core.analysis.bootstrap import MIN_FOR_INTERVAL
from core.analysis.decision import is_significant
from core.analysis.entity_images import (
    METRIC,
    MIN_ARTICLES,
    MIN_NAMINGS,
    WEIGHTS,
    Embedded,
    EntityEffect,
    entity_effect,
    known_entities,
)
from core.analysis.significance import holm
from core.data.entities.rules import Mentions
from core.data.entities.store import mentions_file, mentions_of
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext, files_as_parts
from core.presentation.blocks import Grid, Section, Words
from core.presentation.forest import ForestRow, Panel, forest_chart
from core.presentation.verdict import Estimate, Verdict, unknown, verdict_on
from core.presentation.wording import between_signed, correction_note, finder, number, p_after_holm, p_cell, signed
from core.storage.files import Part

if TYPE_CHECKING:  # these import torch, which pages do not need
    from torch import Tensor

    from core.encoders.base import TowerName
    from core.experiment.loaded_run import LoadedRun

KINDS = ("places", "persons", "places and persons")


@dataclass(frozen=True)
class EntityFinding:
    """Effect of one kind of entity on one model.

    kind: one of KINDS. known: number of entities with images. effect: None if too few articles of val name one. p_holm:
    of the effect, corrected over all findings; 1 without an effect.
    """

    kind: str
    model: str
    known: int
    effect: EntityEffect | None
    p_holm: float


@dataclass(frozen=True)
class EntitiesFound:
    """Answer to `entities`. alpha: of WiSE-FT. n: articles of val. named_by: the tagger of places and persons."""

    alpha: float
    n: int
    named_by: str
    findings: tuple[EntityFinding, ...]


def _ask(context: RunContext) -> EntitiesFound:
    from core.retrieval.ranking import ranks_of_scores

    alpha, mentioned = context.run.selected().alpha, mentions_of(context.domain)
    loaded_run = context.loaded_run
    train, val = loaded_run.view("train"), loaded_run.view("val")
    effects: list[tuple[str, str, int, EntityEffect | None]] = []
    for model, at in ((Model.ZERO_SHOT, 0.0), (Model.WISE_FT, alpha)):
        embedded = _embedded(loaded_run, at)
        for kind in KINDS:
            named = [_names(mentions, kind) for mentions in mentioned.articles]
            known = known_entities([named[row] for row in train.text_rows], train.gallery.target)
            effect = entity_effect(embedded, [named[row] for row in val.text_rows], known, ranks_of_scores)
            effects.append((kind, model, len(known), effect))
    corrected = holm([effect.p if effect else 1.0 for *_, effect in effects])
    findings = tuple(EntityFinding(*effect, p_holm) for effect, p_holm in zip(effects, corrected, strict=True))
    return EntitiesFound(alpha, len(val.text_rows), mentioned.found_by, findings)


def _names(mentions: Mentions, kind: str) -> Sequence[str]:
    by_kind = {"places": mentions.places, "persons": mentions.persons}
    return by_kind.get(kind, mentions.places + mentions.persons)


def _embedded(loaded_run: "LoadedRun", alpha: float) -> Embedded:
    train, val = loaded_run.view("train"), loaded_run.view("val")

    def of(tower: "TowerName", split: Split) -> "Tensor":
        return next(loaded_run.embeddings(tower, [alpha], split))

    texts, images = val.finite(of("text", "val"), of("image", "val"))
    known = train.finite_images(of("image", "train"))
    return Embedded(
        texts.cpu().numpy(),
        images.cpu().numpy(),
        known.cpu().numpy(),
        val.gallery.target,
        val.gallery.tie_order,
    )


def _cache_key_parts(context: RunContext) -> tuple[Part, ...]:
    return files_as_parts([mentions_file(context.domain)])


def section(found: EntitiesFound, context: RunContext) -> Section:
    """Present the effect of each kind of entity on each model."""
    weights = ", ".join(f"{weight:g}" for weight in WEIGHTS)
    how = Words(
        f"An entity is a place or a person that at least {MIN_NAMINGS} training articles name, "
        f"{finder(found.named_by)}. If an article of val names one, each image's score gains weight times its cosine "
        f"with the training images of that entity (their mean, or the closest one). The earlier half of val chooses "
        f"the weight (one of {weights}) and the pooling. Gain, interval (bootstrap, 95 %) and p (permutation test, "
        f"corrected over the rows by Holm) are from the later half, over the articles that name a known entity. "
        f"WiSE-FT is at alpha {found.alpha:g}."
    )
    faint = frozenset(
        row
        for row, finding in enumerate(found.findings)
        if finding.effect is None or finding.effect.n_later < MIN_FOR_INTERVAL
    )
    table = Grid(f"Effect of the training images of entities, val, n = {found.n}", _table(found), faint)
    rows = _forest_rows(found)
    if not rows:
        answer = _answer(found)
        return Section(ENTITIES.name, ENTITIES.title, answer, (how, table), unknown(answer))
    title = f"Effect of the training images of entities, later half of val, n = {found.n:,} in val, 95 % intervals"
    forest = forest_chart("entities", title, [Panel(f"gain in {METRIC}; right of 0 is better", rows)])
    return Section(ENTITIES.name, ENTITIES.title, _answer(found), (forest, how, table), _at_a_glance(found, rows))


def _forest_rows(found: EntitiesFound) -> list[ForestRow]:
    return [
        ForestRow(
            f"{finding.kind}, {finding.model}", "", effect.n_later, effect.gain, effect.interval,
            is_significant(finding.p_holm), finding.p_holm, finding.model,
        )
        for finding in found.findings if (effect := finding.effect) is not None
    ]  # fmt: skip


def _at_a_glance(found: EntitiesFound, rows: Sequence[ForestRow]) -> Verdict:
    effects = [Estimate(row.label, row.value, row.interval, row.is_significant) for row in rows]
    effects.sort(key=lambda effect: (not effect.is_significant, -abs(effect.value)))
    best = effects[0]
    if not best.is_significant:
        sentence = f"Earlier images do not help distinguishably; the largest effect is {signed(best.value)} mrr@100."
    else:
        sentence = f"They {'help' if best.value > 0 else 'harm'}: {best.label} {signed(best.value)} mrr@100."
    return verdict_on(effects, sentence, max(row.n for row in rows), "later half of val")


def _answer(found: EntitiesFound) -> str:
    judged = [finding for finding in found.findings if finding.effect]
    if not judged:
        return (
            f"Unknown: val, n = {found.n}, has too few articles for an answer. In each half, at least {MIN_ARTICLES} "
            f"articles must name a place or a person that {MIN_NAMINGS} training articles name."
        )
    significant = [finding for finding in judged if is_significant(finding.p_holm)]
    if significant:
        return " ".join(_sentence(finding, len(found.findings)) for finding in significant)
    best = max(judged, key=lambda finding: finding.effect.gain if finding.effect else 0.0)
    return f"They do not help distinguishably. The largest effect: {_sentence(best, len(found.findings))}"


def _sentence(finding: EntityFinding, rows: int) -> str:
    effect = finding.effect
    assert effect is not None
    subject = f"{finding.kind}, {finding.model}"
    if not effect.weight:
        return f"{subject}: no weight above 0 helped on the earlier half of val."
    if is_significant(finding.p_holm):
        subject = f"They {'help' if effect.gain > 0 else 'harm'}: {subject}"
    figures = f"{signed(effect.gain)} ({between_signed(effect.interval)}, {p_after_holm(finding.p_holm)})"
    return (
        f"{subject}: {METRIC} {figures} over the {effect.n_later} articles of the later half that name a known one. "
        f"The rank of {effect.improved} improved, that of {effect.worsened} worsened."
        f"{correction_note(effect.interval, effect.p, finding.p_holm, f'{rows} rows')}"
    )


def _table(found: EntitiesFound) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"named": finding.kind, "model": finding.model, "known": f"{finding.known:,}"} | _cells(finding)
            for finding in found.findings
        ]
    )


def _cells(finding: EntityFinding) -> dict[str, str]:
    effect: EntityEffect | None = finding.effect
    if effect is None:
        return dict.fromkeys(_COLUMNS, "–") | {"n earlier, later": "too few"}
    values = (
        f"{effect.n_earlier:,}, {effect.n_later:,}",
        f"{effect.weight:g}" + (f", {effect.pooling}" if effect.weight else ""),
        signed(effect.earlier_gain),
        number(effect.before),
        number(effect.after),
        f"{signed(effect.gain)} ({between_signed(effect.interval)})",
        p_cell(finding.p_holm),
        f"{effect.improved:,}, {effect.worsened:,}",
    )
    return dict(zip(_COLUMNS, values, strict=True))


_COLUMNS = (
    "n earlier, later",
    "weight",
    "earlier gain",
    "without",
    "with",
    "gain, later",
    "p (Holm)",
    "improved, worsened",
)


ENTITIES = Question(
    "entities",
    "Do earlier images of a place or a person help?",
    EntitiesFound,
    _ask,
    section,
    duration_hint="about half a minute",
    seconds_for_heads=5,
    cache_key_parts=_cache_key_parts,
)
