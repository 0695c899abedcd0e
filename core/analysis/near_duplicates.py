"""Near-duplicates: images that show the same photo in another crop, size or colour.

Two images are near-duplicates if their perceptual hashes differ in at most ALIKE of 64 bits, or in at most PERHAPS
if their zero-shot embeddings also have a cosine of at least SURE. Connected pairs form groups. Embeddings alone are not
enough, because they describe the content of an image: two hockey games have a cosine of 0.9997 under the built-in
encoder.

The three thresholds come from a manual check of pairs in three collections (6,766 images). All 102 pairs within ALIKE
were the same photo. Of the 20 pairs between ALIKE and PERHAPS with a cosine of at least SURE, 19 were the same photo or
the next moment of the same scene. At a lower cosine most were not.
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
    """Return the group of each image, int [G], counted from 0; an image without near-duplicates is a group by itself.

    hashes: uint64 [G] (`core.data.images.perceptual_hash`). embeddings: float32 [G, d], zero-shot, of length one.
    """
    pairs = [_sure(*block, embeddings) for block in _close(hashes, hashes, PERHAPS)]
    rows, columns = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(len(hashes),) * 2)
    groups: np.ndarray = connected_components(graph, directed=False)[1]
    return groups


def has_near_duplicate_in(hashes: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Return, by hash alone, which images have a near-duplicate among `earlier`, bool [G]. Both: uint64."""
    seen = np.zeros(len(hashes), dtype=bool)
    for rows, _, _ in _close(hashes, earlier, ALIKE):
        seen[rows] = True
    return seen


def rank_of_group(target: np.ndarray, groups: np.ndarray, rank_as: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the rank of the best image of each article's group, int [N].

    target: int [N], the own image's row; groups: int [G]. rank_as: returns the ranks of given target rows.
    """
    members = pd.Series(groups).groupby(groups).indices
    accepted = [members[group] for group in groups[target]]
    targets = (np.array([rows[place % len(rows)] for rows in accepted]) for place in range(max(map(len, accepted))))
    return np.min([rank_as(rows) for rows in targets], axis=0)


def _close(first: np.ndarray, second: np.ndarray, within: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield rows of `first` and `second` whose hashes differ in at most `within` bits, and the distances; in blocks."""
    size = max(1, _AT_ONCE // max(1, len(second)))
    for start in range(0, len(first), size):
        distance = np.bitwise_count(first[start : start + size, None] ^ second[None])
        rows, columns = np.nonzero(distance <= within)
        yield rows + start, columns, distance[rows, columns]


def _sure(rows: np.ndarray, columns: np.ndarray, distance: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Return the pairs that are near-duplicates, [2, pairs]."""
    cosine = np.einsum("pd,pd->p", embeddings[rows], embeddings[columns])
    return np.stack([rows, columns])[:, (distance <= ALIKE) | (cosine >= SURE)]
