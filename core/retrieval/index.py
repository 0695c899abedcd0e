"""The best images of a large gallery for a query: exactly, or through an approximate index of FAISS.

An approximate index only proposes candidates, by compressed copies of the embeddings. Their scores are then computed
from the gallery itself and equal ones put in the fixed order, so a list differs from the exact one in nothing but
what the index did not propose, and is never shorter.
"""

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from core.retrieval.choices import IndexKind
from core.retrieval.ranking import ITEM, QUERY, check_finite, top_k
from core.storage.cache import checksummed_write, is_whole

#: Queries that an approximate index is measured with: a hundredth shows, and a million is searched in half a minute.
MEASURED_WITH = 200


@dataclass(frozen=True)
class IndexSettings:
    """How an approximate index is built and searched.

    Chosen for real texts as queries in a million images (512-d, recall of the best 100): texts lie apart from all
    images and need several times the effort that queries by image do.
    """

    exact_below: int = 10_000  # so few are searched exactly in a millisecond
    lists_per_root: float = 2.0  # lists of ivf ÷ √G; twice as many take three times as long to build, for nothing
    points_per_list: int = 50  # that the lists are learned from; FAISS asks for 39
    searched_lists: int = 200  # of ivf; half as many lose up to four items in a hundred, twice as many find one more
    ivf_candidates: int = 16  # × k; two bits a dimension put much out of place, and rescoring is quick
    links: int = 64  # of hnsw, per item; with 32, texts miss a third more for the same effort
    build_effort: int = 64  # of hnsw (efConstruction); at 40, texts miss a third more, 100 takes twice as long
    search_effort: int = 2000  # of hnsw (efSearch); 1,000 misses about twice as much
    hnsw_candidates: int = 2  # × k; eight bits a dimension put little out of place
    seed: int = 0


DEFAULT = IndexSettings()


class GalleryIndex:
    """A gallery that can be searched. `build_index` and `load_index` make one. May be searched by several threads."""

    def __init__(self, gallery: Tensor, tie_order: np.ndarray, settings: IndexSettings, proposing: Any | None) -> None:
        """proposing: the FAISS index that proposes candidates; None if the search is exact."""
        self.gallery, self.tie_order, self.settings = gallery, tie_order, settings
        self._proposing = proposing

    def search(self, queries: Tensor, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The best `k` items of each query in rank order: rows int64 [N, min(k, G)], scores float32 of that shape.

        queries: float32 [N, d], of length one, on the CPU. A query for which an approximate search finds fewer than
        `k` is answered exactly. Raises RematchError if a query is not finite.
        """
        if self._proposing is None:
            return top_k(queries, self.gallery, self.tie_order, k)
        check_finite(queries, QUERY)
        k = min(k, len(self.gallery))
        rows = np.empty((len(queries), k), dtype=np.int64)
        scores = np.empty((len(queries), k), dtype=np.float32)
        for place, proposed in enumerate(self._candidates(queries, k)):
            candidates = proposed[proposed >= 0]
            if len(candidates) < k:
                exact = top_k(queries[place : place + 1], self.gallery, self.tie_order, k)
                rows[place], scores[place] = exact[0][0], exact[1][0]
            else:
                rows[place], scores[place] = self._rescored(candidates, queries[place].numpy(), k)
        return rows, scores

    def save(self, path: Path) -> None:
        """Write what took long to build, for `load_index`; an exact index has nothing of the kind."""
        if self._proposing is not None:
            with checksummed_write(path) as temporary:
                _faiss().write_index(self._proposing, str(temporary))

    def _candidates(self, queries: Tensor, k: int) -> np.ndarray:
        """Rows that may be among the best `k`, int64 [N, c], filled up with -1 where fewer were found."""
        faiss, settings = _faiss(), self.settings
        assert self._proposing is not None
        if isinstance(self._proposing, faiss.IndexHNSW):
            count = min(settings.hnsw_candidates * k, len(self.gallery))
            effort = faiss.SearchParametersHNSW(efSearch=max(settings.search_effort, count))
        else:
            count = min(settings.ivf_candidates * k, len(self.gallery))
            effort = faiss.SearchParametersIVF(nprobe=settings.searched_lists)
        proposed: np.ndarray = self._proposing.search(queries.numpy(), count, params=effort)[1]
        return proposed

    def _rescored(self, candidates: np.ndarray, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The best `k` of `candidates` [c] in rank order, and their scores. query: [d]."""
        # einsum stays on one core: for so few rows, waking the others may take longer than the work.
        scores = np.einsum("cd,d->c", self.gallery.numpy()[candidates], query)
        order = np.lexsort((self.tie_order[candidates], -scores))[:k]
        return candidates[order], scores[order]


def build_index(
    kind: IndexKind, gallery: Tensor, tie_order: np.ndarray, settings: IndexSettings = DEFAULT
) -> GalleryIndex:
    """Build an index over `gallery`, float32 [G, d], of length one. tie_order: int64 [G], as in `ranks_of`.

    A gallery below `settings.exact_below` gets an exact one whatever the kind. The gallery is not copied. Raises
    RematchError if an embedding is not finite.
    """
    gallery = gallery.detach().cpu().contiguous()
    check_finite(gallery, ITEM)
    if kind == "flat" or len(gallery) < settings.exact_below:
        return GalleryIndex(gallery, tie_order, settings, None)
    build = _build_ivf if kind == "ivf" else _build_hnsw
    return GalleryIndex(gallery, tie_order, settings, build(gallery.numpy(), settings))


def load_index(
    path: Path, kind: IndexKind, gallery: Tensor, tie_order: np.ndarray, settings: IndexSettings = DEFAULT
) -> GalleryIndex | None:
    """The index kept at `path`; None if it is not there, damaged, or of another kind or size (to be built again).

    That it is of this very gallery, built with these settings, is for the file's name to say.
    """
    faiss = _faiss()
    if not is_whole(path):
        return None
    try:
        kept = faiss.read_index(str(path))
    except (RuntimeError, MemoryError):
        return None
    wanted: Any = {"flat": (), "ivf": faiss.IndexIVFPQFastScan, "hnsw": faiss.IndexHNSWSQ}[kind]
    found = (kept.ntotal, kept.d, kept.metric_type)
    if not isinstance(kept, wanted) or found != (*gallery.shape, faiss.METRIC_INNER_PRODUCT):
        return None
    return GalleryIndex(gallery.detach().cpu().contiguous(), tie_order, settings, kept)


def measured_recall(index: GalleryIndex, flat: GalleryIndex, queries: Tensor, k: int = 100) -> float:
    """Share of the `k` best that `flat` lists which `index` lists too, mean over `queries` [N, d]."""
    found, _ = index.search(queries, k)
    wanted, _ = flat.search(queries, k)
    shared = [np.intersect1d(one, other).size for one, other in zip(found, wanted, strict=True)]
    return float(np.mean(shared) / wanted.shape[1])


def _build_ivf(gallery: np.ndarray, settings: IndexSettings) -> Any:
    """Items in lists by their nearest centre; a query is compared with those in the lists of the centres nearest to it.

    An item is kept in four bits for each two dimensions, the nearest of 16 pairs of values (product quantisation).
    """
    faiss = _faiss()
    count, dim = gallery.shape
    lists = max(1, min(int(settings.lists_per_root * math.sqrt(count)), count // settings.points_per_list))
    chosen = np.random.default_rng(settings.seed).choice(count, lists * settings.points_per_list, replace=False)
    sample = gallery[np.sort(chosen)]
    centres = faiss.Kmeans(dim, lists, niter=10, spherical=True, seed=settings.seed)
    centres.train(sample)
    parts = dim // 2 if dim % 2 == 0 else dim
    index = faiss.IndexIVFPQFastScan(centres.index, dim, lists, parts, 4, faiss.METRIC_INNER_PRODUCT)
    with _one_thread(faiss):
        index.train(sample)
    index.add(gallery)
    return index


@contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    """For thousands of steps too small to be shared: on two busy cores the threads wait for each other, 70 s for 2."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _build_hnsw(gallery: np.ndarray, settings: IndexSettings) -> Any:
    """Items linked to near ones, in eight bits a dimension; a query walks along the links to ever better ones."""
    faiss = _faiss()
    index = faiss.IndexHNSWSQ(
        gallery.shape[1], faiss.ScalarQuantizer.QT_8bit, settings.links, faiss.METRIC_INNER_PRODUCT
    )
    index.hnsw.efConstruction = settings.build_effort
    index.train(gallery)
    index.add(gallery)
    return index


def _faiss() -> Any:
    """FAISS, imported where it is used: most commands need none of it. (Its type stubs are of another version.)"""
    return importlib.import_module("faiss")
