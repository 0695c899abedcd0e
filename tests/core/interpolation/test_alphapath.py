"""The path between two models against exact evaluation."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.interpolation.alphapath import (
    AlphaPath,
    PathError,
    barycentric_coefficients,
    build_path,
    lobatto_nodes,
)
from core.retrieval.ranking import ranks_of

ARTICLES, DIM = 60, 16


def smooth(alpha: float, bend: float = 1.0) -> tuple[Tensor, Tensor]:
    """Embeddings that turn with alpha as a tuned head makes them turn."""
    draw = torch.Generator().manual_seed(0)
    parts = [torch.randn(ARTICLES, DIM, generator=draw) for _ in range(4)]
    texts = parts[0] + np.tanh(bend * alpha) * parts[1]
    images = parts[0] + parts[2] + np.sin(bend * alpha) * parts[3]
    return functional.normalize(texts, dim=-1), functional.normalize(images, dim=-1)


def ranks(texts: Tensor, images: Tensor) -> np.ndarray:
    return ranks_of(texts, images, np.arange(ARTICLES), np.arange(ARTICLES)[::-1].copy())


def test_nodes_rise_from_exactly_0_to_exactly_1_and_each_grid_holds_the_one_before():
    for count in (5, 9, 17):
        nodes = lobatto_nodes(count)
        assert len(nodes) == count
        assert (nodes[0], nodes[-1]) == (0.0, 1.0)
        assert (np.diff(nodes) > 0).all()
        if count > 5:
            np.testing.assert_allclose(nodes[::2], lobatto_nodes(count // 2 + 1), atol=1e-15)


@pytest.mark.parametrize("count", [5, 9, 17])
@pytest.mark.parametrize("alpha", [0.0, 0.013, 0.37, 0.5, 0.99, 1.0])
def test_a_polynomial_of_the_nodes_degree_is_met_exactly(count: int, alpha: float):
    nodes = lobatto_nodes(count)
    polynomial = np.polynomial.Polynomial(np.random.default_rng(1).normal(size=count))
    coefficients = barycentric_coefficients(nodes, alpha)
    assert coefficients.sum() == pytest.approx(1.0)
    assert coefficients @ polynomial(nodes) == pytest.approx(polynomial(alpha), abs=1e-10)


def test_at_a_node_the_computed_embeddings_come_back_to_the_bit():
    path = build_path(smooth, ranks)
    assert path is not None
    for alpha in path.nodes:
        texts, images = path.at(float(alpha), float(alpha))
        exact_texts, exact_images = smooth(float(alpha))
        assert torch.equal(texts, exact_texts)
        assert torch.equal(images, exact_images)


def test_between_nodes_ranks_are_the_exact_ones_up_to_the_error_it_carries():
    path = build_path(smooth, ranks)
    assert path is not None
    assert path.error.is_within(ARTICLES)
    for alpha in np.linspace(0, 1, 23):
        off = np.abs(1 / ranks(*path.at(alpha, alpha)) - 1 / ranks(*smooth(alpha))).mean()
        assert off <= max(path.error.mrr_100, 1 / ARTICLES)


def test_the_towers_are_interpolated_independently():
    path = build_path(smooth, ranks)
    assert path is not None
    texts, images = path.at(0.2, 0.9)
    torch.testing.assert_close(texts, smooth(0.9)[0], atol=1e-3, rtol=0)
    torch.testing.assert_close(images, smooth(0.2)[1], atol=1e-3, rtol=0)


def test_no_alpha_is_evaluated_twice_and_the_finer_grid_uses_the_coarser():
    asked: list[float] = []

    def counting(alpha: float) -> tuple[Tensor, Tensor]:
        asked.append(alpha)
        return smooth(alpha, bend=6.0)

    path = build_path(counting, ranks)
    assert path is not None
    assert len(asked) == len(path.nodes)


def test_what_17_nodes_cannot_follow_is_said_not_shown():
    def jumping(alpha: float) -> tuple[Tensor, Tensor]:
        draw = torch.Generator().manual_seed(int(alpha * 1e6))
        texts, images = (torch.randn(ARTICLES, DIM, generator=draw) for _ in range(2))
        return functional.normalize(texts, dim=-1), functional.normalize(images, dim=-1)

    assert build_path(jumping, ranks) is None


@pytest.mark.parametrize(
    ("mrr", "recall", "n", "within"),
    [(0.001, 0.005, 10_000, True), (0.0011, 0.0, 10_000, False), (0.0, 0.006, 10_000, False), (0.02, 0.02, 50, True)],
)
def test_the_tolerance_is_a_thousandth_or_one_article(mrr: float, recall: float, n: int, within: bool):
    assert PathError(mrr, recall, (0.5,)).is_within(n) is within


def test_a_path_knows_only_alphas_it_was_built_for():
    path = AlphaPath(lobatto_nodes(5), torch.zeros(5, 2, 3), torch.zeros(5, 2, 3), PathError(0.0, 0.0, ()))
    with pytest.raises(ValueError, match="alpha"):
        path.at(1.2, 0.5)
