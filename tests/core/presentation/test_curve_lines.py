"""Lines over α: exact steps, thinned without losing extremes, axes of shares, and the table behind them."""

from dataclasses import replace

import numpy as np
import pytest

from core.evaluation.alpha_selection import Selected
from core.evaluation.metrics import table_metrics
from core.evaluation.overtakings import Steps, metric_steps
from core.evaluation.step_lines import drawn_steps
from core.presentation.curve_lines import CurveLine, axis_range, curve_line, curves_table, steps_table
from core.workspace.sweep_results import read_results
from tests.written_runs import write_run


@pytest.fixture
def line(workspace, shapes_domain) -> CurveLine:
    return curve_line(read_results(write_run(workspace, shapes_domain), shapes_domain, "val"))


def test_steps_meet_the_swept_values(workspace, shapes_domain):
    results = read_results(write_run(workspace, shapes_domain), shapes_domain, "val")
    line = curve_line(results)
    for metric in table_metrics():
        steps = line.steps[metric]
        at_swept = steps.values[np.searchsorted(steps.at, line.alphas, side="right")]
        np.testing.assert_allclose(at_swept, line.values[metric], atol=1e-12)
        assert steps.values.max() == pytest.approx(metric_steps(results.overtakings, metric).values.max())


def test_thinning_keeps_extremes_and_the_end_of_each_pixel():
    random = np.random.default_rng(0)
    steps = Steps(np.sort(random.uniform(size=5000)), random.normal(size=5001))
    thin = drawn_steps(steps, 50)
    assert len(thin.at) <= 4 * 50
    assert thin.values.min() == steps.values.min()
    assert thin.values.max() == steps.values.max()
    ends = np.linspace(0, 1, 51)[1:] - 1e-9
    assert [thin.value(end) for end in ends] == [steps.value(end) for end in ends]


def test_steps_that_change_nothing_are_left_out():
    steps = drawn_steps(Steps(np.array([0.1, 0.2, 0.2, 0.5]), np.array([1.0, 1.0, 3.0, 2.0, 2.0])), 100)
    assert (steps.at.tolist(), steps.values.tolist()) == ([0.2], [1.0, 2.0])


def flat(value: float) -> CurveLine:
    alphas = np.array([0.0, 0.5, 1.0])
    values = {metric: np.full(3, value) for metric in table_metrics()}
    return CurveLine("news", "first", "val", 567, Selected(0.5, "recall@1"), alphas, np.zeros(3, bool), values)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_the_axis_of_a_share_stays_between_0_and_1(value):
    low, high = axis_range([flat(value)], "recall@1")
    assert 0 <= low < high <= 1


def test_the_table_has_intervals_n_split_domain_and_run(line):
    bands = {metric: (values - 0.1, values + 0.1) for metric, values in line.values.items()}
    table = curves_table([replace(line, bands=bands), flat(0.5)])
    assert {"domain", "run", "split", "n", "alpha", "recall@1", "recall@1_low", "recall@1_high"} <= set(table)
    own = table[table["run"] == line.run]
    np.testing.assert_allclose(own["recall@1_high"] - own["recall@1_low"], 0.2, atol=2e-6)
    assert table.loc[table["run"] == "first", "recall@1_low"].isna().all()
    assert set(steps_table([line])["metric"]) == set(table_metrics())
