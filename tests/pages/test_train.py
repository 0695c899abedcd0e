"""The Train page: its form, the jobs it starts, and stopped trainings."""

import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.domain import Domain, save_domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.encoders.lite.english import Lite
from core.encoders.lite.multilingual import LiteMultilingual
from core.experiment.train import train_run
from core.jobs import background
from core.jobs.job import Job
from core.jobs.records import JobError, JobResult
from core.presentation.run_tables import differing_settings
from core.training.settings import Settings, default_settings, reasons
from core.workspace.folders import Workspace
from core.workspace.runs import load_runs
from core.workspace.unfinished_runs import Unfinished, load_unfinished
from pages.train.form import ENCODERS, TrainingRequest
from tests.pages.conftest import open_at
from tests.written_runs import write_run

NEVER = background.JobStatus("never started", "", 0, None, [])
HEAD = Settings(tune="head", epochs=2, lr=0.01, batch_size=16)


def open_page(**parameters: str) -> AppTest:
    return open_at("train", **parameters)


def button(app: AppTest, label: str):
    return next(each for each in app.button if each.label == label)


def number(app: AppTest, label: str):
    return next(each for each in app.number_input if each.label == label)


class StoppedError(Exception):
    """Raised in place of the end of the process."""


@pytest.fixture
def stopped(shapes_domain: Domain, workspace: Workspace, tiny_name: str) -> Unfinished:
    """Return a training that was stopped after one of two epochs."""

    def stop(epoch) -> None:
        if epoch.epoch == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        train_run(shapes_domain, tiny_name, HEAD, Reading("title"), "cpu", workspace, stop)
    return load_unfinished(workspace, "shapes")[0]


@pytest.fixture
def started(monkeypatch) -> list[tuple[Job, list[str]]]:
    """Return the jobs that the page requests; none is started."""
    asked: list[tuple[Job, list[str]]] = []
    monkeypatch.setattr(background, "start", lambda workspace, name, verb: asked.append((name, list(verb))) or True)
    return asked


def test_an_empty_workspace_says_how_to_begin():
    app = open_page()
    assert not app.exception
    assert "Make the demo" in [each.label for each in app.button]
    assert any("rematch import" in each.value for each in app.caption)


def test_the_defaults_fit_the_encoder_and_each_has_its_reason(shapes_domain):
    app = open_page()
    assert not app.exception
    assert (app.selectbox(key="encoder").value, app.selectbox(key="tune").value) == ("lite", "head")
    assert number(app, "Epochs").value == 20
    assert "Default: 0.0005." in number(app, "Learning rate").help
    app.selectbox(key="encoder").set_value("ViT-B-32:openai").run()
    assert app.selectbox(key="tune").value == "head", "what was chosen stays where it is possible"
    assert (number(app, "Epochs").value, number(app, "Learning rate").value) == (12, 1e-4)


def test_every_setting_has_a_reason_for_every_encoder():
    for encoder in ENCODERS:
        for tune in encoder.tunes:
            why = reasons(encoder.name, tune)
            assert all(why[name].endswith(".") for name in vars(default_settings(encoder.name, tune)))


def test_the_languages_are_the_encoders_own():
    by_name = {each.name: each.languages for each in ENCODERS}
    assert (by_name["lite"], by_name["lite-multilingual"]) == (Lite.languages, LiteMultilingual.languages)


def test_the_address_fills_the_form(shapes_domain):
    app = open_page(encoder="lite-multilingual", tune="all", epochs="3", train_text="title")
    assert (app.selectbox(key="encoder").value, app.selectbox(key="tune").value) == ("lite-multilingual", "all")
    assert number(app, "Epochs").value == 3
    assert number(app, "Batch size").value == 64


@pytest.mark.parametrize("parameters", [{"encoder": "x"}, {"tune": "heads"}, {"epochs": "-4"}, {"lr": "nan"}])
def test_bad_values_in_the_address_fall_back(shapes_domain, parameters):
    app = open_page(**parameters)
    assert not app.exception
    assert app.selectbox(key="encoder").value == "lite"
    assert (number(app, "Epochs").value, number(app, "Learning rate").value) == (20, 5e-4)


def test_an_encoder_that_does_not_read_the_language_is_reported(shapes, workspace):
    import_domain(shapes, workspace.domain_folder("formen"), language="de")
    app = open_page()
    assert app.selectbox(key="encoder").value == "lite-multilingual"
    assert not app.warning
    app.selectbox(key="encoder").set_value("lite").run()
    assert "does not read 'de'" in app.warning[0].value


def test_a_domain_without_val_is_a_sentence(shapes_domain):
    shapes_domain.articles["split"] = "train"
    save_domain(replace(shapes_domain, info=replace(shapes_domain.info, created_at="later")))
    app = open_page()
    assert not app.exception
    assert "has no val articles" in app.error[0].value
    assert not [each for each in app.button if each.label == "Start training"]


def test_an_encoder_without_a_name_is_an_error(shapes_domain, started):
    app = open_page(encoder="other")
    button(app, "Start training").click().run()
    assert "MODEL:WEIGHTS" in app.error[0].value
    assert started == []


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        ("ViT-B-32:opnai", "ViT-B-32:openai"),
        ("ViT-B-32:/nope/weights.safetensors", "no file weights.safetensors"),
        ("ViT-B-32:/", "is a folder"),
        ("blah", "'blah'"),
    ],
)
def test_an_encoder_that_cannot_be_is_refused_before_a_job(shapes_domain, started, name, keyword):
    app = open_page(encoder="other", encoder_name=name)
    assert keyword in app.error[0].value.replace("\\", ""), "while the user types"
    button(app, "Start training").click().run()
    assert not app.exception
    assert keyword in app.error[0].value.replace("\\", "")
    assert started == []


def test_start_asks_for_the_job_that_was_described(shapes_domain, started):
    app = open_page(encoder="other", encoder_name="hf:x/--json", tune="last", blocks="3", seed="7")
    button(app, "Start training").click().run()
    assert not app.exception
    name, verb = started[0]
    assert name == Job("train", "shapes")
    assert {"--domain=shapes", "--encoder=hf:x/--json", "--tune=last:3", "--seed=7", "--sweep"} < set(verb)


@pytest.mark.usefixtures("lite_is_there")
def test_a_training_from_start_to_end_with_a_second_click(shapes_domain, workspace):
    """A real job, with the real `lite`: one epoch of its heads."""
    app = open_page(epochs="1")
    button(app, "Start training").click().run()
    assert not app.exception
    assert app.header[0].value == "Training now"
    assert not background.start(workspace, Job("train", "shapes"), ["runs"]), "a second one is not started"
    end = time.monotonic() + 120
    while background.status(workspace, Job("train", "shapes")).state == "running":
        assert time.monotonic() < end
        time.sleep(0.2)
    app.run()
    assert not app.exception
    assert "finished" in app.success[0].value
    run = load_runs(workspace, "shapes")[0]
    assert (run.is_swept, run.info.settings.epochs) == (True, 1)
    table = app.dataframe[0].value
    assert table["run"].tolist() == ["lite-head-1"]
    assert table["n"].tolist() == [12]
    button(app, "Close").click().run()
    assert not app.success


def test_an_unfinished_training_can_be_resumed(stopped, started):
    app = open_page()
    assert any("2 of 2 epochs" in each.value for each in app.markdown)
    button(app, "Resume").click().run()
    assert started == [
        (Job("train", "shapes"), ["train", "--domain=shapes", f"--resume={stopped.info.name}", "--sweep"])
    ]


def test_an_unfinished_training_is_discarded_after_a_second_yes(stopped, workspace):
    app = open_page()
    button(app, "Discard").click().run()
    assert load_unfinished(workspace, "shapes") == [stopped]
    button(app, "No, keep it").click().run()
    button(app, "Discard").click().run()
    button(app, "Yes, discard it").click().run()
    assert not app.exception
    assert load_unfinished(workspace, "shapes") == []


def test_a_training_that_runs_in_a_terminal_is_shown_without_the_form(stopped):
    with stopped.hold():
        app = open_page()
        assert not app.exception
        assert app.header[0].value == "Training now"
        assert not [each for each in app.button if each.label in ("Start training", "Resume", "Cancel")]
        assert len(app.get("plotly_chart")) == 2


def test_a_download_is_shown_in_megabytes(stopped, monkeypatch):
    running = background.JobStatus("running", "Downloading the weights", 120_000_000, 605_000_000, [], "B", 12_000_000)
    monkeypatch.setattr(
        background, "status", lambda workspace, name: running if name == Job("train", "shapes") else NEVER
    )
    (bar,) = open_page().get("progress")
    assert "120 of 605 MB, 12.0 MB/s" in bar.proto.text.replace("\\", "")


def test_cancel_asks_once_more(stopped, monkeypatch):
    cancelled: list[Job] = []
    running = background.JobStatus("running", "Epoch 2 of 2", 1, 3, ["epoch  1"])
    monkeypatch.setattr(
        background, "status", lambda workspace, name: running if name == Job("train", "shapes") else NEVER
    )
    monkeypatch.setattr(background, "cancel", lambda workspace, name: cancelled.append(name))
    app = open_page()
    button(app, "Cancel").click().run()
    assert cancelled == []
    button(app, "No, continue").click().run()
    button(app, "Cancel").click().run()
    button(app, "Yes, stop it").click().run()
    assert cancelled == [Job("train", "shapes")]


def test_the_run_to_choose_is_the_one_that_the_job_names(run, workspace, domain, monkeypatch):
    newer = write_run(workspace, domain)
    for swept, chosen in ((run, newer), (newer, run)):
        done = background.JobStatus("done", "", 0, None, [], result=JobResult({"run": swept.info.name}, "swept"))
        monkeypatch.setattr(background, "status", lambda *_, done=done: done)
        app = open_page(run=chosen.info.name)
        button(app, "Choose this run").click().run()
        assert app.sidebar.radio(key="run").value == swept.info.name
        assert not [each for each in app.button if each.label == "Choose this run"]


@pytest.mark.parametrize(
    ("error", "keyword"),
    [
        (JobError("TrainingError", "the loss became nan in epoch 2; try a smaller --lr."), "nan in epoch 2"),
        (None, "process ended"),
    ],
)
def test_a_failed_training_says_why_with_its_last_lines(shapes_domain, monkeypatch, error, keyword):
    failed = background.JobStatus("failed", "", 0, None, ["epoch  1"], error=error)
    monkeypatch.setattr(
        background, "status", lambda workspace, name: failed if name == Job("train", "shapes") else NEVER
    )
    app = open_page()
    assert keyword in app.error[0].value.replace("\\", "")
    assert "epoch  1" in app.code[0].value


def test_only_what_differs_is_compared(shapes_domain, workspace, tiny_name):
    train: Callable[[Settings], object] = lambda settings: train_run(  # noqa: E731
        shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace
    )
    train(HEAD)
    train(replace(HEAD, lr=0.02, epochs=1))
    assert list(differing_settings(load_runs(workspace, "shapes"))) == ["epochs", "lr"]
    app = open_page()
    assert not app.exception
    table = app.dataframe[0].value
    assert table["epochs"].tolist() == [1, 2], "newest first"
    assert table["mrr@100 WiSE-FT"].isna().all(), "not swept yet"
    assert [each.label for each in app.button].count("Sweep α") == 2


def test_the_command_takes_every_setting_as_it_stands(tmp_path: Path):
    verb = TrainingRequest("lite", default_settings("lite", "text"), Reading()).verb("news")
    assert "--lr=0.0005" in verb
    assert verb[0] == "train"
    assert not [word for word in verb if word.startswith(("--patience", "--set=chunk_size"))]
    settings = Settings(layer_decay=0.75, augment=True, patience=3, chunk_size=16, grad_checkpointing=True)
    verb = TrainingRequest("lite", settings, Reading()).verb("news")
    assert {"--patience=3", "--set=layer_decay=0.75", "--set=chunk_size=16", "--set=augment=True"} < set(verb)


def test_every_setting_has_an_input(shapes_domain):
    app = open_page()
    inputs = {each.key for each in [*app.number_input, *app.checkbox, *app.selectbox]}
    assert {each.name for each in fields(Settings)} <= inputs


def test_the_settings_that_few_need_reach_the_job(shapes_domain, started):
    app = open_page(tune="lora", rank="4", layer_decay="0.75", patience="3", stop_metric="recall@1", chunk_size="16")
    assert not app.exception
    app.checkbox(key="grad_checkpointing").check()
    button(app, "Start training").click().run()
    assert not app.exception
    assert {"--tune=lora:4", "--patience=3", "--set=layer_decay=0.75", "--set=stop_metric=recall@1",
            "--set=chunk_size=16", "--set=grad_checkpointing=True"} < set(started[0][1])  # fmt: skip


def test_augmentation_of_cached_stages_is_refused_in_a_sentence(shapes_domain, started):
    app = open_page()
    app.checkbox(key="augment").check()
    button(app, "Start training").click().run()
    assert "--tune all" in app.error[0].value.replace("\\", "")
    assert started == []
