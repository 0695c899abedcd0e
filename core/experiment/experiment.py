"""A domain and an encoder put together: what training, sweeping and ranking need, computed once.

This is where the wings meet; the command line and jobs call it, and it knows no formats, no pages.
"""

import copy
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from core.data.domain import Domain, Gallery, gallery_of, query_texts, tie_order
from core.data.query_text import Reading
from core.data.time_split import Split
from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, embed, image_activations, text_activations
from core.errors import InputError
from core.evaluation.sweep import SHOWN, Ranked
from core.retrieval.choices import BY_COSINE, Reranking
from core.retrieval.ranking import check_finite, ranks_of, top_k
from core.retrieval.reranking import reranked
from core.workspace.folders import Workspace
from core.workspace.provenance import check_same_articles, fingerprint_with


class Experiment:
    """One domain seen through one encoder. Its activations are made on first use and kept in the cache.

    english: True if the queries are the domain's English version: what a run was trained on, or, if None, wherever
    there is one and the encoder does not read the original. Raises InputError if the domain's images share ids.
    """

    def __init__(
        self, domain: Domain, encoder: Encoder, text: Reading, workspace: Workspace, english: bool | None = None
    ) -> None:
        domain.check_image_ids()
        self.domain, self.encoder, self.text, self.workspace = domain, encoder, text, workspace
        usual = domain.has_english and domain.info.language not in encoder.languages
        self.english = usual if english is None else english
        self.articles = domain.articles
        self.gallery: Gallery = domain.gallery()
        self.queries = query_texts(self.articles, text, self.english)
        self.zero_shot = {key: tensor.detach().cpu().clone() for key, tensor in encoder.state_dict().items()}

    @property
    def reads_the_language(self) -> bool:
        """False if the encoder is shown a language it does not read."""
        return self.english or self.domain.info.language in self.encoder.languages

    def fingerprint(self) -> str:
        """See `core.workspace.provenance.articles_fingerprint`."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint_with(self.queries, self.domain)

    def check_articles(self, learned_from: str, translators: list[str] | None, whose: str, otherwise: str) -> None:
        """See `core.workspace.provenance.check_same_articles`."""
        if self.fingerprint() == learned_from:
            return
        check_same_articles(self.domain, self.text, self.english, learned_from, translators, whose, otherwise)

    def check_unchanged(self) -> None:
        """Raise InputError if the domain was imported anew since this began, so that nothing is of two tables."""
        slug = self.domain.info.slug
        if self.workspace.load_domain(slug).info != self.domain.info:
            raise InputError(f"domain '{slug}' was imported anew meanwhile, so nothing was written; do the same again.")

    def activations(self, starts: Mapping[TowerName, int]) -> dict[TowerName, Activations]:
        """The whole domain's activations in front of the given stages, with the zero-shot weights."""
        self.encoder.set_weights(self.zero_shot)
        files, hashes = self.files, self.gallery.hashes
        return {
            "image": image_activations(self.encoder, starts["image"], files, hashes, self.workspace.cache),
            "text": text_activations(self.encoder, starts["text"], self.queries, self.workspace.cache),
        }

    @property
    def files(self) -> list[Path]:
        """Where the images of the gallery lie, [G]."""
        return [self.domain.images_root / file for file in self.gallery.files]

    def has(self, split: Split) -> bool:
        """Are there articles of this split whose image is known, so that it can be measured?"""
        return not self.domain.labelled(split).empty

    def view(
        self,
        split: Split,
        activations: dict[TowerName, Activations],
        *,
        include_unlabelled: bool = False,
        reranking: Reranking = BY_COSINE,
    ) -> "SplitRanker":
        """One split, ready to be ranked: the articles whose image is known, or with `include_unlabelled` all of them.

        Raises InputError if there are none.
        """
        articles = self.domain.subset(split) if include_unlabelled else self.domain.labelled(split)
        if articles.empty:
            self.domain.subset(split)  # is there anything?
            raise InputError(unjudged_sentence(self.domain))
        gallery = gallery_of(articles, self.domain.image_table(split))
        return SplitRanker(self.encoder, articles, gallery, self.gallery, activations, reranking)


def unjudged_sentence(domain: Domain) -> str:
    """Why a test set cannot be measured, and what to do."""
    slug = domain.info.slug
    return (
        f"the ground truth of the test articles of {slug} is not known, so they can be ranked but not measured; add it "
        f"with: rematch ground-truth --domain {slug} --ground-truth GT.tsv"
    )


class SplitRanker:
    """The articles of one split against the images of that split.

    It embeds with the weights that the encoder has at that time; `with_weights` makes one that sets them itself.
    Wherever texts and images are scored they are re-ranked, if so asked, by all texts (or images) of the split.
    """

    def __init__(
        self,
        encoder: Encoder,
        articles: pd.DataFrame,
        gallery: Gallery,
        whole: Gallery,
        activations: dict[TowerName, Activations],
        reranking: Reranking,
    ) -> None:
        self.encoder, self.activations, self.reranking = encoder, activations, reranking
        self.text_rows = articles.index.to_numpy()
        self.article_ids = articles["article_id"].tolist()
        self.gallery = gallery
        row_of = {key: row for row, key in enumerate(zip(whole.image_ids, whole.files, strict=True))}
        self.image_rows = np.array([row_of[key] for key in zip(gallery.image_ids, gallery.files, strict=True)])
        self.article_ties = tie_order(self.article_ids)
        self._set_weights: Callable[[TowerName], None] | None = None

    def with_weights(self, set_weights: Callable[[TowerName], None]) -> "SplitRanker":
        """Return a copy that calls `set_weights` for a tower each time before it embeds with that tower.

        Its embeddings are always under these weights, whatever was done with the encoder in between.
        """
        ranker = copy.copy(self)
        ranker._set_weights = set_weights
        return ranker

    def rows(self, tower: TowerName) -> np.ndarray:
        """Which rows of a tower's activations are this split's."""
        return self.image_rows if tower == "image" else self.text_rows

    def embed(self, tower: TowerName) -> Tensor:
        """One tower's embeddings: texts [N, d] or images [G, d], of length one."""
        if self._set_weights is not None:
            self._set_weights(tower)
        return embed(self.encoder, self.activations[tower], self.rows(tower))

    def scored(self, texts: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """What is multiplied to score `images` [G, d] for `texts` [N, d]: they themselves, unless re-ranked."""
        return reranked(*self.finite(texts, images), self.reranking)

    def finite(self, texts: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Both as they are. Raises RematchError naming the article, or the image, whose embedding is not finite.

        All that is ranked comes by here, wherever it was computed or kept.
        """
        check_finite(texts, lambda row: f"the text of article '{self.article_ids[row]}'")
        return texts, self.finite_images(images)

    def finite_images(self, images: Tensor) -> Tensor:
        """`finite` where there are only images."""
        check_finite(images, self._image)
        return images

    def _image(self, row: int) -> str:
        """What image `row` of the gallery is called in an error."""
        whose = [article for article, own in zip(self.article_ids, self.gallery.target, strict=True) if own == row]
        return f"image '{self.gallery.image_ids[row]}'" + (f" of article '{whose[0]}'" if whose else "")

    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Ranks of the own image among images, and of the own text among texts: int32 [N] each."""
        texts, images = self.embed("text"), self.embed("image")
        return self.image_ranks(texts, images), self.text_ranks(texts, images)

    def image_ranks(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Ranks of the own image among `images` [G, d] for `texts` [N, d]: int32, of the articles that have one."""
        # All are scored, since the last bit of a score depends on its block, and lists are of all.
        queries, gallery = self.scored(texts, images)
        ranks = ranks_of(queries, gallery, self.gallery.target.clip(0), self.gallery.tie_order)
        return ranks[self.gallery.target >= 0]

    def text_ranks(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Ranks of each article's own text among `texts` [N, d] for its picture of `images` [G, d]: int32 [N]."""
        texts, images = self.finite(texts, images)
        queries, gallery = reranked(images[self.gallery.target], texts, self.reranking)
        return ranks_of(queries, gallery, np.arange(len(texts)), self.article_ties)

    def ranked(self, texts: Tensor, images: Tensor) -> Ranked:
        """Ranks both ways and the first images, for `texts` [N, d] and `images` [G, d]."""
        return Ranked(self.image_ranks(texts, images), self.text_ranks(texts, images), self.top_images(texts, images))

    def top_images(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Each article's first SHOWN images as rows of the gallery, int32 [N, K]."""
        return top_k(*self.scored(texts, images), self.gallery.tie_order, SHOWN)[0].astype(np.int32)

    def best_images(self, texts: Tensor, images: Tensor, k: int) -> list[list[str]]:
        """Return the ids of each article's best `k` of `images` [G, d] for `texts` [N, d], best first."""
        rows, _ = top_k(*self.scored(texts, images), self.gallery.tie_order, k)
        return [[self.gallery.image_ids[column] for column in row] for row in rows]
