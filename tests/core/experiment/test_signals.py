"""Signals of both ends and ranks of unrelated images, against plain NumPy on a small run."""

import numpy as np
import pytest

from core.analysis.headroom import SHARES
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.signals import NEIGHBOURS, _failure_distance, signals_of, temperature_of, unrelated_ranks
from core.training.settings import Settings


def _scores(loaded_run: LoadedRun, alpha: float) -> np.ndarray:
    loaded_run.set_alpha(alpha)
    view = loaded_run.view("val")
    return (view.embed("text") @ view.embed("image").T).detach().double().numpy()


def test_signals_are_those_of_a_softmax_over_the_gallery(loaded_run: LoadedRun) -> None:
    found, own = signals_of(loaded_run, "val"), temperature_of(loaded_run)
    assert found.failure is None  # the whole encoder was tuned, so train would have to be encoded
    for end, alpha in enumerate((0.0, 1.0)):
        scores = _scores(loaded_run, alpha)
        for row, share in enumerate(SHARES):
            for article, entropy in enumerate(found.entropies[row, end]):
                exponents = np.exp(scores[article] / (own * share))
                shares = exponents / exponents.sum()
                assert entropy == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-4)
        in_order = np.sort(scores, axis=1)
        assert found.highest[end] == pytest.approx(in_order[:, -1], abs=1e-5)
        assert found.margin[end] == pytest.approx(in_order[:, -1] - in_order[:, -2], abs=1e-5)
    assert found.weights.shape == (len(SHARES), 12)
    assert np.isfinite(found.features).all()


def test_heads_have_a_distance_to_the_failures_of_train(train_once, shapes_domain, workspace) -> None:
    run = train_once(Settings(tune="head", epochs=4, lr=1e-2, batch_size=16))
    loaded_run = open_run(run, shapes_domain, workspace, "cpu")
    view = loaded_run.view("train")
    loaded_run.set_alpha(0.0)
    before = view.ranks()[0]
    loaded_run.set_alpha(1.0)
    after, train = view.ranks()[0], view.embed("text").detach().numpy()
    failures = train[(before > 10) & (after <= 10)]
    assert len(failures)
    texts = loaded_run.path("val").at(1.0, 1.0)[0]
    slow = [np.mean(sorted(1 - failures @ text)[:NEIGHBOURS]) for text in texts.numpy()]
    assert _failure_distance(loaded_run, texts) == pytest.approx(slow, abs=1e-5)


def test_an_unrelated_image_starts_in_the_place_of_the_own_image(loaded_run: LoadedRun) -> None:
    alphas, single = np.array([0.0, 0.5, 1.0]), np.array([1] * 6 + [2] * 6)
    path, view = loaded_run.path("val"), loaded_run.view("val")
    own = np.stack([view.image_ranks(*path.at(alpha, alpha)) for alpha in alphas])
    places = own[single, np.arange(12)]
    found = unrelated_ranks(loaded_run, "val", alphas, places, single)
    assert [ranks.shape[0] for ranks in found] == [3] * 12
    assert sum(ranks.shape[1] for ranks in found) > 12
    curves = {tuple(curve) for curve in _curves_of_unrelated(path, view, alphas)}
    for article, ranks in enumerate(found):
        assert (ranks[single[article]] == places[article]).all()
        assert all(tuple(curve) in curves for curve in ranks.T)


def _curves_of_unrelated(path, view, alphas) -> list[list[int]]:
    """Rank every image but the own for every text, by sorting."""
    orders = []
    for alpha in alphas:
        texts, images = path.at(alpha, alpha)
        orders.append([row.tolist() for row in np.argsort(-(texts @ images.T).numpy(), axis=1, kind="stable")])
    return [
        [order[article].index(image) + 1 for order in orders]
        for article in range(len(view.article_ids))
        for image in range(len(view.gallery.files))
        if image != view.gallery.target[article]
    ]
