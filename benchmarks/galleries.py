"""Ranks of 50,000 articles without the score matrix, and single queries in a million images without reading them all.

The gallery of a million consists of noisy copies of real embeddings. The noise has the covariance of the real
embeddings, and a size at which a copy is as near to its source as an image to its nearest real neighbour. A sample then
has about the same neighbourhoods as real data; isotropic noise would isolate the copies of each source.
"""

import math
from collections.abc import Callable

import numpy as np
import psutil
import torch
from torch import Tensor
from torch.nn.functional import normalize

from benchmarks.measuring import Line, compare, line_of, timed
from core.retrieval.choices import IndexKind
from core.retrieval.index import GalleryIndex, build_index
from core.retrieval.ranking import ranks_of, top_k

LISTED = 100
APPROXIMATE: tuple[IndexKind, ...] = ("ivf", "hnsw")
ROWS_AT_ONCE = 50_000
BYTES_PER_SCORE = 5  # a float32 and a boolean


def ranks_50k(images: Tensor, texts: Tensor, count: int = 50_000) -> Line:
    """Measure ranks of `count` texts among as many images: the score matrix (13 GB with comparisons) against blocks.

    images, texts: float32 [n, d], of length one. The matrix is split into the fewest parts that fit half of the free
    memory.
    """
    gallery, queries = noisy_copies(images, count, seed=0), noisy_copies(texts, count, seed=1)
    targets = np.arange(count)
    ties = np.random.default_rng(0).permutation(count)
    parts = math.ceil(count * count * BYTES_PER_SCORE / (psutil.virtual_memory().available / 2))

    def obvious() -> np.ndarray:
        ranks = []
        for part in np.array_split(targets, parts):
            scores = queries[part] @ gallery.T
            target = scores.gather(1, torch.from_numpy(part)[:, None])
            ranks.append(1 + (scores > target).sum(dim=1))
        return torch.cat(ranks).numpy()

    def difference(obvious_ranks: np.ndarray, our_ranks: np.ndarray) -> str:
        apart = np.abs(obvious_ranks - our_ranks)
        differ = f"{(apart > 0).sum():,} ranks differ, by at most {apart.max(initial=0):,}"
        return differ if parts == 1 else f"{differ}; matrix in {parts} parts to fit into memory"

    size = f"{count:,} × {count:,}, {images.shape[1]}-d"
    return compare("ranks", size, obvious, lambda: ranks_of(queries, gallery, targets, ties), difference)


def queries_in_a_million(images: Tensor, texts: Tensor, count: int = 1_000_000, queries: int = 200) -> list[Line]:
    """Measure texts one by one against `count` images: exactly, and with each approximate index.

    images, texts: float32 [n, d], of length one.
    """
    gallery = noisy_copies(images, count, seed=0)
    ties = np.random.default_rng(0).permutation(count)
    chosen = np.random.default_rng(1).permutation(len(texts))[:queries]
    selected = texts[torch.from_numpy(chosen)]
    exact = timed(_one_by_one(build_index("flat", gallery, ties), selected))
    lines = []
    for kind in APPROXIMATE:
        built = timed(lambda kind=kind: build_index(kind, gallery, ties))  # type: ignore[misc]
        found = timed(_one_by_one(built.answer, selected))
        recall = np.mean([np.isin(*rows).mean() for rows in zip(exact.answer, found.answer, strict=True)])
        difference = f"recall@{LISTED} {recall:.3f}, built in {built.seconds:.0f} s within {built.peak_mb / 1e3:.1f} GB"
        size = f"{len(selected)} queries, one by one, in {count:,} × {images.shape[1]}-d"
        lines.append(line_of(f"search, {kind} against flat", size, exact, found, difference))
    return lines


def noisy_copies(embeddings: Tensor, count: int, seed: int) -> Tensor:
    """Make `count` noisy copies of `embeddings` [n, d] in turns, of length one: float32 [count, d]."""
    draw = torch.Generator().manual_seed(seed)
    sample = embeddings[:5000]
    _, scores = top_k(sample, sample, np.arange(len(sample)), 2)
    nearest = float(np.median(scores[:, 1]))  # the first is the vector itself
    spread, directions = torch.linalg.eigh(torch.cov(embeddings.T))
    spread = spread.clamp(min=0)
    # Noise of length l takes a vector of length one to a cosine of 1 / √(1 + l²).
    length = max(0.0, 1 / nearest**2 - 1) ** 0.5
    shape = (directions * (spread / spread.sum()).sqrt()).T * length
    copies = torch.empty(count, embeddings.shape[1])
    for start in range(0, count, ROWS_AT_ONCE):
        rows = torch.arange(start, min(start + ROWS_AT_ONCE, count))
        noise = torch.randn(len(rows), embeddings.shape[1], generator=draw) @ shape
        copies[rows] = normalize(embeddings[rows % len(embeddings)] + noise, dim=1)
    return copies


def _one_by_one(index: GalleryIndex, queries: Tensor) -> Callable[[], np.ndarray]:
    """Return a function that searches each query separately: int64 [n, LISTED]."""
    return lambda: np.concatenate([index.search(query[None], LISTED)[0] for query in queries])
