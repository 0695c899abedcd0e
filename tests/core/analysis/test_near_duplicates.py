"""Groups of near-duplicates against an obvious search of all pairs, and the rank of a group's best image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis import near_duplicates as module
from core.analysis.near_duplicates import ALIKE, PERHAPS, SURE, has_near_duplicate_in, near_duplicates, rank_of_group


def _with_bits(*flipped: int) -> int:
    return sum(1 << bit for bit in flipped)


def _obvious(hashes: np.ndarray, embeddings: np.ndarray) -> list[set[int]]:
    """Return groups as sets of rows, merged for every pair of near-duplicates until nothing changes."""
    groups = [{row} for row in range(len(hashes))]
    for one in range(len(hashes)):
        for other in range(one):
            apart = bin(int(hashes[one]) ^ int(hashes[other])).count("1")
            if apart <= ALIKE or (apart <= PERHAPS and float(embeddings[one] @ embeddings[other]) >= SURE):
                joined = [group for group in groups if one in group or other in group]
                groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    return groups


@given(st.integers(1, 40), st.integers(0, 9999), st.sampled_from([1, 40, 2**24]))
def test_groups_are_those_of_all_pairs(count, seed, at_once):
    rng = np.random.default_rng(seed)
    bases = rng.integers(0, 2**63, 4).astype(np.uint64)
    flips = [sum(1 << int(bit) for bit in rng.choice(64, rng.integers(0, 10), replace=False)) for _ in range(count)]
    hashes = bases[rng.integers(0, 4, count)] ^ np.array(flips, dtype=np.uint64)
    angles = rng.choice([0.0, 0.1, 0.3, 1.5], count)
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", at_once)
        groups = near_duplicates(hashes, embeddings)
    found = {frozenset(np.flatnonzero(groups == group).tolist()) for group in np.unique(groups)}
    assert found == {frozenset(group) for group in _obvious(hashes, embeddings)}


@pytest.mark.parametrize(
    ("bits", "cosine", "together"),
    [(8, 0.0, True), (9, 0.97, False), (9, 0.98, True), (16, 0.98, True), (17, 1.0, False)],
)
def test_hashes_first_then_embeddings(bits, cosine, together):
    hashes = np.array([0, _with_bits(*range(bits))], dtype=np.uint64)
    embeddings = np.array([[1, 0], [cosine, np.sqrt(1 - cosine**2)]], dtype=np.float32)
    groups = near_duplicates(hashes, embeddings)
    assert (groups[0] == groups[1]) == together


def test_groups_are_what_pairs_connect():
    hashes = np.array([0, _with_bits(*range(8)), _with_bits(*range(16)), 2**63 - 1], dtype=np.uint64)
    groups = near_duplicates(hashes, np.eye(4, dtype=np.float32))
    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_what_was_seen_before_is_alike_by_its_hash():
    hashes = np.array([0, 2**63 - 1, _with_bits(1, 2, 3)], dtype=np.uint64)
    assert has_near_duplicate_in(hashes, np.array([_with_bits(*range(8))], dtype=np.uint64)).tolist() == [
        True,
        False,
        True,
    ]
    assert not has_near_duplicate_in(hashes, np.empty(0, dtype=np.uint64)).any()


def test_a_groups_rank_is_that_of_its_best_image():
    scores = np.random.default_rng(0).random((30, 12))
    order = np.argsort(-scores, axis=1)
    target, groups = np.arange(30) % 12, np.array([0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 6, 7])

    def rank_as(rows):
        return np.array([list(row).index(own) + 1 for row, own in zip(order, rows, strict=True)])

    found = rank_of_group(target, groups, rank_as)
    for article, rank in enumerate(found):
        own = set(np.flatnonzero(groups == groups[target[article]]))
        assert rank == next(place for place, row in enumerate(order[article], start=1) if row in own)
    alone = rank_of_group(target, np.arange(12), rank_as)
    np.testing.assert_array_equal(alone, rank_as(target))
