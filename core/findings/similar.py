"""Similar pictures: near-duplicates that are as good as the own one, hubs that come up for everything, re-ranking.

All three are about scores and not only ranks, so the models are loaded and each of them looks at every split at its
own α, exactly. What is called plain here is ranked by the cosine, however the run was swept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.analysis.bootstrap import Interval
from core.analysis.hubs import FIRST, hubs, skewness_change
from core.analysis.near_duplicates import near_duplicates, rank_of_group, seen_before
from core.analysis.significance import FINE_TUNED, PAIRS, WISE_FT, ZERO_SHOT, Differences, differences
from core.data.domain import Domain, Gallery
from core.data.images.perceptual_hash import picture_hashes
from core.data.time_split import Split
from core.findings.question import Question, RunContext
from core.retrieval.choices import BY_COSINE, RERANKS, Rerank, Reranking

if TYPE_CHECKING:
    from torch import Tensor

MODELS = (ZERO_SHOT, FINE_TUNED, WISE_FT)
WAYS: tuple[Rerank, ...] = tuple(way for way in RERANKS if way != "none")


def named(model: str, way: str) -> str:
    """A model whose scores are re-ranked, or with which any picture of the group counts."""
    return f"{model}, {way}"


GROUPS = "any of the group"


@dataclass(frozen=True)
class NearDuplicates:
    """pictures, of which `alike` are in `groups` of at least two. seen: that have a near-duplicate in train.

    counted: the models by the own picture (their names) and by any of its group (`named`), and what that changes.
    """

    pictures: int
    alike: int
    groups: int
    largest: int
    seen: int
    counted: Differences


@dataclass(frozen=True)
class HubsOf:
    """One model, plain (`none`) or re-ranked; as `Hubs`, with picture ids.

    change: of the skewness; against zero-shot for what is plain, else against the same model plain. None for the
    former itself.
    """

    model: str
    way: Rerank
    skewness: float
    never: float
    most: tuple[tuple[str, int], ...]
    pictures: tuple[int, ...]
    change: Interval | None


@dataclass(frozen=True)
class SimilarOn:
    """What was found on one split of n articles. reranked: each model plain (its name) against each way (`named`)."""

    n: int
    duplicates: NearDuplicates
    hubs: tuple[HubsOf, ...]
    reranked: Differences


@dataclass(frozen=True)
class SimilarFound:
    """alpha: WiSE-FT's. temperature: of the dual softmax."""

    alpha: float
    temperature: float
    splits: dict[Split, SimilarOn]


def _ask(context: RunContext) -> SimilarFound:
    alpha = context.run.selected().alpha
    ways = {way: context.loaded_run.reranking_by(way) for way in WAYS}
    temperature = ways["dual-softmax"].temperature
    assert temperature is not None
    return SimilarFound(alpha, temperature, {split: _on(context, split, alpha, ways) for split in context.splits})


def _on(context: RunContext, split: Split, alpha: float, ways: Mapping[Rerank, Reranking]) -> SimilarOn:
    view = context.loaded_run.view(split)
    alphas = (0.0, 1.0, alpha)
    scored = {
        model: view.finite(texts, images)
        for model, texts, images in zip(
            MODELS,
            context.loaded_run.embeddings("text", alphas, split),
            context.loaded_run.embeddings("image", alphas, split),
            strict=True,
        )
    }
    by = {"none": BY_COSINE, **ways}
    ranked = {(model, way): _ranked(*scored[model], view.gallery, how) for model in MODELS for way, how in by.items()}
    plain = {model: ranked[model, "none"][0] for model in MODELS}
    others = {named(model, way): ranked[model, way][0] for model in MODELS for way in ways}
    return SimilarOn(
        len(view.article_ids),
        _duplicates(context, split, view.gallery, scored, plain),
        tuple(_hubs(view.gallery, {key: best for key, (_, best) in ranked.items()})),
        differences(plain | others, [(model, named(model, way)) for model in MODELS for way in ways]),
    )


def _ranked(texts: "Tensor", images: "Tensor", gallery: Gallery, how: Reranking) -> tuple[np.ndarray, np.ndarray]:
    """Ranks of the own pictures, int32 [N], and rows of the first FIRST, int64 [N, k]."""
    from core.retrieval.ranking import ranks_of, top_k
    from core.retrieval.reranking import reranked

    scored = reranked(texts, images, how)
    return ranks_of(*scored, gallery.target, gallery.tie_order), top_k(*scored, gallery.tie_order, FIRST)[0]


def _duplicates(
    context: RunContext,
    split: Split,
    gallery: Gallery,
    scored: Mapping[str, tuple["Tensor", "Tensor"]],
    plain: Mapping[str, np.ndarray],
) -> NearDuplicates:
    from core.retrieval.ranking import ranks_of

    hashes = _hashes(context.domain, gallery, context)
    groups = near_duplicates(hashes, scored[ZERO_SHOT][1].cpu().numpy())
    sizes = np.bincount(groups)
    lenient = {
        named(model, GROUPS): rank_of_group(
            gallery.target,
            groups,
            partial(ranks_of, *both, tie_order=gallery.tie_order),
        )
        for model, both in scored.items()
    }
    pairs = [(model, named(model, GROUPS)) for model in MODELS]
    pairs += [(named(before, GROUPS), named(after, GROUPS)) for before, after in PAIRS]
    train = _hashes(context.domain, context.domain.gallery("train"), context)
    return NearDuplicates(
        len(hashes),
        int(sizes[sizes > 1].sum()),
        int((sizes > 1).sum()),
        int(sizes.max()),
        int(seen_before(hashes, train).sum()),
        differences({**plain, **lenient}, pairs),
    )


def _hashes(domain: Domain, gallery: Gallery, context: RunContext) -> np.ndarray:
    files = [domain.images_root / file for file in gallery.files]
    return picture_hashes(files, gallery.hashes, context.workspace.cache)


def _hubs(gallery: Gallery, best: Mapping[tuple[str, Rerank], np.ndarray]) -> list[HubsOf]:
    count = len(gallery.image_ids)
    found = []
    for (model, way), listed in best.items():
        one = hubs(listed, count)
        before = best[ZERO_SHOT if way == "none" else model, "none"]
        change = None if before is listed else skewness_change(before, listed, count)
        most = tuple((gallery.image_ids[row], times) for row, times in one.most)
        found.append(HubsOf(model, way, one.skewness, one.never, most, one.pictures, change))
    return found


SIMILAR = Question(
    "similar",
    "Which pictures are alike, and which come up for everything?",
    SimilarFound,
    _ask,
    duration_hint="about a minute",
)
