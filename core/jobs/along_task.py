"""Searches of the Match page at all α at once, as tasks for the worker (`core.jobs.model_worker`).

The result has a few numbers for each item, from which the browser computes scores at any α without another task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.analysis.match_confidence import COMPARED, Calibration, Estimate, estimate, standing_out
from core.data.images.decoding import open_image
from core.data.language import detect
from core.interpolation.score_paths import ScorePath, first_rows
from core.jobs.match_task import Answer, Found, ModelAnswer
from core.jobs.model_worker import KEPT_OPEN, load_run_cached
from core.retrieval.choices import BY_COSINE, Rerank, Reranking
from core.workspace.folders import Workspace

#: Items listed at each α; `estimate` compares as many.
LISTED = COMPARED


@dataclass(frozen=True)
class Item:
    """An image or article among the first at some α. article_id: of the first article with the image."""

    image_id: str
    article_id: str


@dataclass(frozen=True)
class Along:
    """Result of a search at all α.

    items: in the order of ties. alphas: at which the first ones are exact. scores: of these items. own: which item is
    the article's own image. own_ranks: its rank at each of `alphas`. words_read: of the query, None for all of
    them. language: of a headline, a two-letter code, None if it is not clear. Others: as in `Answer`.
    """

    items: tuple[Item, ...]
    alphas: tuple[float, ...]
    scores: ScorePath
    searched: int
    languages: tuple[str, ...]
    reranking: Reranking = BY_COSINE
    own: int | None = None
    own_ranks: tuple[int, ...] = ()
    words_read: int | None = None
    language: str | None = None

    def first(self, alpha: float, k: int) -> list[int]:
        """Return the first `k` items at `alpha`, at most LISTED."""
        rows: list[int] = first_rows(self.scores.at(alpha), np.arange(len(self.items)), min(k, LISTED)).tolist()
        return rows

    def answer(self, alphas: Sequence[float], k: int) -> Answer:
        """Return the first `k` items at each of `alphas`."""
        models = tuple(self._at(alpha, k) for alpha in alphas)
        return Answer(models, self.searched, self.languages, self.reranking)

    def estimate(self, calibration: Calibration, alpha: float) -> Estimate:
        """Return how often searches with such scores at `alpha` find the right item."""
        scores = self.scores.at(alpha)
        return estimate(calibration, float(standing_out(scores[self.first(alpha, COMPARED)])))

    def _at(self, alpha: float, k: int) -> ModelAnswer:
        scores = self.scores.at(alpha)
        found = [self._found(place, row, scores) for place, row in enumerate(self.first(alpha, k), 1)]
        if self.own is None:
            return ModelAnswer(alpha, tuple(found))
        rank = self.own_ranks[int(np.abs(np.array(self.alphas) - alpha).argmin())]
        return ModelAnswer(alpha, tuple(found), self._found(rank, self.own, scores))

    def _found(self, place: int, row: int, scores: np.ndarray) -> Found:
        item = self.items[row]
        return Found(place, float(scores[row]), item.image_id, item.article_id)


def prepare_search(workspace: Workspace, slug: str, run_name: str, rerank: Rerank | None = None) -> bool:
    """Load the run and what each of its queries needs, before the first one. Return whether scores are exact."""
    is_exact = bool(_matcher(load_run_cached(workspace, slug, run_name), rerank).is_exact)
    detect("A text that is long enough to load the detector.")
    return is_exact


def search_along(
    workspace: Workspace, slug: str, run_name: str, by: str, query: str | bytes, rerank: Rerank | None = None
) -> Along:
    """Search for a headline, an article (its id) or a photo (its bytes) at all α.

    Raises errors as `open_run`, InputError for an unknown article, and ImageError if the photo is not an image.
    """
    from core.experiment.match import Query  # imports torch, which only the worker may load
    from core.experiment.text_limit import words_read

    loaded_run = load_run_cached(workspace, slug, run_name)
    matcher = _matcher(loaded_run, rerank)
    asked, text = Query(), ""
    if isinstance(query, bytes):
        asked = Query(photo=open_image(query))
    elif by == "article":
        asked = Query(article_id=query)
    else:
        asked, text = Query(query), query
    found = matcher.find(asked, LISTED)
    ids = found.articles[["image_id", "article_id"]].astype(str).itertuples(index=False)
    return Along(
        tuple(Item(image_id, article_id) for image_id, article_id in ids),
        tuple(matcher.alphas),
        found.scores,
        found.searched,
        tuple(sorted(loaded_run.experiment.encoder.languages)),
        matcher.reranking,
        found.own,
        () if found.own_ranks is None else tuple(found.own_ranks.tolist()),
        words_read(loaded_run.experiment.encoder, text) if text else None,
        detect(text) if text else None,
    )


def calibrate_search(
    workspace: Workspace, slug: str, run_name: str, by: str, alpha: float, rerank: Rerank | None = None
) -> Calibration | None:
    """Return how sure searches of a kind are at `alpha`, from the val articles; None if there are too few."""
    matcher = _matcher(load_run_cached(workspace, slug, run_name), rerank)
    calibration: Calibration | None = matcher.calibration(
        "text" if by == "photo" else "image", alpha, "val" if by == "article" else None
    )
    return calibration


@lru_cache(maxsize=KEPT_OPEN)
def _matcher(loaded_run: Any, rerank: Rerank | None) -> Any:
    from core.experiment.match_along import AlongMatcher  # imports torch, which only the worker may load

    return AlongMatcher(loaded_run, rerank)
