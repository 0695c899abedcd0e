"""Trainings until each period: each is a plain training on what came before, and leaves everything as it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.analysis import rolling_origin as periods_room
from core.analysis.rolling_origin import Periods
from core.analysis.significance import FINE_TUNED, WISE_FT, ZERO_SHOT
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.experiment.loaded_run import TunedExperiment, open_run
from core.experiment.rolling_origins import roll
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.question import Asked, answered, kept
from core.findings.rolling_origin import ROLLING
from core.findings.sections import section_of
from core.training.settings import Settings
from core.workspace.runs import Run


@pytest.fixture
def few(monkeypatch) -> Periods:
    """The 60 shapes in three periods; a window of 40 ends with the second."""
    monkeypatch.setattr(periods_room, "ENOUGH_TO_JUDGE", 10)
    return Periods("block", np.repeat([0, 1, 2], [20, 20, 20]), ("first", "second", "third"))


def _run(tune: str, domain, places, tiny_name) -> Run:
    settings = Settings(tune=tune, epochs=2, lr=3e-3, batch_size=16)
    return train_run(domain, tiny_name, settings, Reading(), "cpu", places)[0]


def test_an_origin_is_a_plain_training_on_the_first_of_what_came_before(few, shapes_domain, places, tiny_name):
    run = _run("all", shapes_domain, places, tiny_name)
    [one] = roll(open_run(run, shapes_domain, places, "cpu"), shapes_domain.articles, few, window=40)
    assert (one.origin, one.n_trained, one.n_chosen) == (1, 32, 8)
    assert one.articles.tolist() == list(range(40, 60))

    split = ["train"] * 32 + ["val"] * 8 + ["test"] * 20
    domain = replace(shapes_domain, articles=shapes_domain.articles.assign(split=split))
    plain = open_run(_run("all", domain, places, tiny_name), domain, places, "cpu")
    for model, alpha in ((ZERO_SHOT, 0.0), (FINE_TUNED, 1.0), (WISE_FT, one.alpha)):
        assert np.array_equal(one.ranks[model], plain.at(alpha, "test").ranks()[0])
    reciprocal = [(1 / plain.at(step / 10, "val").ranks()[0]).mean() for step in range(11)]
    assert one.alpha == np.argmax(reciprocal) / 10


def test_a_window_learns_from_the_last_articles_alone(few, shapes_domain, places, tiny_name):
    tuned = open_run(_run("head", shapes_domain, places, tiny_name), shapes_domain, places, "cpu")
    [windowed] = roll(tuned, shapes_domain.articles, few, window=30)
    assert (windowed.n_trained, windowed.n_chosen) == (24, 6)
    [same] = roll(tuned, shapes_domain.articles.iloc[10:], replace(few, of=few.of[10:]), window=30)
    assert np.array_equal(windowed.ranks[FINE_TUNED], same.ranks[FINE_TUNED])
    [whole] = roll(tuned, shapes_domain.articles, few, window=40)
    assert not np.array_equal(windowed.ranks[FINE_TUNED], whole.ranks[FINE_TUNED])


@pytest.mark.parametrize(("tune", "precision"), [("lora:2", "fp32"), ("all", "bf16")])
def test_the_run_and_its_encoder_are_as_they_were(few, shapes_domain, places, tiny_name, tune, precision):
    run = _run(tune, shapes_domain, places, tiny_name)
    tuned = open_run(run, shapes_domain, places, "cpu", {"image": precision, "text": precision})
    before = tuned.at(0.3, "val").embed("text")
    files = {file: file.read_bytes() for file in places.workspace.rglob("*") if file.is_file()}
    [one] = roll(tuned, shapes_domain.articles, few, window=40)
    assert torch.equal(tuned.at(0.3, "val").embed("text"), before)
    assert {file: file.read_bytes() for file in places.workspace.rglob("*") if file.is_file()} == files
    [exact] = roll(open_run(run, shapes_domain, places, "cpu", "fp32"), shapes_domain.articles, few, window=40)
    assert np.array_equal(exact.ranks[FINE_TUNED], one.ranks[FINE_TUNED]), "training is in float32 in any case"


@pytest.fixture
def asked(many_shapes, places, tiny_name) -> Asked:
    domain = import_domain(many_shapes, places.domain_folder("many"), language="en").domain
    run = _run("head", domain, places, tiny_name)
    sweep_run(TunedExperiment(run, open_run(run, domain, places, "cpu").experiment), (0.0, 1.0), "recall@1")
    return Asked(run, domain, places, "cpu")


def test_the_question_says_what_each_training_gave_and_the_section_says_it_in_words(asked):
    found = answered(ROLLING, asked)
    assert kept(ROLLING, asked) == found
    assert answered(replace(ROLLING, version=2), asked) == found, "the same whenever asked"
    assert found.unit == "block"
    assert [one.n_trained + one.n_chosen for one in found.origins] == [54 * count for count in range(2, 10)]
    assert found.n == 8 * 54
    assert (found.window, found.windows) == (162, 7)
    assert [age.n for age in found.ages] == [54 * count for count in range(7, 0, -1)]
    pooled = next(one for one in found.next_period if (one.before, one.after) == (ZERO_SHOT, FINE_TUNED))
    assert pooled.value == pytest.approx(np.mean([one.gains[FINE_TUNED].value for one in found.origins]))
    section = section_of(ROLLING, found, asked)
    assert "Trained until each of 8 blocks and judged on the next, n = 432" in section.answer


def test_articles_of_a_test_set_and_those_without_a_picture_are_left_out(asked):
    articles = asked.domain.articles.copy()
    articles.loc[articles.index[-54:], "split"] = "test"
    domain = replace(asked.domain, articles=articles)
    run = _run("head", domain, asked.places, asked.run.info.encoder)
    found = ROLLING.ask(Asked(run, domain, asked.places, "cpu"))
    assert found.ages[0].n < 486
    assert found.origins[-1].judged == "articles 438–486"


def test_too_few_articles_are_an_answer_too(shapes_domain, places, tiny_name):
    run = _run("head", shapes_domain, places, tiny_name)
    asked = Asked(run, shapes_domain, places, "cpu")
    found = ROLLING.ask(asked)
    assert (found.origins, found.windows, found.fading) == ((), 0, {FINE_TUNED: None, WISE_FT: None})
    assert "no block has 100 articles before it" in section_of(ROLLING, found, asked).answer
