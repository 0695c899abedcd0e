"""Approximate lists against exact ones: recall, order and files."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from core.errors import RematchError
from core.retrieval.choices import IndexKind
from core.retrieval.index import (
    DEFAULT,
    IndexSettings,
    build_index,
    load_index,
    measured_recall,
)
from core.retrieval.ranking import top_k

APPROXIMATE: tuple[IndexKind, ...] = ("ivf", "hnsw")
#: Builds in a tenth of a second, with so little search effort that it is really approximate.
SMALL = replace(
    DEFAULT, exact_below=0, searched_lists=16, ivf_candidates=8, links=16, build_effort=40, search_effort=80
)


def clustered(count: int, dim: int = 32, seed: int = 0) -> Tensor:
    """Make points of length one around 50 centres, float32 [count, dim]."""
    draw = torch.Generator().manual_seed(seed)
    centres = torch.randn(50, dim, generator=torch.Generator().manual_seed(9))
    chosen = torch.randint(50, (count,), generator=draw)
    return normalize(centres[chosen] + 0.7 * torch.randn(count, dim, generator=draw), dim=1)


GALLERY = clustered(4000)
QUERIES = clustered(40, seed=1)
TIES = np.random.default_rng(2).permutation(len(GALLERY))


def recall(kind: IndexKind, settings: IndexSettings) -> float:
    index = build_index(kind, GALLERY, TIES, settings)
    return measured_recall(index, build_index("flat", GALLERY, TIES), QUERIES, k=20)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_an_approximate_index_finds_nearly_all_and_less_with_less_effort(kind):
    little = replace(
        SMALL, searched_lists=1, ivf_candidates=1, links=4, build_effort=10, search_effort=1, hnsw_candidates=1
    )
    assert 0.1 < recall(kind, little) < 0.8
    assert recall(kind, SMALL) > 0.9


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_a_wrong_list_is_only_one_that_lacks_something(kind):
    rows, scores = build_index(kind, GALLERY, TIES, SMALL).search(QUERIES, 20)
    assert (rows.dtype, scores.dtype, rows.shape, scores.shape) == (np.int64, np.float32, (40, 20), (40, 20))
    exact = (QUERIES @ GALLERY.T).numpy()
    np.testing.assert_allclose(scores, np.take_along_axis(exact, rows, axis=1), atol=1e-6)
    assert (np.diff(scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 20 for row in rows)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_equal_scores_go_by_the_fixed_order(kind):
    twins = clustered(2000).repeat(2, 1)
    ties = np.random.default_rng(3).permutation(4000)
    rows, scores = build_index(kind, twins, ties, replace(SMALL, searched_lists=4000)).search(QUERIES, 20)
    same = scores[:, 1:] == scores[:, :-1]
    assert same.sum() > 300
    assert (ties[rows[:, 1:]] > ties[rows[:, :-1]])[same].all()


@pytest.mark.parametrize("kind", APPROXIMATE)
@pytest.mark.parametrize("k", [3000, 4000, 5000])
def test_no_list_is_shorter_than_k(kind, k):
    """A list of ivf holds some 50 items, and a search of hnsw may end early."""
    index = build_index(kind, GALLERY, TIES, replace(SMALL, searched_lists=1, ivf_candidates=1, hnsw_candidates=1))
    rows, scores = index.search(QUERIES[:5], k)
    assert rows.shape == scores.shape == (5, min(k, 4000))
    assert all(len(set(row)) == min(k, 4000) and row.min() >= 0 for row in rows)
    if kind == "ivf":
        np.testing.assert_array_equal(rows, np.concatenate([top_k(q[None], GALLERY, TIES, k)[0] for q in QUERIES[:5]]))


def test_flat_is_the_exact_list():
    for found, expected in zip(
        build_index("flat", GALLERY, TIES).search(QUERIES, 7), top_k(QUERIES, GALLERY, TIES, 7), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("kind", get_args(IndexKind))
@pytest.mark.parametrize("count", [1, 2, 50, 300])
def test_a_small_gallery_is_searched_exactly_and_leaves_no_file(kind, count, tmp_path):
    gallery, ties = GALLERY[:count], TIES[:count]
    index = build_index(kind, gallery, ties)
    np.testing.assert_array_equal(index.search(QUERIES, 20)[0], top_k(QUERIES, gallery, ties, 20)[0])
    index.save(tmp_path / "index.faiss")
    assert load_index(tmp_path / "index.faiss", kind, gallery, ties) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dim", [7, 8])
def test_the_smallest_gallery_that_gets_an_index_of_its_own(dim, tmp_path):
    count = DEFAULT.exact_below
    gallery, ties = clustered(count, dim), np.arange(count)
    index = build_index("ivf", gallery, ties)
    assert measured_recall(index, build_index("flat", gallery, ties), QUERIES[:, :dim], k=100) > 0.95
    index.save(tmp_path / "index.faiss")
    assert load_index(tmp_path / "index.faiss", "ivf", gallery, ties) is not None


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_a_loaded_index_searches_like_the_built_one(kind, tmp_path):
    file = tmp_path / "deep" / "index.faiss"
    index = build_index(kind, GALLERY, TIES, SMALL)
    index.save(file)
    assert list(file.parent.iterdir()) == [file]
    loaded = load_index(file, kind, GALLERY, TIES, SMALL)
    assert loaded is not None
    for found, expected in zip(loaded.search(QUERIES, 20), index.search(QUERIES, 20), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.fixture(scope="module", params=APPROXIMATE)
def saved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[IndexKind, Path]:
    file = tmp_path_factory.mktemp("index") / "index.faiss"
    build_index(request.param, GALLERY, TIES, SMALL).save(file)
    return request.param, file


def test_a_file_of_another_gallery_or_kind_is_not_loaded(saved):
    kind, file = saved
    other: IndexKind = "ivf" if kind == "hnsw" else "hnsw"
    assert load_index(file, kind, GALLERY, TIES) is not None
    assert load_index(file, other, GALLERY, TIES) is None
    assert load_index(file, "flat", GALLERY, TIES) is None
    assert load_index(file, kind, GALLERY[1:], TIES[1:]) is None
    assert load_index(file, kind, GALLERY[:, 1:], TIES) is None


@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.5, 0.9999])
def test_half_a_file_is_no_index(saved, share, tmp_path):
    kind, file = saved
    whole = file.read_bytes()
    damaged = tmp_path / "half.faiss"
    damaged.write_bytes(whole[: int(len(whole) * share)])
    assert load_index(damaged, kind, GALLERY, TIES) is None


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_something_else_is_no_index(kind, tmp_path):
    file = tmp_path / "other.faiss"
    file.write_bytes(b"not an index at all" * 100)
    assert load_index(file, kind, GALLERY, TIES) is None
    assert load_index(tmp_path, kind, GALLERY, TIES) is None


@pytest.mark.parametrize("kind", get_args(IndexKind))
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_embeddings_that_are_not_finite_are_refused(kind, value):
    damaged = GALLERY.clone()
    damaged[17, 3] = value
    with pytest.raises(RematchError, match=r"gallery item 17 .*finite"):
        build_index(kind, damaged, TIES, SMALL)
    index = build_index(kind, GALLERY, TIES, SMALL)
    with pytest.raises(RematchError, match=r"query 17 .*finite"):
        index.search(damaged[:20], 5)


def test_recall_is_the_share_found():
    """An index of half the gallery finds those of the best items that are in this half."""
    flat = build_index("flat", GALLERY, TIES)
    half = build_index("flat", GALLERY[:2000], TIES[:2000])
    expected = (flat.search(QUERIES, 50)[0] < 2000).mean()
    assert measured_recall(flat, flat, QUERIES, 50) == 1
    assert measured_recall(half, flat, QUERIES, 50) == pytest.approx(expected)
    assert measured_recall(half, half, QUERIES, 5000) == 1
