"""A domain and an encoder put together: what training, sweeping and ranking need, computed once.

This is where the wings meet; the command line and jobs call it, and it knows no formats, no pages.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from torch import Tensor

from core.data.domain import Domain, Gallery, gallery_of, query_texts, tie_order
from core.data.splitting import Split
from core.data.text import TextChoice
from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, embed, image_activations, text_activations
from core.files import fingerprint
from core.retrieval.ranking import ranks_of, top_k
from core.workspace.places import Places


class Experiment:
    """One domain seen through one encoder. Its activations are made on first use and kept in the cache.

    english: True if the queries are the domain's English version, for an encoder that does not read the original.
    """

    def __init__(self, domain: Domain, encoder: Encoder, text: TextChoice, places: Places) -> None:
        self.domain, self.encoder, self.text, self.places = domain, encoder, text, places
        self.english = domain.has_english and domain.info.language not in encoder.languages
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

    def embeddings(self) -> tuple[Tensor, Tensor]:
        """(texts [N, d], pictures [G, d]), of length one."""
        return (
            embed(self.encoder, self.activations["text"], self.text_rows),
            embed(self.encoder, self.activations["image"], self.image_rows),
        )

    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks of the own picture among pictures, and of the own text among texts: int32 [N] each."""
        texts, images = self.embeddings()
        target = self.gallery.target
        forward = ranks_of(texts, images, target, self.gallery.tie_order)
        own = np.arange(len(texts))
        return forward, ranks_of(images[target], texts, own, self.article_ties)

    def best_images(self, k: int) -> tuple[list[list[str]], np.ndarray]:
        """The ids of each article's best `k` pictures, best first, and their scores [N, k]."""
        texts, images = self.embeddings()
        rows, scores = top_k(texts, images, self.gallery.tie_order, k)
        return [[self.gallery.image_ids[column] for column in row] for row in rows], scores
