"""Search at all α at once: the scores of one query with each item that is among its first at any α.

Where only linear heads change with α, two encodings of query and gallery give every score exactly. Otherwise, and with
re-ranking, `core.experiment.match` computes the scores at Chebyshev nodes, and those between are interpolated.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.analysis.match_confidence import COMPARED, Calibration, calibrate, standing_out
from core.data.time_split import Split
from core.encoders.base import TowerName
from core.encoders.embedding import embed, without_padding
from core.experiment.loaded_run import LoadedRun
from core.experiment.match import Matcher, Query
from core.interpolation.barycentric import lobatto_nodes
from core.interpolation.linear_path import linear_tower
from core.interpolation.score_paths import POSITIONS, LinearGallery, NodeScores, ScorePath, candidates, ranks_along
from core.retrieval.choices import BY_COSINE, Rerank
from core.retrieval.ranking import check_finite, ranks_of, top_k

#: Nodes of interpolated scores; each costs an encoding of the gallery.
NODES = 5
_OTHER: dict[TowerName, TowerName] = {"image": "text", "text": "image"}


@dataclass(frozen=True)
class FoundAlong:
    """The items, C of them, that are among the first of a query at any α, in the order of ties.

    articles: the first article with each image, or the article found; empty columns as in `core.experiment.match`.
    scores: of these items. searched: size of the gallery. own: which of the items is the article's own image, None if
    unknown. own_ranks: its rank at each of `AlongMatcher.alphas`, int64 [A].
    """

    articles: pd.DataFrame
    scores: ScorePath
    searched: int
    own: int | None = None
    own_ranks: np.ndarray | None = None


class AlongMatcher:
    """Search in a run's domain at all α. rerank: None for that of the loaded run.

    alphas: the positions of the slider, and α* of a swept run, at which the first items are listed exactly.
    """

    def __init__(self, loaded_run: LoadedRun, rerank: Rerank | None = None) -> None:
        self._loaded_run = loaded_run
        self._at_zero = Matcher(loaded_run, 0.0, rerank=rerank)
        self.reranking = self._at_zero.reranking
        selected = [loaded_run.run.selected().alpha] if loaded_run.run.is_swept else []
        self.alphas = sorted({*POSITIONS, *selected})
        self._linear: dict[tuple[TowerName, Split | None], LinearGallery | None] = {}

    @cached_property
    def is_exact(self) -> bool:
        """Whether scores have no error at any α."""
        return (
            self.reranking == BY_COSINE
            and self._loaded_run.only_heads_change
            and self._gallery("image", None) is not None
            and self._gallery("text", None) is not None
        )

    def find(self, query: Query, k: int) -> FoundAlong:
        """Return what is among the best `k` for a query at any α: images, or articles for a photo.

        Raises InputError for an article that the domain does not have.
        """
        split = None if query.article_id is None else self._at_zero.split_of(query.article_id)
        tower: TowerName = "image" if query.photo is None else "text"
        scores = self._exact(query, tower, split) if self.is_exact else self._at_nodes(query, split)
        ties = self._at_zero.ties(tower, split)
        own = self._own_image(query.article_id, split)
        rows = candidates(scores, ties, k, self.alphas)
        if own is not None:
            rows = np.union1d(rows, [own])
        rows = rows[np.argsort(ties[rows])]
        return FoundAlong(
            self._table(tower, split).iloc[rows],
            scores.of_rows(rows),
            len(ties),
            None if own is None else int(np.flatnonzero(rows == own)[0]),
            None if own is None else ranks_along(scores, ties, own, self.alphas),
        )

    def calibration(self, tower: TowerName, alpha: float, split: Split | None) -> Calibration | None:
        """Return how often the own item of val articles is among the first, by how much their first score stands out.

        tower: of the gallery, image for texts as queries. alpha: its nearest node, where scores are interpolated.
        split: val to search only the images of val, as for an article. None if there are too few articles.
        """
        domain = self._loaded_run.experiment.domain
        articles = domain.labelled("val") if self._loaded_run.experiment.has_labelled("val") else domain.articles[:0]
        if articles.empty:
            return None
        texts, images = self._vectors(tower, alpha)
        target = self._loaded_run.experiment.gallery.target[articles.index.to_numpy()]
        ties = self._at_zero.ties(tower, None)
        if tower == "text":
            queries, gallery, own = images[target], texts, articles.index.to_numpy()
        else:
            queries, gallery, own = texts[articles.index.to_numpy().copy()], images, target.copy()
        if split is not None:
            view = self._loaded_run.view("val")
            gallery, own, ties = gallery[view.image_rows], view.gallery.target, view.gallery.tie_order
        _, best = top_k(queries, gallery, ties, COMPARED)
        return calibrate(standing_out(best), ranks_of(queries, gallery, own, ties))

    def _vectors(self, tower: TowerName, alpha: float) -> tuple[Tensor, Tensor]:
        """Return scoring vectors of all texts and images of the domain."""
        if self.is_exact:
            linear = [self._gallery(name, None) for name in ("text", "image")]
            texts, images = (torch.from_numpy(gallery.at(alpha)) for gallery in linear if gallery is not None)
            return texts, images
        nearest = min(self._matchers, key=lambda matcher: abs(matcher.alpha - alpha))
        queries, gallery = nearest.scoring_vectors(tower)
        return (queries, gallery) if tower == "image" else (gallery, queries)

    @cached_property
    def _matchers(self) -> list[Matcher]:
        method = self.reranking.method
        return [Matcher(self._loaded_run, float(node), rerank=method) for node in lobatto_nodes(NODES)]

    def _at_nodes(self, query: Query, split: Split | None) -> NodeScores:
        values = [matcher.scores_for(query, split) for matcher in self._matchers]
        return NodeScores(lobatto_nodes(NODES), np.stack(values, axis=1).astype(np.float64))

    @torch.inference_mode()
    def _exact(self, query: Query, tower: TowerName, split: Split | None) -> ScorePath:
        gallery = self._gallery(tower, split)
        assert gallery is not None
        run, own = self._loaded_run, _OTHER[tower]
        encoder, start = run.experiment.encoder, run.activations[own].start
        x, source = self._in_front_of(start, query)
        ends = []
        for alpha in (0.0, 1.0):
            run.set_alpha(alpha, own)
            ends.append(encoder.forward_between(own, x, source, start)[0].float())
        check_finite(torch.stack(ends), lambda _: "this query")
        return gallery.scores(torch.stack(ends).cpu().numpy())

    def _in_front_of(self, start: int, query: Query) -> tuple[Tensor, Tensor]:
        """Return the activations of a query in front of stage `start`, which do not change with α, and its input."""
        run, encoder = self._loaded_run, self._loaded_run.experiment.encoder
        device = encoder.logit_scale.device
        if query.article_id is not None:
            row = run.experiment.articles["article_id"].tolist().index(query.article_id)
            return run.activations["text"].batch(np.array([row]), device)
        if query.photo is not None:
            pixels = encoder.preprocess(query.photo)[None].to(device)
            return encoder.forward_between("image", pixels, pixels, 0, start), pixels
        tokens = without_padding(encoder, encoder.tokenize([query.text])).to(device)
        return encoder.forward_between("text", tokens, tokens, 0, start), tokens

    def _gallery(self, tower: TowerName, split: Split | None) -> LinearGallery | None:
        """Return all images or texts of the split or domain along α; None if they are not linear in α."""
        key = tower, split
        if key not in self._linear:
            run = self._loaded_run
            rows = np.arange(len(run.activations[tower]))
            if split is not None:
                rows = run.view(split, include_unlabelled=True).rows(tower)

            def raw_at(alpha: float) -> Tensor:
                run.set_alpha(alpha, tower)
                return embed(run.experiment.encoder, run.activations[tower], rows, normalised=False)

            path = linear_tower(raw_at, run.changes(tower))
            if path is None:
                self._linear[key] = None
            else:
                start, end = (path.values[place].float().cpu() for place in (0, -1))
                check_finite(start, lambda row: f"{tower} {row + 1} of the domain")
                check_finite(end, lambda row: f"{tower} {row + 1} of the domain")
                self._linear[key] = LinearGallery.of(start.numpy(), end.numpy())
        return self._linear[key]

    def _table(self, tower: TowerName, split: Split | None) -> pd.DataFrame:
        domain = self._loaded_run.experiment.domain
        if tower == "image":
            return domain.image_table(split)
        return domain.articles if split is None else domain.subset(split)

    def _own_image(self, article_id: str | None, split: Split | None) -> int | None:
        """Return the row of the article's own image in the gallery of its split; None if it is not known."""
        if article_id is None or split is None:
            return None
        view = self._loaded_run.view(split, include_unlabelled=True)
        own = int(view.gallery.target[view.article_ids.index(article_id)])
        return own if own >= 0 else None
