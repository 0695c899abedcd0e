"""The exact path of linear heads: recognised from its encodings, equal to encoding at each α, ranked as by products."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.interpolation.alpha_path import AlphaPath, TowerPath
from core.interpolation.linear_path import linear_path, linear_tower
from core.interpolation.linear_ranks import ranks_along
from core.retrieval.ranking import ranks_of, top_k

FEATURES = torch.randn(70, 24, generator=torch.Generator().manual_seed(1))
HEADS = torch.randn(3, 24, 16, generator=torch.Generator().manual_seed(2))


def text_at(alpha: float) -> Tensor:
    return FEATURES @ torch.lerp(HEADS[0], HEADS[1], alpha)


def image_at(alpha: float) -> Tensor:
    return (FEATURES[:53] + 0.3) @ torch.lerp(HEADS[0], HEADS[2], alpha)


def path(changes: tuple[bool, bool] = (True, True)) -> AlphaPath:
    found = linear_path(text_at, image_at, changes)
    assert found is not None
    return found


def test_every_alpha_is_encoded_without_an_error():
    found = path()
    assert found.is_linear
    assert found.is_good
    assert found.node_count == 2
    for alpha in (0.0, 1.0):
        assert torch.equal(found.text.at(alpha), functional.normalize(text_at(alpha), dim=1))
    for alpha in (0.013, 0.5, 0.77):
        assert found.is_exact_at(alpha)
        texts, images = found.at(alpha, 1 - alpha)
        torch.testing.assert_close(texts, functional.normalize(text_at(1 - alpha), dim=1), atol=1e-6, rtol=0)
        torch.testing.assert_close(images, functional.normalize(image_at(alpha), dim=1), atol=1e-6, rtol=0)


@pytest.mark.parametrize("bend", [1e-3, -0.2])
def test_a_tower_that_bends_is_not_taken_for_linear(bend):
    bent = lambda alpha: text_at(alpha) + bend * alpha * (1 - alpha) * FEATURES[:, :16]  # noqa: E731
    assert linear_tower(bent) is None
    assert linear_path(text_at, bent, (True, True)) is None
    assert linear_path(bent, image_at, (True, True)) is None


def test_a_tower_that_does_not_change_is_encoded_once():
    calls: list[float] = []

    def counted(alpha: float) -> Tensor:
        calls.append(alpha)
        return text_at(0.0)

    found = linear_path(counted, image_at, (False, True))
    assert calls == [0.0]
    assert torch.equal(found.text.at(0.3), functional.normalize(text_at(0.0), dim=1))


def by_products(found: AlphaPath, points, target, ties, shown):
    pairs = [(found.text.at(text), found.image.at(image)) for text, image in points]
    ranks = np.stack([ranks_of(*pair, target, ties) for pair in pairs])
    return ranks, np.stack([top_k(*pair, ties, shown)[0] for pair in pairs])


@pytest.mark.parametrize("block_scores", [1, 53 * 7, 10**6])
@pytest.mark.parametrize("changes", [(True, True), (False, True), (True, False)])
def test_ranks_and_first_images_are_those_of_products(block_scores, changes):
    found = path(changes)
    random = np.random.default_rng(0)
    target, ties = random.integers(0, 53, 70), random.permutation(53)
    diagonal = [(alpha, alpha) for alpha in np.linspace(0, 1, 12).tolist()]
    plane = [(text, image) for image in (0.0, 0.4, 1.0) for text in (0.0, 0.9, 1.0)]
    for points in (diagonal, plane):
        along = ranks_along(found.text, found.image, target, ties, points, 5, block_scores=block_scores)
        ranks, first = by_products(found, points, target, ties, 5)
        np.testing.assert_array_equal(along.ranks, ranks)
        np.testing.assert_array_equal(along.first, first)


def test_equal_images_follow_the_fixed_order_at_every_alpha():
    twins = torch.randint(0, 9, (700,), generator=torch.Generator().manual_seed(3))
    images = path().image
    copies = TowerPath(images.nodes, images.values[:, twins], is_linear=True)
    ties = np.random.default_rng(1).permutation(700)
    target = np.random.default_rng(2).integers(0, 700, 70)
    points = [(alpha, alpha) for alpha in np.linspace(0, 1, 9).tolist()]
    along = ranks_along(path().text, copies, target, ties, points, 20, block_scores=700 * 11)
    ranks, first = by_products(AlphaPath(path().text, copies, path().error, ()), points, target, ties, 20)
    np.testing.assert_array_equal(along.ranks, ranks)
    np.testing.assert_array_equal(along.first, first)


def test_counts_do_not_overflow_in_a_wide_gallery():
    wide = 8 * 255 * 3 + 5
    values = torch.stack([torch.ones(wide), torch.linspace(3.0, 0.5, wide)], dim=1)
    gallery = TowerPath(np.array([0.0, 1.0]), torch.stack([values, values]), is_linear=True)
    query = TowerPath(np.zeros(1), torch.tensor([[[1.0, 0.0]]]), is_linear=True)
    for own, rank in ((wide - 1, 1), (0, wide)):
        found = ranks_along(query, gallery, np.array([own]), np.arange(wide), [(0.5, 0.5)], 3)
        assert found.ranks.tolist() == [[rank]]
        assert found.first.tolist() == [[[wide - 1, wide - 2, wide - 3]]]
