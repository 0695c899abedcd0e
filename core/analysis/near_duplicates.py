"""Images that are the same photo in another crop, size or colour: for an article, any of them is as good.

Two images are near-duplicates if their perceptual hashes differ in at most ALIKE of 64 bits, or in at most PERHAPS
and their zero-shot embeddings agree. Groups are what such pairs connect. Embeddings alone will not do: they say what
is in an image, so two hockey games have a cosine of 0.9997 under the built-in encoder.

The three numbers were chosen by looking at pairs of three collections (6,766 images). All 102 pairs within ALIKE
were the same photo. Of the 20 pairs between ALIKE and PERHAPS with a cosine of at least SURE 19 were, or the next
moment of the same scene; at a lower cosine most were not.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

ALIKE, PERHAPS = 8, 16  # of 64 bits
SURE = 0.975  # cosine
_AT_ONCE = 2**21  # pairs compared at once, 17 MB


def near_duplicates(hashes: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Which group each image belongs to, int [G], counted from 0; one that is like no other is a group of its own.

    hashes: uint64 [G] (`core.data.images.perceptual_hash`). embeddings: float32 [G, d], zero-shot, of length one.
    """
    pairs = [_sure(*block, embeddings) for block in _close(hashes, hashes, PERHAPS)]
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(len(hashes),) * 2)
    groups: np.ndarray = connected_components(graph, directed=False)[1]
    return groups


def seen_before(hashes: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Which images have one among `earlier` that is alike by its hash alone, bool [G]. Both: uint64."""
    seen = np.zeros(len(hashes), dtype=bool)
    for rows, _, _ in _close(hashes, earlier, ALIKE):
        seen[rows] = True
    return seen


def rank_of_group(target: np.ndarray, groups: np.ndarray, rank_as: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Rank of the best image of each article's group, int [N].

    target: int [N], the own image's row; groups: int [G]. rank_as: ranks of the images it is given as targets.
    """
    members = pd.Series(groups).groupby(groups).indices
    own = [members[group] for group in groups[target]]
    each = (np.array([rows[place % len(rows)] for rows in own]) for place in range(max(map(len, own))))
    return np.min([rank_as(rows) for rows in each], axis=0)


def _close(one: np.ndarray, other: np.ndarray, within: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows of `one` and of `other` whose hashes differ in at most `within` bits, and in how many; in blocks."""
    size = max(1, _AT_ONCE // max(1, len(other)))
    for start in range(0, len(one), size):
        distance = np.bitwise_count(one[start : start + size, None] ^ other[None])
        rows, columns = np.nonzero(distance <= within)
        yield rows + start, columns, distance[rows, columns]


def _sure(rows: np.ndarray, columns: np.ndarray, distance: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Those of the pairs that are near-duplicates, [2, pairs]."""
    cosine = np.einsum("pd,pd->p", embeddings[rows], embeddings[columns])
    return np.stack([rows, columns])[:, (distance <= ALIKE) | (cosine >= SURE)]
