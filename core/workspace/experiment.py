"""A domain and an encoder put together: what training, sweeping and ranking need, computed once.

This is where the wings meet; the command line and jobs call it, and it knows no formats, no pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from core.analysis.sweep import SHOWN, Ranked
from core.data.domain import Domain, Gallery, gallery_of, query_texts, tie_order
from core.data.reading import Reading
from core.data.splitting import Split
from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, embed, image_activations, text_activations
from core.files import fingerprint
from core.retrieval.index import MEASURED_WITH, IndexKind, build_index, measured_recall
from core.retrieval.ranking import ranks_of, top_k
from core.workspace.places import Places


class Experiment:
    """One domain seen through one encoder. Its activations are made on first use and kept in the cache.

    english: True if the queries are the domain's English version: what a run was trained on, or, if None, wherever
    there is one and the encoder does not read the original.
    """

    def __init__(
        self, domain: Domain, encoder: Encoder, text: Reading, places: Places, english: bool | None = None
    ) -> None:
        self.domain, self.encoder, self.text, self.places = domain, encoder, text, places
        usual = domain.has_english and domain.info.language not in encoder.languages
        self.english = usual if english is None else english
        self.articles = domain.articles
        self.gallery: Gallery = gallery_of(self.articles)
        self.queries = query_texts(self.articles, text, self.english)
        self.zero_shot = {key: tensor.detach().cpu().clone() for key, tensor in encoder.state_dict().items()}

    @property
    def reads_the_language(self) -> bool:
        """False if the encoder is shown a language it does not read."""
        return self.english or self.domain.info.language in self.encoder.languages

    def fingerprint(self) -> str:
        """20 hex digits of all that is learned from: queries, pictures, splits."""
        columns = [self.articles[name].tolist() for name in ("article_id", "image_id", "image_hash", "split")]
        return fingerprint(self.queries, *columns)

    def activations(self, starts: Mapping[TowerName, int]) -> dict[TowerName, Activations]:
        """The whole domain's activations in front of the given stages, with the zero-shot weights."""
        self.encoder.set_weights(self.zero_shot)
        hashes = self.articles.drop_duplicates("image_id")["image_hash"].tolist()
        files = [self.domain.images_root / file for file in self.gallery.files]
        return {
            "image": image_activations(self.encoder, starts["image"], files, hashes, self.places.cache),
            "text": text_activations(self.encoder, starts["text"], self.queries, self.places.cache),
        }

    def has(self, split: Split) -> bool:
        """Are there articles of this split?"""
        return bool((self.articles["split"] == split).any())

    def view(self, split: Split, activations: dict[TowerName, Activations]) -> "SplitView":
        """One split, ready to be ranked."""
        articles = self.domain.subset(split)
        return SplitView(self.encoder, articles, self.gallery, activations)


class SplitView:
    """The articles of one split against the pictures of that split, under the encoder's weights of the moment."""

    def __init__(
        self,
        encoder: Encoder,
        articles: pd.DataFrame,
        whole: Gallery,
        activations: dict[TowerName, Activations],
    ) -> None:
        self.encoder, self.activations = encoder, activations
        self.text_rows = articles.index.to_numpy()
        self.article_ids = articles["article_id"].tolist()
        self.gallery = gallery_of(articles)
        row_of = {image_id: row for row, image_id in enumerate(whole.image_ids)}
        self.image_rows = np.array([row_of[image_id] for image_id in self.gallery.image_ids])
        self.article_ties = tie_order(self.article_ids)

    def rows(self, tower: TowerName) -> np.ndarray:
        """Which rows of a tower's activations are this split's."""
        return self.image_rows if tower == "image" else self.text_rows

    def embed(self, tower: TowerName) -> Tensor:
        """One tower's embeddings: texts [N, d] or pictures [G, d], of length one."""
        return embed(self.encoder, self.activations[tower], self.rows(tower))

    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks of the own picture among pictures, and of the own text among texts: int32 [N] each."""
        texts, images = self.embed("text"), self.embed("image")
        return self.image_ranks(texts, images), self.text_ranks(texts, images)

    def image_ranks(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Ranks of each article's own picture among `images` [G, d] for `texts` [N, d]: int32 [N]."""
        return ranks_of(texts, images, self.gallery.target, self.gallery.tie_order)

    def text_ranks(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Ranks of each article's own text among `texts` [N, d] for its picture of `images` [G, d]: int32 [N]."""
        return ranks_of(images[self.gallery.target], texts, np.arange(len(texts)), self.article_ties)

    def ranked(self, texts: Tensor, images: Tensor) -> Ranked:
        """Ranks both ways and the first pictures, for `texts` [N, d] and `images` [G, d]."""
        return Ranked(self.image_ranks(texts, images), self.text_ranks(texts, images), self.first(texts, images))

    def first(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Each article's first SHOWN pictures as rows of the gallery, int32 [N, K]."""
        return top_k(texts, images, self.gallery.tie_order, SHOWN)[0].astype(np.int32)

    def best_images(self, texts: Tensor, images: Tensor, k: int, kind: IndexKind) -> "BestImages":
        """Each article's best `k` of `images` [G, d] for `texts` [N, d]."""
        flat = build_index("flat", images, self.gallery.tie_order)
        index = flat if kind == "flat" else build_index(kind, images, self.gallery.tie_order)
        rows, _ = index.search(texts.cpu(), k)
        chosen = np.random.default_rng(0).permutation(len(texts))[:MEASURED_WITH]
        recall = measured_recall(index, flat, texts[torch.from_numpy(chosen)].cpu(), k) if kind != "flat" else None
        return BestImages([[self.gallery.image_ids[column] for column in row] for row in rows], recall)


@dataclass(frozen=True)
class BestImages:
    """image_ids: of each article, best first. recall: share of the exact lists that is in these; None if exact."""

    image_ids: list[list[str]]
    recall: float | None
