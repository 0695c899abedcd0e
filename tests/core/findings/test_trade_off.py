"""Trade-off of each merge between the own domain and others: the control's ranks, its halves, and the correction."""

from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference, Differences, ModelMetric, holm
from core.data.domain import Domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.evaluation.models import Model
from core.experiment.loaded_run import open_elsewhere, open_run
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.merge_search import METRIC, Choice, mean_value
from core.findings.question import RunContext, compute_or_load, load_cached
from core.findings.trade_off import TRADE_OFF, Control, TradeOffFound
from core.interpolation.merges.merge import Searched
from core.interpolation.mix import Mix
from core.presentation.blocks import Chart, Grid
from core.training.settings import Settings

SETTINGS = Settings(tune="head", epochs=2, lr=3e-3, batch_size=16)


@pytest.fixture
def context(shapes_domain, workspace, tiny_name) -> RunContext:
    run = train_run(shapes_domain, tiny_name, SETTINGS, Reading(), "cpu", workspace)[0]
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), (0.0, 0.5, 1.0), "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


@pytest.fixture
def other(workspace, tmp_path) -> Domain:
    from tests.shapes import write_shapes

    return import_domain(write_shapes(tmp_path / "other", 75), workspace.domain_folder("other"), language="en").domain


def test_each_half_is_ranked_under_what_the_other_half_chose():
    ranks = {Mix(("a",), alpha): np.full(5, int(10 * alpha)) for alpha in (0.1, 0.2)}
    earlier, later = (Searched(mix, 1, 0.0) for mix in ranks)
    assert Choice(earlier, later, frozenset(ranks)).crossed(ranks.__getitem__).tolist() == [2, 2, 1, 1, 1]


def test_without_another_domain_the_section_says_what_to_import(context):
    found = compute_or_load(TRADE_OFF, context)
    assert found.controls == ()
    assert "rematch import" in TRADE_OFF.section(found, context).answer


def test_the_control_is_ranked_with_the_same_mixes_and_chooses_none(context, other, workspace):
    found = compute_or_load(TRADE_OFF, context)
    [control] = found.controls
    assert (found.judged.n, control.domain, control.judged.n, control.trained_on) == (12, "other", 15, False)
    there = open_elsewhere(context.run, other, workspace, "cpu")
    for place, words in enumerate(found.tried[Model.WISE_FT]):
        alpha = float(words.removeprefix("α "))
        assert found.points[Model.WISE_FT][place] == pytest.approx(
            mean_value(context.loaded_run.at(alpha, "val").ranks()[0])
        )
        assert control.points[Model.WISE_FT][place] == pytest.approx(mean_value(there.at(alpha, "val").ranks()[0]))
    chosen = [float(words.removeprefix("α ")) for words in found.chosen[Model.WISE_FT]]
    for judged, run, middle in ((found.judged, context.loaded_run, 6), (control.judged, there, 7)):
        by_half = [run.at(alpha, "val").ranks()[0] for alpha in chosen]
        crossed = np.concatenate([by_half[1][:middle], by_half[0][middle:]])
        assert judged.value(METRIC, Model.WISE_FT) == pytest.approx(mean_value(crossed))
    every = [*found.judged.differences, *control.judged.differences]
    assert [each.p_holm for each in every] == holm([each.p for each in every])
    section = TRADE_OFF.section(found, context)
    [table] = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert table["mix"].tolist() == [Model.ZERO_SHOT, Model.FINE_TUNED, *found.tried]
    assert table["Pareto-optimal"].str.startswith("0 of").sum() < len(found.tried)
    [chart] = [block for block in section.blocks if isinstance(block, Chart)]
    assert len(chart.figure.data) == len(found.tried) + 3


@pytest.mark.parametrize(("own_change", "is_named"), [(0.01, True), (-0.01, False)])
def test_a_gain_there_for_a_loss_here_is_only_another_point_of_the_trade_off(context, own_change, is_named):
    def judged(change: float, p: float) -> Differences:
        around = Interval(change - 0.1, change + 0.1)
        models = (Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT, "soup of all runs")
        reached = tuple(ModelMetric(model, METRIC, 0.5, around) for model in models)
        changes = {Model.ZERO_SHOT: 0.0, Model.FINE_TUNED: 0.0, "soup of all runs": change}
        tests = (Difference(METRIC, Model.WISE_FT, after, each, around, p, p, None) for after, each in changes.items())
        return Differences(100, reached, tuple(tests))

    tried = {label: ("α 0.5",) for label in (Model.WISE_FT, "soup of all runs")}
    points, chosen = dict.fromkeys(tried, (0.5,)), dict.fromkeys(tried, ("α 0.5", "α 0.5"))
    control = Control("other", judged(0.2, 0.001), points, trained_on=False)
    found = TradeOffFound(judged(own_change, 0.5), chosen, tried, points, (control,))
    assert ("soup of all runs (" in TRADE_OFF.section(found, context).answer) == is_named


def test_a_merge_that_was_trained_on_the_control_is_no_pareto_optimum(context, shapes_domain, workspace, tiny_name):
    compute_or_load(TRADE_OFF, context)
    folder = workspace.domain_folder("two")
    copytree(shapes_domain.folder, folder)
    copy = replace(shapes_domain, info=replace(shapes_domain.info, slug="two"), folder=folder)
    assert load_cached(TRADE_OFF, context) is None, "another domain makes another answer"
    train_run(copy, tiny_name, replace(SETTINGS, seed=1), Reading(), "cpu", workspace)
    found = compute_or_load(TRADE_OFF, context)
    assert found.controls[0].trained_on
    section = TRADE_OFF.section(found, context)
    [table] = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert table.set_index("mix").loc["task arithmetic", "Pareto-optimal"].startswith("0 of")
