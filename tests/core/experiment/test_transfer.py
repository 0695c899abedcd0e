"""A run on another domain's articles."""

import numpy as np
import pytest

from core.analysis.significance import curve_bands
from core.data.importers import import_domain
from core.errors import InputError
from core.evaluation.metrics import metrics_of
from core.experiment.loaded_run import open_elsewhere, open_run
from core.experiment.transfer import curve_elsewhere, read_curve_elsewhere


@pytest.fixture
def other(workspace, tmp_path):
    from tests.shapes import write_shapes

    return import_domain(write_shapes(tmp_path / "other", 75), workspace.domain_folder("other"), language="en").domain


def test_the_curve_elsewhere_is_the_runs_weights_on_the_others_articles(run, workspace, other):
    assert read_curve_elsewhere(workspace, run, other.info) is None
    curve_elsewhere(workspace, "shapes", run.info.name, "other")
    curve = read_curve_elsewhere(workspace, run, other.info)
    assert curve["n"].unique().tolist() == [15]
    loaded_run = open_elsewhere(run, other, workspace, "cpu")
    for alpha in (0.0, 0.5, 1.0):
        expected = metrics_of(loaded_run.at(alpha, "val").ranks()[0])
        assert curve.loc[np.isclose(curve["alpha"], alpha), "mrr@100"].item() == pytest.approx(expected["mrr@100"])
    ranks = np.stack([loaded_run.at(alpha, "val").ranks()[0] for alpha in (0.0, 1.0)])
    low, high = curve_bands(ranks, "mrr@100")
    assert curve["mrr@100_low"].iloc[[0, -1]].tolist() == pytest.approx(low.tolist())
    assert curve["mrr@100_high"].iloc[[0, -1]].tolist() == pytest.approx(high.tolist())


def test_the_run_moves_to_another_domain_with_its_encoder(run, workspace, other, shapes_domain):
    loaded_run = open_run(run, shapes_domain, workspace, "cpu")
    loaded_run.set_alpha(1.0)
    moved, apart = loaded_run.elsewhere(other), open_elsewhere(run, other, workspace, "cpu")
    for alpha in (0.0, 1.0):
        assert np.array_equal(moved.at(alpha, "val").ranks()[0], apart.at(alpha, "val").ranks()[0])


def test_a_run_is_not_opened_on_another_domain_by_mistake(run, workspace, other):
    with pytest.raises(InputError, match="changed after"):
        open_run(run, other, workspace, "cpu")
