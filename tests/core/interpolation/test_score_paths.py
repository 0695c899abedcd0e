"""Scores of a query as functions of α, against normalised embeddings at each α."""

import numpy as np
import pytest

from core.interpolation.barycentric import lobatto_nodes
from core.interpolation.score_paths import POSITIONS, LinearGallery, NodeScores, candidates, first_rows, ranks_along

ALPHAS = (0.0, 0.01, 0.333, 0.5, 1.0)


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture
def ends() -> tuple[np.ndarray, np.ndarray]:
    """A query [2, 8] and a gallery [2, 50, 8] at α = 0 and 1, of lengths other than one; rows 3 and 40 are equal."""
    draw = np.random.default_rng(0)
    query, gallery = draw.normal(size=(2, 8)) * 7, draw.normal(size=(2, 50, 8)) * 3
    gallery[:, 40] = gallery[:, 3]
    return query.astype(np.float32), gallery.astype(np.float32)


def cosines(ends: tuple[np.ndarray, np.ndarray], alpha: float) -> np.ndarray:
    query, gallery = (unit((1 - alpha) * end[0].astype(float) + alpha * end[1].astype(float)) for end in ends)
    return gallery @ query


def test_scores_of_linear_embeddings_are_their_cosines(ends):
    scores = LinearGallery.of(*ends[1]).scores(ends[0])
    for alpha in ALPHAS:
        np.testing.assert_allclose(scores.at(alpha), cosines(ends, alpha), atol=1e-6)
        assert scores.at(alpha)[3] == scores.at(alpha)[40], "equal rows tie"
        assert scores.is_exact_at(alpha)


def test_a_gallery_that_does_not_change_has_one_end(ends):
    query, gallery = ends
    scores = LinearGallery.of(gallery[0], gallery[0]).scores(query)
    np.testing.assert_allclose(scores.at(0.7), cosines((query, gallery[[0, 0]]), 0.7), atol=1e-6)


def test_scores_between_nodes_are_interpolated(ends):
    ends = tuple(np.stack([end[0], 0.7 * end[0] + 0.3 * end[1]]) for end in ends)  # as a fine-tuning changes them
    nodes = lobatto_nodes(5)
    scores = NodeScores(nodes, np.stack([cosines(ends, alpha) for alpha in nodes], axis=1))
    np.testing.assert_allclose(scores.at(float(nodes[1])), cosines(ends, float(nodes[1])), atol=1e-12)
    assert scores.is_exact_at(0.5)
    assert not scores.is_exact_at(0.3)
    assert np.abs(scores.at(0.3) - cosines(ends, 0.3)).max() < 0.05


def test_candidates_hold_the_first_items_at_every_position(ends):
    ties = np.random.default_rng(1).permutation(50)
    scores = LinearGallery.of(*ends[1]).scores(ends[0])
    rows = candidates(scores, ties, 5, POSITIONS)
    expected = set()
    for alpha in POSITIONS:
        order = np.lexsort((ties, -scores.at(alpha)))
        assert first_rows(scores.at(alpha), ties, 5).tolist() == order[:5].tolist()
        expected |= set(order[:5].tolist())
    assert set(rows.tolist()) == expected
    assert 5 < len(rows) < 50, "the order changes with α"
    np.testing.assert_array_equal(scores.of_rows(rows).at(0.4), scores.at(0.4)[rows])
    ranks = ranks_along(scores, ties, 3, POSITIONS)
    at_half = np.lexsort((ties, -scores.at(0.5))).tolist()
    assert ranks[50] == 1 + at_half.index(3)
