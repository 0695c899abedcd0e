"""Files of a sweep: interpolated points are marked, and α* is exact."""

from dataclasses import replace

import numpy as np
import pytest

from core.data.domain import Domain
from core.data.query_text import Reading
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import select_alpha
from core.evaluation.sweep import DENSE
from core.experiment import loaded_run as loaded_run_module
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.sweep import COARSE, sweep_run
from core.experiment.train import train_run
from core.training.settings import Settings
from core.workspace.folders import Workspace


@pytest.fixture(params=["head", "all"])
def loaded_run(request, shapes_domain: Domain, workspace: Workspace, train_once) -> LoadedRun:
    run = train_once(Settings(tune=request.param, epochs=3, lr=3e-3, batch_size=16))
    return open_run(run, shapes_domain, workspace, "cpu")


def test_the_whole_curve_has_exact_ends_and_an_exact_choice_with_exact_neighbours(loaded_run):
    curve, info = sweep_run(loaded_run, None, "recall@1")
    chosen = info.selected.alpha
    assert set(curve["alpha"]) == {*DENSE, chosen}
    assert info.paths["val"].is_good
    interpolated = curve.set_index("alpha")["interpolated"]
    for alpha in (0.0, 1.0, 0.5, chosen):
        assert not interpolated[alpha]
    if info.paths["val"].is_linear:
        assert not interpolated.any()
        assert info.selected.low < chosen < info.selected.high
        best = curve.set_index("alpha")["recall@1"]
        assert best[chosen] == best.max()
    else:
        assert interpolated.sum() > 80
        assert chosen == select_alpha(curve[~curve["interpolated"]], "recall@1").alpha
    ranks = loaded_run.run.ranks()
    for alpha in curve.loc[~curve["interpolated"], "alpha"]:
        forward, reverse = loaded_run.at(float(alpha), "val").ranks()
        kept = ranks[ranks["alpha"] == alpha]
        assert kept["rank"].tolist() == forward.tolist()
        assert kept["reverse_rank"].tolist() == reverse.tolist()


def test_interpolated_points_are_close_to_exact_ones(loaded_run):
    curve, _ = sweep_run(loaded_run, None, "recall@1")
    exact = curve["alpha"].map(lambda alpha: (1 / loaded_run.at(float(alpha), "val").ranks()[0]).mean())
    assert np.abs(curve["mrr@100"] - exact).max() <= 1 / 12


def test_alphas_that_are_asked_for_are_all_exact(loaded_run):
    curve, info = sweep_run(loaded_run, (0.0, 0.37, 1.0), "mrr@100")
    assert curve["alpha"].tolist() == [0.0, 0.37, 1.0]
    assert not curve["interpolated"].any()
    assert info.paths == {}


def test_where_the_path_cannot_be_trusted_every_point_is_exact(loaded_run, monkeypatch):
    real = loaded_run_module.build_path
    poor = Disagreement(0.4, 0.4)
    monkeypatch.setattr(loaded_run_module, "linear_path", lambda *_: None)
    monkeypatch.setattr(loaded_run_module, "build_path", lambda *arguments: replace(real(*arguments), error=poor))
    curve, info = sweep_run(loaded_run, None, "recall@1")
    assert tuple(curve["alpha"]) == COARSE
    assert not curve["interpolated"].any()
    assert not info.paths["val"].is_good
    assert loaded_run.run.sweep_info() == info


def test_the_curve_says_where_the_best_is_and_exact_evaluation_decides(loaded_run, monkeypatch):
    """An interpolated point that looks best but is not, is not chosen."""
    real = loaded_run.path("val")

    class Flattering(type(real)):
        def at(self, alpha_image, alpha_text):
            texts, images = super().at(alpha_image, alpha_text)
            if alpha_image != 0.23:
                return texts, images
            return images[loaded_run.view("val").gallery.target], images

    flattering = Flattering(real.text, real.image, real.error, real.checked_at)
    monkeypatch.setattr(loaded_run, "path", lambda split: flattering)
    curve, info = sweep_run(loaded_run, None, "recall@1")
    exact = curve[~curve["interpolated"]].set_index("alpha")
    assert {0.21, 0.22, 0.23, 0.24, 0.25} <= set(exact.index)
    assert exact["recall@1"].max() == exact.loc[info.selected.alpha, "recall@1"]
    forward, _ = loaded_run.at(0.23, "val").ranks()
    assert exact.loc[0.23, "recall@1"] == (forward == 1).mean()


def test_test_is_swept_too_and_is_exact_at_the_alpha_that_val_chose(shapes_domain, workspace, tiny_name):
    articles = shapes_domain.articles.copy()
    articles.loc[articles.index[40:48], "split"] = "test"
    domain = replace(shapes_domain, articles=articles)
    run = train_run(
        domain, tiny_name, Settings(tune="head", epochs=3, lr=3e-3, batch_size=16), Reading(), "cpu", workspace
    )[0]
    curve, info = sweep_run(open_run(run, domain, workspace, "cpu"), None, "recall@1")
    at_choice = curve[curve["alpha"] == info.selected.alpha].set_index("split")
    assert at_choice["n"].to_dict() == {"val": 12, "test": 8}
    assert not at_choice["interpolated"].any()
    assert set(info.paths) == {"val", "test"}
