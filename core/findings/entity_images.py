"""Do the images that went with a place or a person help to find the next one? Zero-shot and at WiSE-FT's alpha.

Do images that went with a place or a person help? The effect on the later half of val, or that there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from core.analysis.bootstrap import MIN_FOR_INTERVAL
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
from core.analysis.significance import LEVEL_OF_TESTS, holm
from core.data.entities.rules import Mentions
from core.data.entities.store import mentions_file, mentions_of
from core.data.time_split import Split
from core.evaluation.models import Model
from core.findings.question import Question, RunContext, files_as_parts
from core.presentation.blocks import Grid, Section, Words
from core.presentation.wording import between_signed, finder, number, p_cell, p_value, signed
from core.storage.files import Part

if TYPE_CHECKING:  # torch, and what imports it, which pages do without
    from torch import Tensor

    from core.encoders.base import TowerName
    from core.experiment.loaded_run import LoadedRun

KINDS = ("places", "persons", "places and persons")


@dataclass(frozen=True)
class EntityFinding:
    """kind: of KINDS. known: entities with images. effect: None if too few articles of val name one.

    p_holm: of the effect, corrected over all findings; 1 without one.
    """

    kind: str
    model: str
    known: int
    effect: EntityEffect | None
    p_holm: float


@dataclass(frozen=True)
class EntitiesFound:
    """alpha: WiSE-FT's. n: articles of val. named_by: what found places and persons."""

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
            named = [_names(one, kind) for one in mentioned.articles]
            known = known_entities([named[row] for row in train.text_rows], train.gallery.target)
            effect = entity_effect(embedded, [named[row] for row in val.text_rows], known, ranks_of_scores)
            effects.append((kind, model, len(known), effect))
    corrected = holm([effect.p if effect else 1.0 for *_, effect in effects])
    findings = tuple(EntityFinding(*each, p_holm) for each, p_holm in zip(effects, corrected, strict=True))
    return EntitiesFound(alpha, len(val.text_rows), mentioned.found_by, findings)


def _names(one: Mentions, kind: str) -> Sequence[str]:
    return {"places": one.places, "persons": one.persons}.get(kind, one.places + one.persons)


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


def _rests_on(context: RunContext) -> tuple[Part, ...]:
    return files_as_parts([mentions_file(context.domain)])


def section(found: EntitiesFound, context: RunContext) -> Section:
    """The verdict for places and persons together at each model, then every kind."""
    weights = ", ".join(f"{weight:g}" for weight in WEIGHTS)
    how = Words(
        f"An entity is a place or a person that at least {MIN_NAMINGS} training articles name, "
        f"{finder(found.named_by)}. For an article of val that names one, each image's score gains weight times its "
        f"cosine with the training images of that entity (their mean, or the closest one). Weight (one of {weights}) "
        f"and pooling are chosen on the earlier half of val; gain, interval (bootstrap, 95 %) and p (permutation test, "
        f"Holm over the rows) are of the later half, over the articles that name a known entity. WiSE-FT is at alpha "
        f"{found.alpha:g}."
    )
    faint = frozenset(
        row for row, one in enumerate(found.findings) if one.effect is None or one.effect.n_later < MIN_FOR_INTERVAL
    )
    table = Grid(f"What the images of entities change, val, n = {found.n}", _table(found), faint)
    return Section(ENTITIES.name, ENTITIES.title, _answer(found), (how, table))


def _answer(found: EntitiesFound) -> str:
    judged = [one for one in found.findings if one.effect]
    if not judged:
        return (
            f"Cannot be told on val, n = {found.n}: fewer than {MIN_ARTICLES} articles of either half name a place "
            f"or a person that {MIN_NAMINGS} training articles name."
        )
    real = [one for one in judged if one.p_holm < LEVEL_OF_TESTS]
    if not real:
        best = max(judged, key=lambda one: one.effect.gain if one.effect else 0.0)
        return f"It does not help distinguishably. The most that was found: {_said(best)}"
    return " ".join(f"It {'helps' if one.effect and one.effect.gain > 0 else 'harms'}: {_said(one)}" for one in real)


def _said(one: EntityFinding) -> str:
    effect = one.effect
    assert effect is not None
    if not effect.weight:
        return f"{one.kind}, {one.model}: on the earlier half no weight above 0 gained anything."
    return (
        f"{one.kind}, {one.model}: {METRIC} {signed(effect.gain)} ({between_signed(effect.interval)}, "
        f"{p_value(one.p_holm)}) over the {effect.n_later} articles of the later half that name a known one, "
        f"{effect.improved} improved and {effect.worsened} worsened."
    )


def _table(found: EntitiesFound) -> pd.DataFrame:
    return pd.DataFrame(
        [{"named": one.kind, "model": one.model, "known": f"{one.known:,}"} | _cells(one) for one in found.findings]
    )


def _cells(one: EntityFinding) -> dict[str, str]:
    effect: EntityEffect | None = one.effect
    if effect is None:
        return dict.fromkeys(_COLUMNS, "–") | {"n earlier, later": "too few"}
    values = (
        f"{effect.n_earlier:,}, {effect.n_later:,}",
        f"{effect.weight:g}" + (f", {effect.pooling}" if effect.weight else ""),
        signed(effect.earlier_gain),
        number(effect.before),
        number(effect.after),
        f"{signed(effect.gain)} ({between_signed(effect.interval)})",
        p_cell(one.p_holm),
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
    "Do images that went with a place or a person help?",
    EntitiesFound,
    _ask,
    section,
    duration_hint="about half a minute",
    cache_key_parts=_rests_on,
)
