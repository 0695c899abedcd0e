"""A run's model at one α: ranking, search, embeddings, and the model of open_clip."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import TypeVar

import numpy as np
import pandas as pd
from PIL import Image
from torch import Tensor, nn

from core.data.images.decoding import ImageError, open_image, upright_rgb
from core.data.time_split import SPLITS, Split
from core.errors import InputError
from core.evaluation.metrics import metrics_of
from core.experiment.export import open_clip_model
from core.experiment.loaded_run import LoadedRun
from core.experiment.match import Match, Matcher
from core.retrieval.run_file import LENGTH
from rematch.run import one_of

ImageSource = str | PathLike[str] | Image.Image
Item = TypeVar("Item")

_BATCH = 64  # texts or images per call of the encoder


@dataclass(frozen=True)
class Ranking:
    """Ranks and best images of the articles of one split, at one α.

    Attributes:
        alpha: of the model, 0 to 1.
        split: of articles and gallery.
        ranks: article_id and rank (1 is best), one row for each article with a known image.
        images: article id → ids of its best 100 images, best first; for all articles.
        metrics: metric → value, named as the columns of the curve, and n; None if no image is known.

    Examples:
        >>> with run.at(0.5) as model:
        ...     ranking = model.rank("val")
        >>> list(ranking.ranks), len(ranking.images), ranking.metrics["n"]
        (['article_id', 'rank'], 12, 12)
    """

    alpha: float
    split: Split
    ranks: pd.DataFrame
    images: dict[str, list[str]]
    metrics: dict[str, float] | None


class Model:
    """A run's model with exact weights at one α. Open one with `Run.at`; it is closed at the end of the block."""

    def __init__(self, loaded_run: LoadedRun, alpha: float, lock: RLock) -> None:
        self.alpha = alpha
        self._loaded_run: LoadedRun | None = loaded_run
        self._matcher, self._lock, self._run_name = Matcher(loaded_run, alpha), lock, loaded_run.run.info.name

    def rank(self, split: Split = "val") -> Ranking:
        """Rank the images of a split for each of its articles. Raises InputError if the split has no articles.

        Examples:
            >>> with run.at(1.0) as model:
            ...     print(model.rank("val").metrics["n"])
            12
        """
        one_of("split", split, SPLITS)
        with self._in_use() as loaded_run:
            ranker = loaded_run.at(self.alpha, split)
            texts, images = ranker.embed("text"), ranker.embed("image")
            ranks, best = ranker.image_ranks(texts, images), ranker.best_images(texts, images, LENGTH)
        labelled = [article for article, row in zip(ranker.article_ids, ranker.gallery.target, strict=True) if row >= 0]
        return Ranking(
            self.alpha,
            split,
            pd.DataFrame({"article_id": labelled, "rank": ranks}),
            dict(zip(ranker.article_ids, best, strict=True)),
            metrics_of(ranks) if len(ranks) else None,
        )

    def find_images(self, text: str, k: int = 5, split: Split | None = None) -> pd.DataFrame:
        """Find the best images for a text.

        Args:
            text: a headline, a caption or any other text.
            k: number of images to return, at most.
            split: search the images of this split; None searches all images of the domain.

        Returns:
            One row per image, best first: place (1 is best), score (cosine, or as the run re-ranks), article_id
            and title of the first article published with it, image_id, image_file (absolute).

        Examples:
            >>> with run.at(0.5) as model:
            ...     found = model.find_images("a red circle", k=3)
            >>> found["place"].tolist(), len(found.columns)
            ([1, 2, 3], 6)
        """
        self._check_search(k, split)
        with self._in_use() as loaded_run:
            return _table(self._matcher.images_for(text, k, split), loaded_run)

    def find_texts(self, image: ImageSource, k: int = 5, split: Split | None = None) -> pd.DataFrame:
        """Find the articles whose text fits an image best.

        Args:
            image: a file, or an image opened with Pillow.
            k: number of articles to return, at most.
            split: search the articles of this split; None searches all articles of the domain.

        Returns:
            One row per article, best first, in the columns of `find_images`.

        Raises:
            InputError: the file cannot be decoded as an image.

        Examples:
            >>> with run.at(0.5) as model:
            ...     model.find_texts("images/1.png", k=2)["place"].tolist()
            [1, 2]
        """
        self._check_search(k, split)
        with self._in_use() as loaded_run:
            return _table(self._matcher.articles_for(_image(image), k, split), loaded_run)

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return the embeddings of texts: float32 [n, d], of length one.

        Examples:
            >>> with run.at(0.5) as model:
            ...     model.embed_texts(["a red circle", "a blue square"]).shape
            (2, 32)
        """
        return self._embed([texts] if isinstance(texts, str) else texts, LoadedRun.embed_headlines)

    def embed_images(self, images: Sequence[ImageSource]) -> np.ndarray:
        """Return the embeddings of images (files, or opened with Pillow): float32 [n, d], of length one.

        Examples:
            >>> with run.at(0.5) as model:
            ...     scores = model.embed_texts(["a red circle"]) @ model.embed_images(["images/1.png"]).T
            >>> scores.shape
            (1, 1)
        """
        return self._embed(
            images, lambda loaded_run, batch, alpha: loaded_run.embed_photos([_image(image) for image in batch], alpha)
        )

    def open_clip(self) -> nn.Module:
        """Return open_clip's model with the weights at this α, mixed in float32, in evaluation mode.

        It is a copy on the same device, valid after the block; use the tokenizer and transforms of the encoder's
        architecture. Raises InputError for an encoder that is not open_clip's, such as `lite`.

        Examples:
            >>> with run.at(0.5) as model:
            ...     clip = model.open_clip()
            >>> type(clip).__name__
            'CLIP'
        """
        with self._in_use() as loaded_run:
            return open_clip_model(loaded_run, self.alpha)

    def _embed(self, items: Sequence[Item], embed: Callable[[LoadedRun, Sequence[Item], float], Tensor]) -> np.ndarray:
        with self._in_use() as loaded_run:
            parts = [np.empty((0, loaded_run.experiment.encoder.embedding_dim), np.float32)]
            for start in range(0, len(items), _BATCH):
                parts.append(embed(loaded_run, items[start : start + _BATCH], self.alpha).cpu().numpy())
        return np.concatenate(parts)

    def _check_search(self, k: int, split: Split | None) -> None:
        if k < 1:
            raise InputError(f"k={k}: expected 1 or more.")
        if split is not None:
            one_of("split", split, SPLITS)

    @contextmanager
    def _in_use(self) -> Iterator[LoadedRun]:
        """Yield the loaded run for exclusive use. Raises InputError if the model is closed."""
        with self._lock:
            if self._loaded_run is None:
                raise InputError(
                    f"the model of run '{self._run_name}' at alpha {self.alpha:g} is closed, because its `with` block "
                    f"has ended. Use it inside the block, or open it again: with run.at({self.alpha:g}) as model."
                )
            yield self._loaded_run

    def _close(self) -> None:
        with self._lock:
            self._loaded_run = None
            del self._matcher

    def __repr__(self) -> str:
        state = "" if self._loaded_run is not None else ", closed"
        return f"<Model of run '{self._run_name}' at alpha {self.alpha:g}{state}>"


def _table(matches: Sequence[Match], loaded_run: LoadedRun) -> pd.DataFrame:
    root = loaded_run.experiment.domain.images_root
    return pd.DataFrame(
        [
            {
                "place": match.place,
                "score": match.score,
                "article_id": str(match.article["article_id"]),
                "title": match.article["title"] or match.article["text"],
                "image_id": match.image_id,
                "image_file": str(root / match.article["image_file"]),
            }
            for match in matches
        ]
    )


def _image(source: ImageSource) -> Image.Image:
    """Return an image, decoded like those of a domain. Raises InputError that names the file."""
    if isinstance(source, Image.Image):
        return upright_rgb(source)
    try:
        return open_image(Path(source))
    except (ImageError, OSError) as error:
        raise InputError(f"{source}: {error}.") from None
