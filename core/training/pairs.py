"""The train split as training sees it: which image goes with which text, and which pairs are no negatives."""

from dataclasses import dataclass

import numpy as np

_NAMED = 5  # articles a message names; more is no help


@dataclass(frozen=True)
class Pairs:
    """n pairs. images, texts: their rows in the activations, int64 [n].

    image_groups, text_groups: int64 [n], equal where two images, or two texts, are identical.
    """

    article_ids: list[str]
    images: np.ndarray
    texts: np.ndarray
    image_groups: np.ndarray
    text_groups: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def same(self, batch: np.ndarray) -> np.ndarray:
        """bool [b, b] for the pairs `batch`, int64 [b]: do two of them share image or text?"""
        images, texts = self.image_groups[batch], self.text_groups[batch]
        return (images[:, None] == images) | (texts[:, None] == texts)

    def named(self, batch: np.ndarray) -> str:
        """The first article ids of `batch`, and how many more there are."""
        ids = ", ".join(self.article_ids[row] for row in batch[:_NAMED])
        more = len(batch) - _NAMED
        return f"{ids} and {more} more" if more > 0 else ids
