"""Trainings up to each period equal plain trainings on the earlier articles and change no state."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.analysis import rolling_origin as origin_analysis
from core.analysis.label_free import EARLIER
from core.analysis.rolling_origin import Periods
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.evaluation.models import Model
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.rolling_origins import roll
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.label_free import LABEL_FREE
from core.findings.question import RunContext, compute_or_load, load_cached
from core.findings.rolling_origin import ROLLING
from core.training.settings import Settings
from core.workspace.runs import Run


@pytest.fixture
def few(monkeypatch) -> Periods:
    """Return the 60 shapes in three periods; a window of 40 ends with the second."""
    monkeypatch.setattr(origin_analysis, "MIN_TO_JUDGE", 10)
    return Periods("block", np.repeat([0, 1, 2], [20, 20, 20]), ("first", "second", "third"))


def _run(tune: str, domain, workspace, tiny_name) -> Run:
    settings = Settings(tune=tune, epochs=2, lr=3e-3, batch_size=16)
    return train_run(domain, tiny_name, settings, Reading(), "cpu", workspace)[0]


def test_an_origin_is_a_plain_training_on_the_first_of_what_came_before(few, shapes_domain, workspace, tiny_name):
    run = _run("all", shapes_domain, workspace, tiny_name)
    [one] = roll(open_run(run, shapes_domain, workspace, "cpu"), shapes_domain.articles, few, window=40)
    assert (one.origin, one.n_trained, one.n_chosen) == (1, 32, 8)
    assert one.articles.tolist() == list(range(40, 60))

    split = ["train"] * 32 + ["val"] * 8 + ["test"] * 20
    domain = replace(shapes_domain, articles=shapes_domain.articles.assign(split=split))
    plain = open_run(_run("all", domain, workspace, tiny_name), domain, workspace, "cpu")
    for model, alpha in ((Model.ZERO_SHOT, 0.0), (Model.FINE_TUNED, 1.0), (Model.WISE_FT, one.alpha)):
        assert np.array_equal(one.ranks[model], plain.at(alpha, "test").ranks()[0])
    reciprocal = [(1 / plain.at(step / 10, "val").ranks()[0]).mean() for step in range(11)]
    assert one.alpha == np.argmax(reciprocal) / 10


def test_a_window_learns_from_the_last_articles_alone(few, shapes_domain, workspace, tiny_name):
    loaded_run = open_run(_run("head", shapes_domain, workspace, tiny_name), shapes_domain, workspace, "cpu")
    [windowed] = roll(loaded_run, shapes_domain.articles, few, window=30)
    assert (windowed.n_trained, windowed.n_chosen) == (24, 6)
    [same] = roll(loaded_run, shapes_domain.articles.iloc[10:], replace(few, of=few.of[10:]), window=30)
    assert np.array_equal(windowed.ranks[Model.FINE_TUNED], same.ranks[Model.FINE_TUNED])
    [whole] = roll(loaded_run, shapes_domain.articles, few, window=40)
    assert not np.array_equal(windowed.ranks[Model.FINE_TUNED], whole.ranks[Model.FINE_TUNED])


@pytest.mark.parametrize(("tune", "precision"), [("lora:2", "fp32"), ("all", "bf16")])
def test_the_run_and_its_encoder_are_as_they_were(few, shapes_domain, workspace, tiny_name, tune, precision):
    run = _run(tune, shapes_domain, workspace, tiny_name)
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", {"image": precision, "text": precision})
    before = loaded_run.at(0.3, "val").embed("text")
    files = {file: file.read_bytes() for file in workspace.root.rglob("*") if file.is_file()}
    [one] = roll(loaded_run, shapes_domain.articles, few, window=40)
    assert torch.equal(loaded_run.at(0.3, "val").embed("text"), before)
    assert {file: file.read_bytes() for file in workspace.root.rglob("*") if file.is_file()} == files
    [exact] = roll(open_run(run, shapes_domain, workspace, "cpu", "fp32"), shapes_domain.articles, few, window=40)
    assert np.array_equal(exact.ranks[Model.FINE_TUNED], one.ranks[Model.FINE_TUNED]), (
        "training is in float32 in any case"
    )


@pytest.fixture
def context(many_shapes, workspace, tiny_name) -> RunContext:
    domain = import_domain(many_shapes, workspace.domain_folder("many"), language="en").domain
    run = _run("head", domain, workspace, tiny_name)
    sweep_run(LoadedRun(run, open_run(run, domain, workspace, "cpu").experiment), (0.0, 1.0), "recall@1")
    return RunContext(run, domain, workspace, "cpu")


def test_the_question_says_what_each_training_gave_and_the_section_says_it_in_words(context):
    found = compute_or_load(ROLLING, context)
    assert load_cached(ROLLING, context) == found
    again = RunContext(context.run, context.domain, context.workspace, "cpu")
    assert compute_or_load(replace(ROLLING, version=2), again) == found, "the same at each call"
    free = compute_or_load(LABEL_FREE, context)  # of the same trainings
    assert (free.n, len(free.periods)) == (found.n, len(found.origins))
    assert free.of(EARLIER).alphas == tuple(origin.alpha for origin in found.origins)
    assert {len(row.regrets) for row in free.criteria} == {8}
    assert "n = 432" in LABEL_FREE.section(free, context).answer
    for origin in context.origins:
        ranks = origin.in_period(origin.origin + 1)
        for model, alpha in ((Model.ZERO_SHOT, 0.0), (Model.WISE_FT, origin.alpha), (Model.FINE_TUNED, 1.0)):
            assert np.array_equal(origin.next_alphas.ranks[round(alpha * 10)], ranks[model])
    assert found.unit == "block"
    assert [one.n_trained + one.n_chosen for one in found.origins] == [54 * count for count in range(2, 10)]
    assert found.n == 8 * 54
    assert (found.window, found.windows) == (162, 7)
    assert [age.n for age in found.ages] == [54 * count for count in range(7, 0, -1)]
    pooled = next(one for one in found.next_period if (one.before, one.after) == (Model.ZERO_SHOT, Model.FINE_TUNED))
    assert pooled.value == pytest.approx(np.mean([one.gains[Model.FINE_TUNED].value for one in found.origins]))
    section = ROLLING.section(found, context)
    assert {"8", "432"} <= set(re.findall(r"\d+", section.answer))


def test_articles_of_a_test_set_and_those_without_an_image_are_left_out(context):
    articles = context.domain.articles.copy()
    articles.loc[articles.index[-54:], "split"] = "test"
    domain = replace(context.domain, articles=articles)
    run = _run("head", domain, context.workspace, context.run.info.encoder)
    found = ROLLING.ask(RunContext(run, domain, context.workspace, "cpu"))
    assert found.ages[0].n < 486
    assert found.origins[-1].judged == "articles 438–486"


def test_too_few_articles_are_an_answer_too(shapes_domain, workspace, tiny_name):
    run = _run("head", shapes_domain, workspace, tiny_name)
    context = RunContext(run, shapes_domain, workspace, "cpu")
    found = ROLLING.ask(context)
    assert (found.origins, found.windows, found.fading) == ((), 0, {Model.FINE_TUNED: None, Model.WISE_FT: None})
    assert "100 articles" in ROLLING.section(found, context).answer
