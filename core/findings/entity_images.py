"""Do the pictures that went with a place or a person help to find the next one? Zero-shot and at WiSE-FT's alpha."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.analysis.entity_images import Embedded, EntityEffect, entity_effect, known_entities
from core.analysis.significance import WISE_FT, ZERO_SHOT, holm
from core.data.entities.rules import Mentions
from core.data.entities.store import mentions_file, mentions_of
from core.data.time_split import Split
from core.findings.question import Question, RunContext, files_as_parts
from core.storage.files import Part

if TYPE_CHECKING:  # torch, and what imports it, which pages do without
    from torch import Tensor

    from core.encoders.base import TowerName
    from core.experiment.loaded_run import LoadedRun

KINDS = ("places", "persons", "places and persons")


@dataclass(frozen=True)
class EntityFinding:
    """kind: of KINDS. known: entities with pictures. effect: None if too few articles of val name one.

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
    alpha, mentioned = context.run.selected().alpha, mentions_of(context.domain)
    loaded_run = context.loaded_run
    train, val = loaded_run.view("train"), loaded_run.view("val")
    effects: list[tuple[str, str, int, EntityEffect | None]] = []
    for model, at in ((ZERO_SHOT, 0.0), (WISE_FT, alpha)):
        embedded = _embedded(loaded_run, at)
        for kind in KINDS:
            named = [_names(one, kind) for one in mentioned.articles]
            known = known_entities([named[row] for row in train.text_rows], train.gallery.target)
            effect = entity_effect(embedded, [named[row] for row in val.text_rows], known)
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
    known = train.finite_pictures(of("image", "train"))
    return Embedded(
        texts.cpu().numpy(),
        images.cpu().numpy(),
        known.cpu().numpy(),
        val.gallery.target,
        val.gallery.tie_order,
    )


def _rests_on(context: RunContext) -> tuple[Part, ...]:
    return files_as_parts([mentions_file(context.domain)])


ENTITIES = Question(
    "entities",
    "Do pictures that went with a place or a person help?",
    EntitiesFound,
    _ask,
    duration_hint="about half a minute",
    cache_key_parts=_rests_on,
)
