"""Image–text pairs of the train split, with groups of identical images and texts, which are not negatives."""

from dataclasses import dataclass

import numpy as np

_NAMED = 5  # article ids in a message; more would not help


@dataclass(frozen=True)
class Pairs:
    """Training pairs, n in number. images, texts: rows in the activations, int64 [n].

    image_groups, text_groups: int64 [n], equal numbers for identical images or texts.
    """

    article_ids: list[str]
    images: np.ndarray
    texts: np.ndarray
    image_groups: np.ndarray
    text_groups: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def same(self, batch: np.ndarray) -> np.ndarray:
        """Return whether two pairs of `batch`, int64 [b], share image or text: bool [b, b]."""
        images, texts = self.image_groups[batch], self.text_groups[batch]
        return (images[:, None] == images) | (texts[:, None] == texts)

    def describe(self, batch: np.ndarray) -> str:
        """List the first article ids of `batch` and the number of further ones."""
        ids = ", ".join(self.article_ids[row] for row in batch[:_NAMED])
        more = len(batch) - _NAMED
        return f"{ids} and {more} more" if more > 0 else ids
