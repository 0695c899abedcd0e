"""Queries with the exact weights at an α: a typed headline or an article looks for images, a photo for articles.

A headline and a photo search all images (or articles) of the domain; an article searches the images of its own
split, as a sweep does, so that its ranks are the sweep's. What is searched is embedded once for each α and kept. A
large gallery can be searched through an approximate index, whose recall against the exact one is measured and goes
with every answer.

Where scores are re-ranked, an article is one of the queries of its split, as in a sweep; a headline or photo stands
against all of the domain's own. Images that were trained on lie near to their own texts, so a fine-tuned model's
are lowered more: by csls from 82 to 75 of a hundred in the first tens of new headlines, where 80 would be their share
(NewsImages 2025; by dual-softmax to 81).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from core.data.domain import tie_order
from core.data.time_split import Split
from core.encoders.base import TOWERS, TowerName
from core.encoders.embedding import batches, embed
from core.encoders.inputs import cached_array
from core.errors import InputError
from core.experiment.loaded_run import LoadedRun
from core.retrieval.choices import BY_COSINE, IndexKind, Rerank
from core.retrieval.index import MEASURED_WITH, GalleryIndex, build_index, load_index, measured_recall
from core.retrieval.ranking import check_finite, top_k
from core.retrieval.reranking import as_gallery, as_queries
from core.storage.files import fingerprint

RECALL_AT = 100
_OTHER: dict[TowerName, TowerName] = {"image": "text", "text": "image"}
FORMAT = 2  # counts up when what is kept changes for the same key


@dataclass(frozen=True)
class Match:
    """One thing found. place: 1 is best. article: the first article with that image, or the article itself.

    The article's columns are empty for an image of a test set that nobody knows the article of.
    """

    place: int
    score: float
    image_id: str
    article: pd.Series


@dataclass(frozen=True)
class ArticleMatches:
    """What an article's text finds among the images of its split.

    own: its own image, wherever it stands; None if it is not known.
    """

    matches: list[Match]
    own: Match | None


class Matcher:
    """A run's domain at one α, ready for queries. rerank: as the opened run re-ranks unless given.

    Each query sets the weights that it needs, so matchers of one run at several α can be used in turns.

    searched: size of what was searched last. recall: share of the exact index's best 100 that this one finds, over
    the domain's own queries; None if exact.
    """

    def __init__(
        self, loaded_run: LoadedRun, alpha: float, kind: IndexKind = "flat", rerank: Rerank | None = None
    ) -> None:
        self._tuned, self.alpha, self.kind = loaded_run, alpha, kind
        self.reranking = loaded_run.reranking if rerank is None else loaded_run.reranking_by(rerank)
        self._articles = loaded_run.experiment.articles
        self._embeddings: dict[tuple[TowerName, Split | None], Tensor] = {}
        self._indexes: dict[tuple[TowerName, Split | None], GalleryIndex] = {}
        self.recall: float | None = None
        self.searched = 0

    def images_for(self, headline: str, k: int, split: Split | None = None) -> list[Match]:
        """Return the `k` best images for a text, of the domain or of one split."""
        query = self._tuned.embed_headlines([headline], self.alpha)
        check_finite(query, lambda _: "this headline")
        rows, scores = self._search("image", query, k, split)
        return self._matches(self._tuned.experiment.domain.image_table(split), rows, scores)

    def images_for_article(self, article_id: str, k: int) -> ArticleMatches:
        """The `k` best images of the article's split for its text. Raises InputError if there is no such article.

        The whole split is scored, in the blocks a sweep scores it in: the last bit of a score depends on its block.
        """
        split = self._split_of(article_id)
        view = self._tuned.view(split, include_unlabelled=True, reranking=self.reranking)
        domain = self._tuned.experiment.domain
        texts, images = self._gallery("text", split), self._gallery("image", split)
        query = view.article_ids.index(article_id)
        queries, gallery = view.scored(texts, images)
        rows, scores = top_k(queries, gallery, view.gallery.tie_order, k)
        self.searched = len(images)
        matches = self._matches(domain.image_table(split), rows[query], scores[query])
        own = view.gallery.target[query]
        if own < 0:
            return ArticleMatches(matches, None)
        judged = int((view.gallery.target[:query] >= 0).sum())  # its place among those that have a rank
        place = int(view.image_ranks(texts, images)[judged])
        if place <= len(matches):
            return ArticleMatches(matches, matches[place - 1])
        score = float(queries[query] @ gallery[own])
        article = domain.subset(split).iloc[query]
        return ArticleMatches(matches, Match(place, score, str(article["image_id"]), article))

    def _split_of(self, article_id: str) -> Split:
        splits = self._articles.loc[self._articles["article_id"] == article_id, "split"]
        if splits.empty:
            raise InputError(f"domain '{self._tuned.run.info.domain}' has no article '{article_id}'.")
        split: Split = splits.iloc[0]
        return split

    def articles_for(self, photo: Image.Image, k: int, split: Split | None = None) -> list[Match]:
        """Return the `k` best articles for a photo, of the domain or of one split."""
        query = self._tuned.embed_photos([photo], self.alpha)
        check_finite(query, lambda _: "this photo")
        rows, scores = self._search("text", query, k, split)
        articles = self._articles if split is None else self._tuned.experiment.domain.subset(split)
        return self._matches(articles, rows, scores)

    def _matches(self, table: pd.DataFrame, rows: np.ndarray, scores: np.ndarray) -> list[Match]:
        found = (table.iloc[row] for row in rows)
        return [
            Match(place, float(score), str(article["image_id"]), article)
            for place, (article, score) in enumerate(zip(found, scores, strict=True), start=1)
        ]

    def _search(self, tower: TowerName, query: Tensor, k: int, split: Split | None) -> tuple[np.ndarray, np.ndarray]:
        if (tower, split) not in self._indexes:
            self._indexes[tower, split] = self._index(tower, split)
        self.searched = len(self._gallery(tower, split))
        rows, scores = self._indexes[tower, split].search(as_queries(query.cpu(), self.reranking), k)
        return rows[0], scores[0]

    def _index(self, tower: TowerName, split: Split | None) -> GalleryIndex:
        """Of the kind asked for; measured against the exact one where it is approximate."""
        gallery, ties = self._searchable(tower, split), self._ties(tower, split)
        flat = build_index("flat", gallery, ties)
        if self.kind == "flat":
            return flat
        by = "" if self.reranking == BY_COSINE else f"{self.reranking.method}."
        file = self._file(tower, f"{by}{self.kind}.faiss", split)
        index = load_index(file, self.kind, gallery, ties)
        if index is None:
            index = build_index(self.kind, gallery, ties)
            index.save(file)
        queries = as_queries(self._gallery(_OTHER[tower], split), self.reranking)
        chosen = np.random.default_rng(0).permutation(len(queries))[:MEASURED_WITH]
        self.recall = measured_recall(index, flat, queries[torch.from_numpy(chosen)], RECALL_AT)
        return index

    def _searchable(self, tower: TowerName, split: Split | None) -> Tensor:
        """The gallery as it is scored; its own queries are looked at only if they count."""
        gallery = self._gallery(tower, split)
        if self.reranking == BY_COSINE:
            return gallery
        return as_gallery(gallery, self._gallery(_OTHER[tower], split), self.reranking)

    def _gallery(self, tower: TowerName, split: Split | None = None) -> Tensor:
        """Every image or text of the split, or of the domain, under θ(alpha): float32 [G, d], kept or made now."""
        if (tower, split) not in self._embeddings:
            loaded_run, encoder = self._tuned, self._tuned.experiment.encoder
            whole = {"image": len(loaded_run.experiment.gallery.hashes), "text": len(loaded_run.experiment.queries)}
            chosen = (
                np.arange(whole[tower])
                if split is None
                else loaded_run.view(split, include_unlabelled=True).rows(tower)
            )

            def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
                activations = loaded_run.activations[tower]
                loaded_run.set_alpha(self.alpha, tower)
                for rows in batches(encoder, activations, chosen):
                    yield rows, embed(encoder, activations, chosen[rows])

            file = self._file(tower, "npy", split)
            kept = cached_array(file, len(chosen), parts, f"Encoding the {tower} gallery")
            gallery = torch.from_numpy(np.array(kept))
            check_finite(gallery, lambda row: self._name(tower, int(chosen[row])))
            self._embeddings[tower, split] = gallery
        return self._embeddings[tower, split]

    def _name(self, tower: TowerName, row: int) -> str:
        """What row `row` of a tower's whole gallery is called in an error."""
        if tower == "text":
            return f"the text of article '{self._articles['article_id'].iloc[row]}'"
        picture = self._tuned.experiment.domain.image_table().iloc[row]
        return f"image '{picture['image_id']}'" + (
            f" of article '{picture['article_id']}'" if picture["article_id"] else ""
        )

    def _ties(self, tower: TowerName, split: Split | None) -> np.ndarray:
        if split is not None:
            view = self._tuned.view(split, include_unlabelled=True)
            return view.gallery.tie_order if tower == "image" else view.article_ties
        if tower == "image":
            return self._tuned.experiment.gallery.tie_order
        return tie_order(self._articles["article_id"].tolist())

    def _file(self, tower: TowerName, ending: str, split: Split | None = None) -> Path:
        info, encoder = self._tuned.run.info, self._tuned.experiment.encoder
        precision = [self._tuned.precision[each].name for each in TOWERS]
        read = [encoder.preprocessing, encoder.tokenization, *precision]
        key = fingerprint(FORMAT, tower, split, info.zero_shot, info.fine_tuned, info.articles, self.alpha, read)
        return self._tuned.experiment.workspace.cache / "galleries" / f"{tower}-{key}.{ending}"
