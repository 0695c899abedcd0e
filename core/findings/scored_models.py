"""Scores of the three models on a split, for questions that need scores and not only ranks.

Each model is evaluated exactly at its α. Plain ranks use the cosine, even if the run was swept with re-ranking.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.analysis.significance import Difference
from core.data.domain import Gallery
from core.data.time_split import Split
from core.evaluation.models import Model
from core.presentation.wording import between_signed, signed
from core.retrieval.choices import BY_COSINE, RERANKS, Rerank, Reranking

if TYPE_CHECKING:  # these import torch
    from torch import Tensor

    from core.experiment.loaded_run import LoadedRun

MODELS: tuple[str, ...] = tuple(Model)
#: The ways to re-rank.
WAYS: tuple[Rerank, ...] = tuple(way for way in RERANKS if way != "none")
#: The metrics shown for each model.
SHOWN = ("mrr@100", "recall@1", "recall@10")


def variant_name(model: str, way: str) -> str:
    """Return the name of a re-ranked model, or of one for which more images count as right."""
    return f"{model}, {way}"


def with_interval(difference: Difference) -> str:
    """Return a difference with its 95 % interval: `+0.012 (+0.003 to +0.020)`."""
    metric = difference.metric
    return f"{signed(difference.value, metric)} ({between_signed(difference.interval, metric)})"


@dataclass(frozen=True)
class ScoredSplit:
    """A split under the three models.

    embeddings: model → (texts [N, d], images [G, d]), of length one and finite. rerankings: includes "none".
    """

    gallery: Gallery
    embeddings: Mapping[str, tuple["Tensor", "Tensor"]]
    rerankings: Mapping[Rerank, Reranking]

    def ranks(self, model: str, way: Rerank = "none") -> np.ndarray:
        """Return the rank of each article's own image, int32 [N]."""
        from core.retrieval.ranking import ranks_of

        return ranks_of(*self._scored(model, way), self.gallery.target, self.gallery.tie_order)

    def top_images(self, model: str, way: Rerank, k: int) -> np.ndarray:
        """Return each article's first images as rows of the gallery, int64 [N, min(k, G)]."""
        from core.retrieval.ranking import top_k

        return top_k(*self._scored(model, way), self.gallery.tie_order, k)[0]

    def _scored(self, model: str, way: Rerank) -> tuple["Tensor", "Tensor"]:
        from core.retrieval.reranking import reranked

        return reranked(*self.embeddings[model], self.rerankings[way])


def score_models(loaded_run: "LoadedRun", split: Split, alpha: float) -> ScoredSplit:
    """Embed a split with the three models. alpha: of WiSE-FT. Raises RematchError: an embedding is not finite."""
    rerankings: dict[Rerank, Reranking] = {"none": BY_COSINE}
    rerankings |= {way: loaded_run.reranking_by(way) for way in WAYS}
    view = loaded_run.view(split)
    alphas = (0.0, 1.0, alpha)
    texts, images = (loaded_run.embeddings(tower, alphas, split) for tower in ("text", "image"))
    embeddings = {model: view.finite(*both) for model, *both in zip(MODELS, texts, images, strict=True)}
    return ScoredSplit(view.gallery, embeddings, rerankings)
