"""A domain with an encoder: the activations and rankings that training and sweeps share.

Command line, jobs and API use this module. It knows no file formats and no pages.
"""

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from core.data.domain import Domain, Gallery, gallery_of, tie_order
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
from core.workspace.provenance import articles_fingerprint, check_same_articles


class Experiment:
    """A domain with an encoder, whose activations are computed on first use and cached.

    english: True to query the English version, as at a run's training. None: if there is one and the encoder does not
    support the original language. Raises InputError if images of the domain share ids.
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
        self.queries = domain.queries(text, self.english)
        self.zero_shot = {key: tensor.detach().cpu().clone() for key, tensor in encoder.state_dict().items()}

    @property
    def reads_the_language(self) -> bool:
        """False if the encoder does not support the language of the queries."""
        return self.english or self.domain.info.language in self.encoder.languages

    def fingerprint(self) -> str:
        """Return `core.workspace.provenance.articles_fingerprint` of the domain."""
        return articles_fingerprint(self.domain, self.text, self.english)

    def check_articles(self, learned_from: str, translators: list[str] | None, owner: str, remedy: str) -> None:
        """Raise InputError as `core.workspace.provenance.check_same_articles`."""
        check_same_articles(self.domain, self.text, self.english, learned_from, translators, owner, remedy)

    def check_unchanged(self) -> None:
        """Raise InputError if the domain was imported again since this object was created."""
        slug = self.domain.info.slug
        if self.workspace.load_domain(slug).info != self.domain.info:
            raise InputError(
                f"domain '{slug}' was imported again meanwhile, so nothing was written. Run the command again."
            )

    def activations(self, starts: Mapping[TowerName, int]) -> dict[TowerName, Activations]:
        """Return the domain's activations in front of the given stages, with the zero-shot weights."""
        self.encoder.set_weights(self.zero_shot)
        files, hashes = self.files, self.gallery.hashes
        return {
            "image": image_activations(self.encoder, starts["image"], files, hashes, self.workspace.cache),
            "text": text_activations(self.encoder, starts["text"], self.queries, self.workspace.cache),
        }

    @property
    def files(self) -> list[Path]:
        """Image files of the gallery, [G]."""
        return [self.domain.images_root / file for file in self.gallery.files]

    def has_labelled(self, split: Split) -> bool:
        """Return whether the split has articles with a known image, so that metrics can be computed."""
        return not self.domain.labelled(split).empty

    def view(
        self,
        split: Split,
        activations: dict[TowerName, Activations],
        *,
        include_unlabelled: bool = False,
        reranking: Reranking = BY_COSINE,
    ) -> "SplitRanker":
        """Return a ranker of one split: articles with a known image, or with `include_unlabelled` all articles.

        Raises InputError if there are no such articles.
        """
        articles = self.domain.subset(split) if include_unlabelled else self.domain.labelled(split)
        if articles.empty:
            self.domain.subset(split)  # raises its own error for an empty split
            raise InputError(no_ground_truth_sentence(self.domain))
        gallery = gallery_of(articles, self.domain.image_table(split))
        return SplitRanker(self.encoder, articles, gallery, self.gallery, activations, reranking)


def no_ground_truth_sentence(domain: Domain) -> str:
    """Return why a test set has no metrics, and what to do."""
    slug = domain.info.slug
    return (
        f"the ground truth of the test articles of {slug} is not known, so they can be ranked but have no metrics. Add "
        f"it with: rematch ground-truth --domain {slug} --ground-truth GT.tsv"
    )


class SplitRanker:
    """Ranker of the articles of one split against the images of that split.

    It embeds with the current weights of the encoder; the copy that `with_weights` returns sets its weights itself.
    Re-ranking uses all texts (or images) of the split.
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

        Other uses of the encoder in between do not change its embeddings.
        """
        ranker = copy.copy(self)
        ranker._set_weights = set_weights
        return ranker

    def rows(self, tower: TowerName) -> np.ndarray:
        """Return the rows of this split in a tower's activations."""
        return self.image_rows if tower == "image" else self.text_rows

    def embed(self, tower: TowerName, *, normalised: bool = True) -> Tensor:
        """Return the embeddings of one tower: texts [N, d] or images [G, d], of length one if `normalised`."""
        if self._set_weights is not None:
            self._set_weights(tower)
        return embed(self.encoder, self.activations[tower], self.rows(tower), normalised=normalised)

    def scoring_vectors(self, texts: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return query and gallery vectors whose dot products are the scores of `images` [G, d] for `texts` [N, d]."""
        return reranked(*self.finite(texts, images), self.reranking)

    def finite(self, texts: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return both unchanged. Raises RematchError that names the article or image if a value is not finite.

        All embeddings pass this check before ranking, computed or cached.
        """
        check_finite(texts, lambda row: f"the text of article '{self.article_ids[row]}'")
        return texts, self.finite_images(images)

    def finite_images(self, images: Tensor) -> Tensor:
        """Return `images` unchanged; raise RematchError as `finite`."""
        check_finite(images, self._image_name)
        return images

    def _image_name(self, row: int) -> str:
        """Return the name of gallery image `row` for an error."""
        articles = [article for article, own in zip(self.article_ids, self.gallery.target, strict=True) if own == row]
        return f"image '{self.gallery.image_ids[row]}'" + (f" of article '{articles[0]}'" if articles else "")

    def ranks(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the ranks of the own image among images and of the own text among texts: int32 [N] each."""
        texts, images = self.embed("text"), self.embed("image")
        return self.image_ranks(texts, images), self.text_ranks(texts, images)

    def image_ranks(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Return the ranks of the own image among `images` [G, d] for `texts` [N, d]: int32, labelled articles only."""
        # Score all texts: the last bit of a score depends on its block, and `best_images` scores all texts.
        queries, gallery = self.scoring_vectors(texts, images)
        ranks = ranks_of(queries, gallery, self.gallery.target.clip(0), self.gallery.tie_order)
        return ranks[self.gallery.target >= 0]

    def text_ranks(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Return the ranks of the own text among `texts` [N, d] for the own image of `images` [G, d]: int32 [N]."""
        texts, images = self.finite(texts, images)
        queries, gallery = reranked(images[self.gallery.target], texts, self.reranking)
        return ranks_of(queries, gallery, np.arange(len(texts)), self.article_ties)

    def ranked(self, texts: Tensor, images: Tensor) -> Ranked:
        """Return ranks in both directions and the first images, for `texts` [N, d] and `images` [G, d]."""
        return Ranked(self.image_ranks(texts, images), self.text_ranks(texts, images), self.top_images(texts, images))

    def top_images(self, texts: Tensor, images: Tensor) -> np.ndarray:
        """Return the first SHOWN images of each article as rows of the gallery: int32 [N, K]."""
        return top_k(*self.scoring_vectors(texts, images), self.gallery.tie_order, SHOWN)[0].astype(np.int32)

    def best_images(self, texts: Tensor, images: Tensor, k: int) -> list[list[str]]:
        """Return the ids of the best `k` of `images` [G, d] for each of `texts` [N, d], best first."""
        rows, _ = top_k(*self.scoring_vectors(texts, images), self.gallery.tie_order, k)
        return [[self.gallery.image_ids[column] for column in row] for row in rows]
