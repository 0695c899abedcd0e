"""The path between two models against exact evaluation."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.evaluation.agreement import Disagreement, disagreement, worst
from core.interpolation.alpha_path import (
    AlphaPath,
    TowerPath,
    build_path,
    read_path,
    write_path,
)
from core.interpolation.barycentric import barycentric_coefficients, lobatto_nodes
from core.retrieval.ranking import ranks_of

ARTICLES, DIM = 60, 16
PARTS = torch.randn(4, ARTICLES, DIM, generator=torch.Generator().manual_seed(0))


class Tower:
    """Embeddings that turn with alpha like those of a tuned head; records the requested alphas."""

    def __init__(self, at: Callable[[float], Tensor]) -> None:
        self.exact, self.requested = lambda alpha: functional.normalize(at(alpha), dim=-1), []

    def __call__(self, alphas: Sequence[float]) -> Iterator[Tensor]:
        for alpha in alphas:
            self.requested.append(alpha)
            yield self.exact(alpha)


def text_tower(bend: float = 1.0) -> Tower:
    return Tower(lambda alpha: PARTS[0] + np.tanh(bend * alpha) * PARTS[1])


def image_tower(bend: float = 1.0) -> Tower:
    return Tower(lambda alpha: PARTS[0] + PARTS[2] + np.sin(bend * alpha) * PARTS[3])


def jumping(alpha: float) -> Tensor:
    return torch.randn(ARTICLES, DIM, generator=torch.Generator().manual_seed(int(alpha * 1e6)))


def ranks(texts: Tensor, images: Tensor) -> np.ndarray:
    return ranks_of(texts, images, np.arange(ARTICLES), np.arange(ARTICLES)[::-1].copy())


def built(
    text: Tower | None = None, image: Tower | None = None, changes: tuple[bool, bool] = (True, True)
) -> AlphaPath:
    return build_path(text or text_tower(), image or image_tower(), changes, ranks)


def test_nodes_rise_from_exactly_0_over_exactly_a_half_to_exactly_1_and_each_grid_holds_the_one_before():
    for count in (5, 9, 17, 33):
        nodes = lobatto_nodes(count)
        assert len(nodes) == count
        assert (nodes[0], nodes[count // 2], nodes[-1]) == (0.0, 0.5, 1.0)
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
    path = built()
    for alpha in path.text.nodes:
        texts, images = path.at(float(alpha), float(alpha))
        assert path.is_exact_at(float(alpha))
        assert torch.equal(texts, text_tower().exact(round(float(alpha), 12)))
        assert torch.equal(images, image_tower().exact(round(float(alpha), 12)))
    assert not path.is_exact_at(0.3)


@pytest.mark.parametrize("bend", [0.5, 1.5, 3.0])
def test_between_nodes_ranks_are_the_exact_ones_up_to_the_tolerance(bend: float):
    text, image = text_tower(bend), image_tower(bend)
    path = built(text, image)
    assert path.is_good
    diagonal = [(alpha, alpha) for alpha in np.linspace(0, 1, 23)]
    for alpha_image, alpha_text in [*diagonal, (0.2, 0.9), (0.7, 0.0)]:
        exact = ranks(text.exact(alpha_text), image.exact(alpha_image))
        assert disagreement(ranks(*path.at(alpha_image, alpha_text)), exact).is_within(ARTICLES)


def test_a_short_bend_needs_9_points_and_a_longer_one_more():
    assert built().node_count == 9
    text, image = text_tower(9.0), image_tower(9.0)
    path = built(text, image)
    assert path.is_good
    assert 9 < len(text.requested) < 33


@pytest.mark.parametrize("bend", [0.5, 3.0, 9.0])
def test_the_error_is_measured_between_the_nodes_of_the_path_that_is_returned(bend: float):
    text, image = text_tower(bend), image_tower(bend)
    path = built(text, image)
    pairs = [
        (alpha, other)
        for places in (1, -1)
        for alpha, other in zip(path.checked_at, path.checked_at[::places], strict=True)
    ]
    again = [
        disagreement(ranks(*path.at(of_image, of_text)), ranks(text.exact(of_text), image.exact(of_image)))
        for of_text, of_image in pairs
    ]
    assert not any(path.is_exact_at(alpha) for alpha in path.checked_at)
    assert path.error == worst(again)


def test_the_towers_are_interpolated_independently():
    texts, images = built().at(0.2, 0.9)
    torch.testing.assert_close(texts, text_tower().exact(0.9), atol=1e-3, rtol=0)
    torch.testing.assert_close(images, image_tower().exact(0.2), atol=1e-3, rtol=0)


@pytest.mark.parametrize("bend", [1.0, 9.0])
def test_no_alpha_is_evaluated_twice_and_the_finer_grid_uses_the_coarser(bend: float):
    text, image = text_tower(bend), image_tower(bend)
    built(text, image)
    assert len(text.requested) == len(set(text.requested))
    assert text.requested == image.requested


def test_a_tower_that_does_not_change_is_evaluated_once():
    text, image = Tower(lambda alpha: PARTS[0]), image_tower()
    path = built(text, image, changes=(False, True))
    assert text.requested == [0.0]
    assert path.is_good
    assert path.is_exact_at(0.5)
    assert not path.is_exact_at(0.3)
    torch.testing.assert_close(path.at(0.3, 0.3)[0], text.exact(0.0))


def test_a_run_that_changes_nothing_is_one_point():
    still = Tower(lambda alpha: PARTS[0])
    path = built(still, still, changes=(False, False))
    assert path.node_count == 1
    assert path.error == Disagreement(0.0, 0.0, 0.0)


def test_a_path_that_17_nodes_cannot_follow_is_not_good():
    text, image = Tower(jumping), Tower(lambda alpha: jumping(1 - alpha))
    path = built(text, image)
    assert not path.is_good
    assert path.node_count == 17
    assert path.error.mrr_100 > 1 / ARTICLES


def test_one_jumping_tower_is_noticed_even_where_both_at_the_same_alpha_agree():
    """Ranks of equal texts and images are all 1 on the diagonal: only opposite alphas show the jump."""
    assert not built(Tower(jumping), Tower(jumping)).is_good


def test_alphas_outside_are_refused():
    tower = TowerPath(lobatto_nodes(5), torch.zeros(5, 2, 3))
    for alpha in (1.2, -0.1, float("nan")):
        with pytest.raises(ValueError, match="alpha"):
            tower.at(alpha)


def test_a_path_comes_back_from_its_file(tmp_path: Path):
    path = built(changes=(True, True))
    write_path(path, tmp_path / "path.safetensors")
    again = read_path(tmp_path / "path.safetensors")
    assert again is not None
    assert (again.error, again.checked_at, again.node_count) == (path.error, path.checked_at, path.node_count)
    for one, other in zip(again.at(0.33, 0.77), path.at(0.33, 0.77), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("damage", [lambda data: data[:-50], lambda data: b"", lambda data: b"\0" * 100])
def test_a_damaged_file_is_no_path(tmp_path: Path, damage: Callable[[bytes], bytes]):
    file = tmp_path / "path.safetensors"
    assert read_path(file) is None
    write_path(built(), file)
    file.write_bytes(damage(file.read_bytes()))
    assert read_path(file) is None
