"""One model for several domains: its weights, what chooses them, and the sentence without another domain."""

from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest

from core.data.query_text import Reading
from core.evaluation.metrics import values_of
from core.evaluation.models import Model
from core.experiment.loaded_run import open_run
from core.experiment.newsrooms import Newsrooms
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.newsrooms import METRIC, NEWSROOMS, ONE, simplex
from core.findings.question import RunContext, compute_or_load, load_cached
from core.presentation.blocks import Chart, Grid
from core.training.settings import Settings


@pytest.fixture
def context(shapes_domain, workspace, tiny_name) -> RunContext:
    settings = Settings(tune="head", epochs=2, lr=3e-3, batch_size=16)
    run = train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), (0.0, 0.5, 1.0), "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


@pytest.fixture
def train_elsewhere(shapes_domain, workspace, tiny_name):
    """Return a function that trains a head on a copy of the domain under another name."""

    def train(slug: str, seed: int):
        folder = workspace.domain_folder(slug)
        copytree(shapes_domain.folder, folder)
        copy = replace(shapes_domain, info=replace(shapes_domain.info, slug=slug), folder=folder)
        settings = Settings(tune="head", epochs=2, lr=3e-3, batch_size=16, seed=seed)
        return train_run(copy, tiny_name, settings, Reading(), "cpu", workspace)[0]

    return train


def test_the_points_cover_the_triangle_evenly():
    points = list(simplex(3))
    assert len(points) == len(set(points)) == 66
    assert all(sum(point) == pytest.approx(1) for point in points)
    assert {(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.4, 0.4, 0.2)} <= set(points)
    assert list(simplex(2, 2)) == [(1, 0), (0.5, 0.5), (0, 1)]


def test_without_another_domain_the_section_says_what_to_train(context):
    found = compute_or_load(NEWSROOMS, context)
    assert found.domains == ()
    assert "rematch train" in NEWSROOMS.section(found, context).answer


def test_corners_and_centre_are_the_models_they_stand_for(context, train_elsewhere, workspace):
    others = [train_elsewhere("two", 1), train_elsewhere("three", 2)]
    newsrooms = Newsrooms(context.loaded_run, others)
    assert list(newsrooms.views) == ["shapes", "two", "three"]
    for place, run in enumerate((context.run, *others)):
        corner = newsrooms.ranks([float(other == place) for other in range(3)])
        domain = workspace.load_domain(run.info.domain) if place == 0 else context.domain
        expected = open_run(run, replace(domain, info=replace(domain.info, slug=run.info.domain)), workspace, "cpu")
        assert np.array_equal(corner["shapes"], expected.at(1.0, "val").ranks()[0])
    assert np.array_equal(newsrooms.ranks([0.0] * 3)["two"], context.loaded_run.at(0.0, "val").ranks()[0])
    assert list(newsrooms.ranks([0.2, 0.3, 0.5], ["three"])) == ["three"]


def test_the_one_model_is_judged_on_the_halves_that_did_not_choose_it(context, train_elsewhere):
    assert compute_or_load(NEWSROOMS, context).domains == ()
    others = [train_elsewhere("two", 1), train_elsewhere("three", 2)]
    assert load_cached(NEWSROOMS, context) is None, "a run elsewhere makes another answer"
    found = compute_or_load(NEWSROOMS, context)
    assert {room.domain for room in found.domains} == {"shapes", "two", "three"}
    newsrooms = Newsrooms(context.loaded_run, sorted(others, key=lambda run: run.info.created_at, reverse=True))
    room = found.domains[0]
    for place in (0, 8, 20):
        ranks = newsrooms.ranks(found.points[place])["shapes"]
        assert room.reached[place] == pytest.approx(values_of(ranks, METRIC).mean())
    by_half = [newsrooms.ranks(weights)["shapes"] for weights in found.chosen]
    crossed = np.concatenate([by_half[1][:6], by_half[0][6:]])
    assert room.values[ONE] == pytest.approx(values_of(crossed, METRIC).mean())
    for difference in room.differences:
        assert difference.value == pytest.approx(room.values[ONE] - room.values[difference.before])
        assert difference.p_holm >= difference.p
    assert room.values[Model.FINE_TUNED] == room.reached[found.points.index((1.0, 0.0, 0.0))]
    section = NEWSROOMS.section(found, context)
    [table] = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert table["domain"].tolist() == [room.domain for room in found.domains]
    _, chart = [block for block in section.blocks if isinstance(block, Chart)]
    assert len(chart.figure.data) == 3


def test_two_domains_are_drawn_as_a_line(context, train_elsewhere):
    train_elsewhere("two", 1)
    found = compute_or_load(NEWSROOMS, context)
    _, chart = [block for block in NEWSROOMS.section(found, context).blocks if isinstance(block, Chart)]
    assert [len(line.x) for line in chart.figure.data] == [11, 11]
