"""Image-to-text ranks for images with several texts: any of them is right, as for Flickr30k and COCO."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def image_ranks(reverse_ranks: np.ndarray, image_ids: Sequence[str]) -> np.ndarray:
    """Return the rank of each image's best own text among all texts, int32 [..., G], images in order of first mention.

    reverse_ranks: int32 [..., N], the rank of each article's text for its image among all N texts. image_ids: [N], of
    the articles. The rank of the best text is the rank of the first right text, because no other right text is before
    it.
    """
    codes, _ = pd.factorize(np.array(image_ids, dtype=object))
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.minimum.reduceat(reverse_ranks[..., order], starts, axis=-1)
