"""Overtakings against a brute-force count on a fine grid and against polynomials' roots."""

import numpy as np
import pytest
import torch

from core.evaluation.metrics import METRICS, metrics_of
from core.evaluation.overtakings import best_interval, is_step_metric, metric_steps, middle_of, rank_steps
from core.interpolation.alpha_path import AlphaPath, build_path
from core.interpolation.find_overtakings import find_overtakings
from core.interpolation.linear_path import linear_path
from core.retrieval.ranking import ranks_of
from tests.core.interpolation.test_alpha_path import image_tower, ranks, text_tower
from tests.core.interpolation.test_linear_path import image_at, path, text_at

N = 53
TARGET = np.random.default_rng(4).permutation(N)
TIES = np.random.default_rng(5).permutation(N)


def linear() -> AlphaPath:
    found = linear_path(lambda alpha: text_at(alpha)[:N], image_at, (True, True))
    assert found is not None
    return found


def curved() -> AlphaPath:
    found = build_path(text_tower(2.0), image_tower(3.0), (True, True), ranks)
    assert found.node_count > 2
    return found


def exact_ranks(found: AlphaPath, alpha: float, target: np.ndarray, ties: np.ndarray) -> np.ndarray:
    texts, images = found.at(alpha, alpha)
    return ranks_of(texts.double(), images.double(), target, ties)


@pytest.mark.parametrize(("make", "n"), [(linear, N), (curved, 60)])
@pytest.mark.parametrize("limit", [1000, 10])
def test_ranks_between_overtakings_are_those_of_the_embeddings(make, n, limit):
    found, target, ties = make(), np.random.default_rng(4).permutation(n), np.random.default_rng(5).permutation(n)
    overtakings = find_overtakings(found, target, ties, limit=limit)
    assert len(overtakings) > n
    steps = [rank_steps(overtakings, article) for article in range(n)]
    for alpha in np.random.default_rng(6).uniform(0, 1, 60):
        exact = exact_ranks(found, alpha, target, ties)
        ours = np.array([of_article.value(alpha) for of_article in steps])
        low = np.minimum(exact, ours) <= limit
        assert (ours[low] == exact[low]).mean() > 0.998  # one float32 tie of the reference in 60 x 60


def test_the_two_scores_are_equal_at_an_overtaking():
    found = linear()
    overtakings = find_overtakings(found, TARGET, TIES)
    for article, image, alpha in list(zip(overtakings.article, overtakings.image, overtakings.alpha, strict=True))[::7]:
        text = torch.lerp(*found.text.values.double()[:, article], float(alpha))
        rival, own = (
            torch.lerp(*found.image.values.double()[:, row], float(alpha)) for row in (image, TARGET[article])
        )
        gap = torch.cosine_similarity(text, rival, dim=0) - torch.cosine_similarity(text, own, dim=0)
        assert abs(float(gap)) < 1e-8


def test_the_places_are_roots_of_the_polynomial():
    """p₁²·q₂ = p₂²·q₁ for the products p and squared lengths q: numpy's roots of a polynomial of degree six."""
    found, article = linear(), 3
    own = TARGET[article]
    (t0, t1), texts = found.text.values.double()[:, article].numpy(), np.polynomial.Polynomial

    def parts(row: int) -> tuple:
        i0, i1 = found.image.values.double()[:, row].numpy()
        dot = texts([t0 @ i0, t0 @ (i1 - i0) + (t1 - t0) @ i0, (t1 - t0) @ (i1 - i0)])
        return dot, texts([i0 @ i0, 2 * i0 @ (i1 - i0), (i1 - i0) @ (i1 - i0)])

    own_dot, own_length = parts(own)
    expected = []
    for row in range(N):
        if row == own:
            continue
        dot, length = parts(row)
        for root in (dot**2 * own_length - own_dot**2 * length).roots():
            real = abs(root.imag) < 1e-9 and 0 < root.real < 1
            if real and np.sign(dot(root.real)) == np.sign(own_dot(root.real)):
                expected.append(root.real)
    np.testing.assert_allclose(find_overtakings(found, TARGET, TIES).of(article).alpha, sorted(expected), atol=1e-9)


def test_metrics_are_exact_between_the_steps():
    overtakings = find_overtakings(linear(), TARGET, TIES)
    for name in METRICS:
        if not is_step_metric(name):
            with pytest.raises(ValueError, match="share"):
                metric_steps(overtakings, name)
            continue
        steps = metric_steps(overtakings, name)
        for alpha in (0.0, 0.211, 0.5, 0.93, 1.0):
            expected = metrics_of(exact_ranks(linear(), alpha, TARGET, TIES))[name]
            assert steps.value(alpha) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("criterion", ["recall@1", "recall@5", "mrr@100"])
def test_no_alpha_is_better_than_the_best_interval(criterion):
    overtakings = find_overtakings(linear(), TARGET, TIES)
    low, high = best_interval(overtakings, criterion)
    steps = metric_steps(overtakings, criterion)
    assert steps.value((low + high) / 2) == steps.values.max()
    assert low == 0.0 or steps.value(low - 1e-9) < steps.values.max()
    assert high == 1.0 or steps.value(high + 1e-9) < steps.values.max()


def test_an_article_alone_in_its_gallery_is_never_passed():
    found = AlphaPath(path().text, path().image, path().error, ())
    one = AlphaPath(
        type(found.text)(found.text.nodes, found.text.values[:, :1], True),
        type(found.image)(found.image.nodes, found.image.values[:, :1], True), found.error, (),
    )  # fmt: skip
    overtakings = find_overtakings(one, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64))
    assert len(overtakings) == 0
    assert best_interval(overtakings, "recall@1") == (0.0, 1.0)


def test_a_rounded_middle_stays_inside():
    assert middle_of(0.371, 0.402) == 0.39
    assert middle_of(0.1, 0.9) == 0.5
    assert 0.12341 < middle_of(0.12341, 0.12344) < 0.12344
