"""Search with the exact weights at one α: images for a headline or an article, articles for a photo.

A headline or photo searches all images (or articles) of the domain. An article searches the images of its split, as in
a sweep, so that its rank equals the sweep's. Gallery embeddings are cached for each α. A large gallery can use an
approximate index, whose measured recall against the exact index is part of every result.

Re-ranking uses the texts of the article's split, as in a sweep, or all texts of the domain for a headline or photo. A
fine-tuned model places train images close to their own texts, so re-ranking lowers them more: with csls their share of
the first ten images of new headlines falls from 82 % to 75 %, with dual-softmax to 81 %; 80 % of the gallery are train
images (NewsImages 2025).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
from core.retrieval.reranking import as_gallery, as_queries, reranked
from core.storage.files import fingerprint

RECALL_AT = 100
#: Temperature of Sinkhorn in a batch, as a share of that of training. At that of training, few headlines take so little
#: from each image of a gallery that nothing changes (docs/results.md).
BATCH_SHARE = 1 / 20
_OTHER: dict[TowerName, TowerName] = {"image": "text", "text": "image"}
FORMAT = 2  # increment when the cached content changes for the same key


@dataclass(frozen=True)
class Match:
    """One match. place: rank, 1 is best. article: the first article with the image, or the article found.

    The article's columns are empty for a test image whose article is unknown.
    """

    place: int
    score: float
    image_id: str
    article: pd.Series


@dataclass(frozen=True)
class Query:
    """A query: a text, the id of an article of the domain, or a photo."""

    text: str = ""
    article_id: str | None = None
    photo: Image.Image | None = None


@dataclass(frozen=True)
class ArticleMatches:
    """Matches of an article among the images of its split. own: its own image at any rank; None if unknown."""

    matches: list[Match]
    own: Match | None


class Matcher:
    """Search in a run's domain at one α. rerank: None for that of the loaded run.

    Each query loads its weights, so matchers of one run at several α can be used alternately.

    searched: size of the gallery of the last query. recall: share of the exact index's best 100 that this index finds,
    over the domain's queries; None for an exact index.
    """

    def __init__(
        self, loaded_run: LoadedRun, alpha: float, kind: IndexKind = "flat", rerank: Rerank | None = None
    ) -> None:
        self._loaded_run, self.alpha, self.kind = loaded_run, alpha, kind
        self.reranking = loaded_run.reranking if rerank is None else loaded_run.reranking_by(rerank)
        self._articles = loaded_run.experiment.articles
        self._embeddings: dict[tuple[TowerName, Split | None], Tensor] = {}
        self._reranked: dict[tuple[TowerName, Split | None], Tensor] = {}
        self._indexes: dict[tuple[TowerName, Split | None], GalleryIndex] = {}
        self.recall: float | None = None
        self.searched = 0

    def images_for(self, headline: str, k: int, split: Split | None = None) -> list[Match]:
        """Return the `k` best images for a text, of the domain or of one split."""
        query = self._loaded_run.embed_headlines([headline], self.alpha)
        check_finite(query, lambda _: "this headline")
        rows, scores = self._search("image", query, k, split)
        return self._matches(self._loaded_run.experiment.domain.image_table(split), rows, scores)

    def images_for_batch(self, headlines: Sequence[str], k: int) -> list[list[Match]]:
        """Return the `k` best images of the domain for each of at least one text, by exact search.

        Sinkhorn gives each text of the batch its own first image, as far as it can. The other methods find for a text
        what they find for it alone.
        """
        queries = self._loaded_run.embed_headlines(headlines, self.alpha).cpu()
        check_finite(queries, lambda row: f"headline {row + 1}")
        gallery = self._gallery("image")
        if self.reranking.method == "sinkhorn" and self.reranking.temperature is not None:
            how = replace(self.reranking, temperature=self.reranking.temperature * BATCH_SHARE)
            scored = reranked(queries, gallery, how)
        else:
            scored = as_queries(queries, self.reranking), self._searchable("image", None)
        self.searched = len(gallery)
        table = self._loaded_run.experiment.domain.image_table()
        found = zip(*top_k(*scored, self.ties("image", None), k), strict=True)
        return [self._matches(table, rows, scores) for rows, scores in found]

    def images_for_article(self, article_id: str, k: int) -> ArticleMatches:
        """Return the `k` best images of the article's split for its text. Raises InputError for an unknown article.

        It scores the whole split in the blocks of a sweep, because the last bit of a score depends on its block.
        """
        split = self.split_of(article_id)
        view = self._loaded_run.view(split, include_unlabelled=True, reranking=self.reranking)
        domain = self._loaded_run.experiment.domain
        texts, images = self._gallery("text", split), self._gallery("image", split)
        query = view.article_ids.index(article_id)
        queries, gallery = view.scoring_vectors(texts, images)
        rows, scores = top_k(queries, gallery, view.gallery.tie_order, k)
        self.searched = len(images)
        matches = self._matches(domain.image_table(split), rows[query], scores[query])
        own = view.gallery.target[query]
        if own < 0:
            return ArticleMatches(matches, None)
        labelled = int((view.gallery.target[:query] >= 0).sum())  # its row among the labelled articles
        place = int(view.image_ranks(texts, images)[labelled])
        if place <= len(matches):
            return ArticleMatches(matches, matches[place - 1])
        score = float(queries[query] @ gallery[own])
        article = domain.subset(split).iloc[query]
        return ArticleMatches(matches, Match(place, score, str(article["image_id"]), article))

    def split_of(self, article_id: str) -> Split:
        """Return the split of an article. Raises InputError for an unknown one."""
        splits = self._articles.loc[self._articles["article_id"] == article_id, "split"]
        if splits.empty:
            raise InputError(
                f"domain '{self._loaded_run.run.info.domain}' has no article '{article_id}'; check the id."
            )
        split: Split = splits.iloc[0]
        return split

    def articles_for(self, photo: Image.Image, k: int, split: Split | None = None) -> list[Match]:
        """Return the `k` best articles for a photo, of the domain or of one split."""
        query = self._loaded_run.embed_photos([photo], self.alpha)
        check_finite(query, lambda _: "this photo")
        rows, scores = self._search("text", query, k, split)
        articles = self._articles if split is None else self._loaded_run.experiment.domain.subset(split)
        return self._matches(articles, rows, scores)

    def scoring_vectors(self, tower: TowerName) -> tuple[Tensor, Tensor]:
        """Return (queries, gallery) whose products are the scores of all images for all texts of the domain.

        tower: of the gallery; for text, those of all texts for all images.
        """
        return as_queries(self._gallery(_OTHER[tower]), self.reranking), self._searchable(tower, None)

    def scores_for(self, query: "Query", split: Split | None = None) -> np.ndarray:
        """Return the scores of all images (for a photo, of all articles) of the domain or split: float32 [G]."""
        if query.article_id is not None:
            assert split is not None
            view = self._loaded_run.view(split, include_unlabelled=True, reranking=self.reranking)
            queries, gallery = view.scoring_vectors(self._gallery("text", split), self._gallery("image", split))
            return (queries[view.article_ids.index(query.article_id)] @ gallery.T).numpy()
        tower: TowerName
        if query.photo is not None:
            own, tower = self._loaded_run.embed_photos([query.photo], self.alpha), "text"
        else:
            own, tower = self._loaded_run.embed_headlines([query.text], self.alpha), "image"
        check_finite(own, lambda _: "this query")
        return (as_queries(own.cpu(), self.reranking)[0] @ self._searchable(tower, split).T).numpy()

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
        """Build or load the index; measure the recall of an approximate one against the exact one."""
        gallery, ties = self._searchable(tower, split), self.ties(tower, split)
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
        """Return the gallery's scoring vectors; queries are embedded only if the re-ranking needs them."""
        gallery, key = self._gallery(tower, split), (tower, split)
        if self.reranking == BY_COSINE:
            return gallery
        if key not in self._reranked:
            self._reranked[key] = as_gallery(gallery, self._gallery(_OTHER[tower], split), self.reranking)
        return self._reranked[key]

    def _gallery(self, tower: TowerName, split: Split | None = None) -> Tensor:
        """Return all images or texts of the split or domain under θ(alpha): float32 [G, d], cached or computed."""
        if (tower, split) not in self._embeddings:
            loaded_run, encoder = self._loaded_run, self._loaded_run.experiment.encoder
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
            cached = cached_array(file, len(chosen), parts, f"Encoding the {tower} gallery")
            gallery = torch.from_numpy(np.array(cached))
            check_finite(gallery, lambda row: self._name(tower, int(chosen[row])))
            self._embeddings[tower, split] = gallery
        return self._embeddings[tower, split]

    def _name(self, tower: TowerName, row: int) -> str:
        """Return the name of a row of a tower's whole gallery for an error."""
        if tower == "text":
            return f"the text of article '{self._articles['article_id'].iloc[row]}'"
        image = self._loaded_run.experiment.domain.image_table().iloc[row]
        return f"image '{image['image_id']}'" + (f" of article '{image['article_id']}'" if image["article_id"] else "")

    def ties(self, tower: TowerName, split: Split | None) -> np.ndarray:
        """Return the order of ties of the images or texts of the split or domain, int64 [G]."""
        if split is not None:
            view = self._loaded_run.view(split, include_unlabelled=True)
            return view.gallery.tie_order if tower == "image" else view.article_ties
        if tower == "image":
            return self._loaded_run.experiment.gallery.tie_order
        return tie_order(self._articles["article_id"].tolist())

    def _file(self, tower: TowerName, ending: str, split: Split | None = None) -> Path:
        info, encoder = self._loaded_run.run.info, self._loaded_run.experiment.encoder
        precision = [self._loaded_run.precision[name].name for name in TOWERS]
        read = [encoder.preprocessing, encoder.tokenization, *precision]
        key = fingerprint(FORMAT, tower, split, info.zero_shot, info.fine_tuned, info.articles, self.alpha, read)
        return self._loaded_run.experiment.workspace.cache / "galleries" / f"{tower}-{key}.{ending}"
