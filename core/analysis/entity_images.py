"""Entities tied to images: what was published with a place or a person before, and does it help to find what comes?

The paper's last sentence asks it. Candidates that resemble the training images of the entities that an article names
gain `weight` times that resemblance on top of the model's score. Pooling and weight are chosen on the earlier half of
the articles and judged on the later half, so that a gain is none of the search's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, get_args

import numpy as np

from core.analysis.bootstrap import Interval, Resamples, interval
from core.analysis.significance import permutation_p
from core.evaluation.metrics import values_of

METRIC = "mrr@100"
#: Training articles that have to name an entity: one says what that article was about, not the entity.
MIN_NAMINGS = 2
#: Articles of each half that have to name a known entity; below, nothing can be chosen nor judged.
MIN_ARTICLES = 10
#: Of a resemblance (a cosine, as the score is); 0 comes first and wins ties.
WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
Pooling = Literal["mean", "max"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
#: `core.retrieval.ranking.ranks_of_scores`, passed in because it needs torch, which analyses do without.
RankScores = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Embedded:
    """texts [N, d] and images [G, d] of the articles to be ranked, train_images [M, d], all of length one.

    target: int64 [N], the own image's row. tie_order: int64 [G], as in `core.retrieval.ranking`.
    """

    texts: np.ndarray
    pictures: np.ndarray
    train_images: np.ndarray
    target: np.ndarray
    tie_order: np.ndarray


@dataclass(frozen=True)
class EntityEffect:
    """What the entities' images change. n_earlier, n_later: articles of each half that name a known entity.

    weight, pooling: chosen on the earlier ones. All else is of the later ones: mrr@100 without and with, the gain and
    its interval, p, and how many changed their rank, improved and worsened. earlier_gain: what the search saw.
    """

    n_earlier: int
    n_later: int
    weight: float
    pooling: Pooling
    earlier_gain: float
    before: float
    after: float
    gain: float
    interval: Interval
    p: float
    improved: int
    worsened: int


def known_entities(names: Sequence[Sequence[str]], pictures: np.ndarray) -> dict[str, np.ndarray]:
    """Entity → rows of its training images, each once, for those that enough articles name.

    names: of each training article. images: int64 [n], the row of its image.
    """
    articles: dict[str, list[int]] = {}
    for place, own in enumerate(names):
        for name in dict.fromkeys(own):
            articles.setdefault(name, []).append(place)
    return {name: np.unique(pictures[places]) for name, places in articles.items() if len(places) >= MIN_NAMINGS}


def entity_effect(
    embedded: Embedded, names: Sequence[Sequence[str]], known: Mapping[str, np.ndarray], rank_scores: RankScores
) -> EntityEffect | None:
    """Choose on the earlier half of the articles, judge on the later one; None if too few name a known entity.

    names: of each article, in order of time. known: of `known_entities`.
    """
    naming = np.array([place for place, own in enumerate(names) if any(name in known for name in own)], dtype=np.int64)
    is_later = naming >= (len(names) + 1) // 2
    if min(is_later.sum(), (~is_later).sum()) < MIN_ARTICLES:
        return None
    scores = embedded.texts[naming] @ embedded.pictures.T
    own, ties = embedded.target[naming], embedded.tie_order
    before = rank_scores(scores, own, ties)
    named = [names[place] for place in naming]
    bonus = {each: _resemblance(embedded.pictures, embedded.train_images, named, known, each) for each in POOLINGS}

    def ranks(weight: float, pooling: Pooling) -> np.ndarray:
        return rank_scores(scores + np.float32(weight) * bonus[pooling], own, ties) if weight else before

    def reached(choice: tuple[float, Pooling]) -> float:
        return float(values_of(ranks(*choice)[~is_later], METRIC).mean())

    weight, pooling = max(product(WEIGHTS, POOLINGS), key=reached)
    return _judged(before, ranks(weight, pooling), is_later, weight, pooling)


def _judged(
    before: np.ndarray, after: np.ndarray, is_later: np.ndarray, weight: float, pooling: Pooling
) -> EntityEffect:
    gains = values_of(after, METRIC) - values_of(before, METRIC)
    gain, n = gains[is_later], int(is_later.sum())
    return EntityEffect(
        n_earlier=int((~is_later).sum()),
        n_later=n,
        weight=weight,
        pooling=pooling,
        earlier_gain=float(gains[~is_later].mean()),
        before=float(values_of(before[is_later], METRIC).mean()),
        after=float(values_of(after[is_later], METRIC).mean()),
        gain=float(gain.mean()),
        interval=interval(Resamples(n).means(gain), n),
        p=permutation_p(before[is_later], after[is_later], METRIC),
        improved=int((after < before)[is_later].sum()),
        worsened=int((after > before)[is_later].sum()),
    )


def _resemblance(
    pictures: np.ndarray,
    train_images: np.ndarray,
    names: Sequence[Sequence[str]],
    known: Mapping[str, np.ndarray],
    pooling: Pooling,
) -> np.ndarray:
    """Cosine of each image with those of the entities that each article names, the closest counts: [n, G]."""
    kept: dict[str, np.ndarray] = {}

    def of(name: str) -> np.ndarray:
        if name not in kept:
            cosines = pictures @ train_images[known[name]].T
            kept[name] = cosines.mean(axis=1) if pooling == "mean" else cosines.max(axis=1)
        return kept[name]

    return np.stack([np.max([of(name) for name in own if name in known], axis=0) for own in names])
