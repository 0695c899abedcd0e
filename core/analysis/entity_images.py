"""Entity images: scores raised by the resemblance to the training images of the places and persons an article names.

The paper's last sentence proposes this. Each candidate image gains `weight` times its resemblance to the training
images of the entities that the article names. Pooling and weight are chosen on the earlier half of the articles and
evaluated on the later half, so that the search does not inflate the gain.
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
#: Training articles that must name an entity. A single image shows that article's subject, not the entity.
MIN_NAMINGS = 2
#: Articles of each half that must name a known entity; with fewer, the choice and its evaluation mean nothing.
MIN_ARTICLES = 10
#: Candidate weights of a resemblance (a cosine, like the score); 0 comes first and wins ties.
WEIGHTS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
Pooling = Literal["mean", "max"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
#: `core.retrieval.ranking.ranks_of_scores`, passed in so that this module does not import torch.
RankScores = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Embedded:
    """Embeddings of length one: texts [N, d] and images [G, d] to rank, train_images [M, d].

    target: int64 [N], the own image's row. tie_order: int64 [G], as in `core.retrieval.ranking`.
    """

    texts: np.ndarray
    images: np.ndarray
    train_images: np.ndarray
    target: np.ndarray
    tie_order: np.ndarray


@dataclass(frozen=True)
class EntityEffect:
    """Change of mrr@100 from the entities' training images.

    n_earlier, n_later: articles of each half that name a known entity. weight, pooling: chosen on the earlier half.
    earlier_gain: the gain there. All other values are of the later half: mrr@100 before and after, the gain, its
    interval, p, and the numbers of articles whose rank improved or worsened.
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


def known_entities(names: Sequence[Sequence[str]], images: np.ndarray) -> dict[str, np.ndarray]:
    """Return entity → unique rows of its training images, for entities that at least MIN_NAMINGS articles name.

    names: of each training article. images: int64 [n], the row of its image.
    """
    articles: dict[str, list[int]] = {}
    for place, own in enumerate(names):
        for name in dict.fromkeys(own):
            articles.setdefault(name, []).append(place)
    return {name: np.unique(images[places]) for name, places in articles.items() if len(places) >= MIN_NAMINGS}


def entity_effect(
    embedded: Embedded, names: Sequence[Sequence[str]], known: Mapping[str, np.ndarray], rank_scores: RankScores
) -> EntityEffect | None:
    """Choose weight and pooling on the earlier half, evaluate on the later; None if too few name a known entity.

    names: of each article, in order of time. known: from `known_entities`.
    """
    naming = np.array([place for place, own in enumerate(names) if any(name in known for name in own)], dtype=np.int64)
    is_later = naming >= (len(names) + 1) // 2
    if min(is_later.sum(), (~is_later).sum()) < MIN_ARTICLES:
        return None
    scores = embedded.texts[naming] @ embedded.images.T
    own, ties = embedded.target[naming], embedded.tie_order
    before = rank_scores(scores, own, ties)
    named = [names[place] for place in naming]
    bonus = {each: _resemblance(embedded.images, embedded.train_images, named, known, each) for each in POOLINGS}

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
    images: np.ndarray,
    train_images: np.ndarray,
    names: Sequence[Sequence[str]],
    known: Mapping[str, np.ndarray],
    pooling: Pooling,
) -> np.ndarray:
    """Return the cosine of each image with the images of the closest entity that each article names: [n, G]."""
    cached: dict[str, np.ndarray] = {}

    def of(name: str) -> np.ndarray:
        if name not in cached:
            cosines = images @ train_images[known[name]].T
            cached[name] = cosines.mean(axis=1) if pooling == "mean" else cosines.max(axis=1)
        return cached[name]

    return np.stack([np.max([of(name) for name in own if name in known], axis=0) for own in names])
