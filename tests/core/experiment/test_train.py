"""A training that is stopped at any time resumes to the same weights as without the stop."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from core.data.domain import Domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.encoders.loading import load_encoder
from core.errors import InputError, RematchError
from core.experiment import train
from core.experiment.experiment import Experiment
from core.experiment.train import resume_run, train_pairs, train_run
from core.training.history import Epoch
from core.training.settings import Settings
from core.workspace import unfinished_runs
from core.workspace.folders import Workspace
from core.workspace.runs import load_runs
from core.workspace.unfinished_runs import Unfinished, find_unfinished, load_unfinished

SETTINGS = Settings(tune="all", epochs=4, lr=3e-3, batch_size=16, warmup=0.4)


class KilledError(Exception):
    """Simulated end of the process."""


@pytest.fixture
def stop_after(shapes_domain: Domain, workspace: Workspace, tiny_name: str) -> Callable[..., Unfinished]:
    """Train until an epoch is reported, then end before its checkpoint, so that the previous one counts."""

    def stop(epoch: int, settings: Settings = SETTINGS, encoder: str = tiny_name) -> Unfinished:
        def die(done: Epoch) -> None:
            if done.epoch == epoch:
                raise KilledError

        with pytest.raises(KilledError):
            train_run(shapes_domain, encoder, settings, Reading("title"), "cpu", workspace, die)
        return load_unfinished(workspace, "shapes")[-1]

    return stop


def same_weights(one: Path, other: Path) -> bool:
    first, second = load_file(one), load_file(other)
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("epoch", [0, 1, 3, 4])
def test_it_goes_on_to_the_same_weights(stop_after, train_once, shapes_domain, workspace, epoch):
    whole = train_once(SETTINGS, Reading("title"))
    stopped = stop_after(epoch)
    assert len(stopped.history()) == epoch + 1, "a page can draw the epochs so far"
    assert stopped.checkpoint_file.exists() == (epoch > 1)
    reported: list[Epoch] = []
    torch.rand(7)  # another process has drawn other numbers
    run, _ = resume_run(stopped, shapes_domain, "cpu", workspace, reported.append)
    assert [epoch.epoch for epoch in reported] == [0, 1, 2, 3, 4]
    assert same_weights(run.weights_file, whole.weights_file)
    assert run.info.fine_tuned == whole.info.fine_tuned
    pd.testing.assert_frame_equal(run.history(), whole.history(), check_exact=True)
    assert run.info.name == stopped.info.name
    assert {file.name for file in run.folder.iterdir()} == {"run.toml", "weights.safetensors", "history.csv"}
    assert load_unfinished(workspace, "shapes") == []


def test_dropout_goes_on_too(lite, shapes_domain, workspace, monkeypatch, stop_after):
    zero_shot = {key: tensor.clone() for key, tensor in lite.state_dict().items()}

    def load(*_: object) -> object:
        lite.set_weights(zero_shot)
        return lite

    monkeypatch.setattr(train, "load_encoder", load)
    settings = Settings(tune="head", epochs=3, lr=1e-2, batch_size=24)
    whole, _ = train_run(shapes_domain, "lite", settings, Reading("title"), "cpu", workspace)
    run, _ = resume_run(stop_after(2, settings, "lite"), shapes_domain, "cpu", workspace)
    assert same_weights(run.weights_file, whole.weights_file)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(tune="all", epochs=8, lr=0.03, batch_size=16, patience=2),
        Settings(tune="lora:2", epochs=3, lr=0.01, batch_size=16),
        Settings(tune="all", epochs=3, lr=3e-3, batch_size=16, layer_decay=0.7, chunk_size=5, augment=True, pull=9.0),
    ],
    ids=lambda settings: f"{settings.tune}-{settings.patience}",
)
def test_early_stopping_lora_and_augmentation_go_on_too(stop_after, train_once, shapes_domain, workspace, settings):
    whole = train_once(settings, Reading("title"))
    last = int(whole.history()["epoch"].iloc[-1])
    for epoch in (last - 1, last):  # early stopping counts the epochs since the best one, which is among them
        run, _ = resume_run(stop_after(epoch, settings), shapes_domain, "cpu", workspace)
        assert same_weights(run.weights_file, whole.weights_file)
        pd.testing.assert_frame_equal(run.history(), whole.history(), check_exact=True)


def test_the_best_epoch_is_what_the_run_keeps_and_the_history_says_which(shapes_domain, workspace, tiny_name):
    """With a rate far too high, so that it gets worse again."""
    settings = Settings(tune="all", epochs=12, lr=0.03, batch_size=16, patience=2)
    run, _ = train_run(shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace)
    history = run.history()
    kept = history[history["kept"]]
    loaded_run = history[history["epoch"] > 0]
    assert kept["epoch"].tolist() == [loaded_run.loc[loaded_run["val_mrr@100"].idxmax(), "epoch"]]
    assert history["epoch"].iloc[-1] == kept["epoch"].iloc[0] + 2 < 12
    scale = load_file(run.weights_file)["clip.logit_scale"].exp().item()
    assert scale == pytest.approx(kept["logit_scale"].iloc[0])


def test_pairs_know_what_is_identical(shapes_domain, workspace, tiny):
    shapes_domain.articles.loc[3, "image_hash"] = shapes_domain.articles.loc[9, "image_hash"]
    pairs = train_pairs(Experiment(shapes_domain, tiny, Reading("title"), workspace))
    same = pairs.same(np.arange(len(pairs)))
    titles, hashes = (shapes_domain.articles[name].head(48).to_numpy() for name in ("title", "image_hash"))
    assert (same == ((titles[:, None] == titles) | (hashes[:, None] == hashes))).all()
    assert same[3, 9]
    assert same.sum() > 48


def test_it_can_be_stopped_twice(stop_after, train_once, shapes_domain, workspace):
    whole = train_once(SETTINGS, Reading("title"))
    stopped = stop_after(2)

    def die(epoch: Epoch) -> None:
        if epoch.epoch == 4:
            raise KilledError

    with pytest.raises(KilledError):
        resume_run(stopped, shapes_domain, "cpu", workspace, die)
    run, _ = resume_run(stopped, shapes_domain, "cpu", workspace)
    assert same_weights(run.weights_file, whole.weights_file)


def test_an_unfinished_training_is_no_run_and_what_is_not_there_is_said(stop_after, workspace):
    stopped = stop_after(1)
    assert load_runs(workspace, "shapes") == []
    assert find_unfinished(workspace, "shapes", stopped.info.name) == stopped
    assert stopped.info.settings == SETTINGS
    with pytest.raises(InputError, match=r"'x'.*tinyclip-all-1"):
        find_unfinished(workspace, "shapes", "x")


def test_a_domain_that_changed_is_refused(stop_after, shapes_domain, workspace, shapes, tmp_path):
    stopped = stop_after(2)
    table = pd.read_csv(shapes)
    table.loc[3, "title"] = "something else"
    table.to_csv(tmp_path / "changed.csv", index=False)
    folder = workspace.domain_folder("shapes")
    changed = import_domain(
        tmp_path / "changed.csv", folder, images=shapes.parent / "images", language="en", replace_existing=True
    ).domain
    with pytest.raises(InputError, match=r"'shapes'.*changed.*'tinyclip-all-1'"):
        resume_run(stopped, changed, "cpu", workspace)
    assert stopped.checkpoint_file.exists(), "it may be changed back"


def test_an_encoder_that_changed_is_refused(stop_after, shapes_domain, workspace, tiny_name, monkeypatch):
    stopped = stop_after(2)
    other = load_encoder(tiny_name, torch.device("cpu"), workspace.cache)
    other.set_weights({"clip.visual.proj": other.state_dict()["clip.visual.proj"] + 1})
    monkeypatch.setattr(train, "load_encoder", lambda *_: other)
    with pytest.raises(InputError, match=r"zero-shot weights.*'tinyclip-all-1'"):
        resume_run(stopped, shapes_domain, "cpu", workspace)


def test_a_damaged_checkpoint_is_said_and_without_it_all_begins_again(stop_after, shapes_domain, workspace, tiny_name):
    whole, _ = train_run(shapes_domain, tiny_name, SETTINGS, Reading("title"), "cpu", workspace)
    stopped = stop_after(2)
    stopped.checkpoint_file.write_bytes(stopped.checkpoint_file.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"damaged.*Delete"):
        resume_run(stopped, shapes_domain, "cpu", workspace)
    stopped.checkpoint_file.unlink()
    run, _ = resume_run(stopped, shapes_domain, "cpu", workspace)
    assert same_weights(run.weights_file, whole.weights_file)


def test_a_history_that_lost_epochs_is_said(stop_after, shapes_domain, workspace):
    stopped = stop_after(3)
    stopped.history_file.write_text("epoch,train_loss,val_mrr@100,val_recall@1,logit_scale\n")
    with pytest.raises(InputError, match=r"history\.csv.*epochs"):
        resume_run(stopped, shapes_domain, "cpu", workspace)


def test_one_process_at_a_time(stop_after, shapes_domain, workspace, monkeypatch):
    stopped = stop_after(2)
    monkeypatch.setattr(unfinished_runs, "_LOCK_TIMEOUT", 0.1)
    assert not stopped.is_running
    with stopped.hold():
        assert stopped.is_running
        with pytest.raises(InputError, match="another process"):
            resume_run(stopped, shapes_domain, "cpu", workspace)
        with pytest.raises(InputError, match="cancel"):
            stopped.discard()
    assert not stopped.is_running
    stopped.discard()
    assert load_unfinished(workspace, "shapes") == []
    assert not stopped.is_running, "a caller may hold it after its removal"


def test_several_processes_cannot_resume(stop_after, shapes_domain, workspace, monkeypatch):
    stopped = stop_after(1)
    monkeypatch.setattr(train, "process_count", lambda: 2)
    with pytest.raises(InputError, match=r"--resume.*torchrun"):
        resume_run(stopped, shapes_domain, "cpu", workspace)


def test_a_first_epoch_that_fails_leaves_nothing_a_later_one_what_was_reached(
    stop_after, shapes_domain, workspace, tiny_name, monkeypatch
):
    stopped = stop_after(2)
    monkeypatch.setattr("core.training.trainer.contrastive_loss", lambda *_: torch.tensor(float("nan")))
    with pytest.raises(RematchError, match=r"nan.* epoch 1\b.*--lr"):
        train_run(shapes_domain, tiny_name, SETTINGS, Reading("title"), "cpu", workspace)
    with pytest.raises(RematchError, match=r"nan.* epoch 2\b.*--lr"):
        resume_run(stopped, shapes_domain, "cpu", workspace)
    assert [each.info.name for each in load_unfinished(workspace, "shapes")] == [stopped.info.name]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        (["train"] * 60, "no val articles"),
        (["val"] * 60, "no train articles.* 2"),
        (["train"] + ["val"] * 59, "1 train article;.* 2"),
    ],
)
def test_too_little_is_said(shapes_domain, workspace, tiny_name, splits, message):
    shapes_domain.articles["split"] = splits
    with pytest.raises(InputError, match=message):
        train_run(shapes_domain, tiny_name, SETTINGS, Reading("title"), "cpu", workspace)
    assert not workspace.runs_folder("shapes").exists()


def test_the_verb_resumes_and_sweeps(verb, stop_after, workspace):
    stopped = stop_after(2)
    refused = verb("train", "--domain", "shapes", "--resume", stopped.info.name, "--epochs", 3, "--set", "warmup=0.2")
    assert (refused.status, refused.out) == (2, "")
    assert re.search("--epochs.*--set warmup", refused.err)
    assert "tinyclip-all-1" in verb("train", "--domain", "shapes", "--resume", "nothing").err
    record = verb("train", "--domain", "shapes", "--resume", stopped.info.name, "--sweep", "--json").record
    assert [row["epoch"] for row in record["history"]] == [0, 1, 2, 3, 4]
    run = load_runs(workspace, "shapes")[0]
    assert run.info.device == "cpu"
    assert run.selected().alpha == record["selected"]["alpha"]


def test_no_epochs_leave_theta_0_which_sweeps_and_reports(verb, shapes_domain, tiny_name, workspace):
    trained = verb("train", "--domain", "shapes", "--encoder", tiny_name, "--epochs", 0, "--sweep", "--json")
    assert trained.status == 0, trained.err
    run = load_runs(workspace, "shapes")[0]
    assert load_file(run.weights_file) == {}
    curve = run.curve()
    assert curve["mrr@100"].nunique() == 1, "every alpha is zero-shot"
    assert verb("report", "--domain", "shapes").status == 0


def test_the_new_settings_are_options(verb, shapes_domain, tiny_name):
    arguments = ("train", "--domain", "shapes", "--encoder", tiny_name, "--epochs", 0, "--json")
    rarer = ("layer_decay=0.75", "stop_metric=recall@1", "chunk_size=16", "augment=true", "grad_checkpointing=true")
    more = [word for each in rarer for word in ("--set", each)]
    settings = verb(*arguments, "--patience", 3, *more).record["settings"]
    expected = {"layer_decay": 0.75, "patience": 3, "stop_metric": "recall@1", "chunk_size": 16, "augment": True,
                "grad_checkpointing": True}  # fmt: skip
    assert {name: settings[name] for name in expected} == expected
    assert re.search("augment=true.*--tune all", verb(*arguments, "--tune", "head", "--set", "augment=true").err)


def test_which_epoch_is_kept_is_said(verb, shapes_domain, tiny_name):
    words = ("--encoder", tiny_name, "--tune", "head", "--epochs", 1, "--patience", 1)
    outcome = verb("train", "--domain", "shapes", *words)
    assert re.search(r"epoch 1 of 1.*mrr@100", outcome.out)


def test_weight_decay_and_warm_up_are_options(verb, shapes_domain, tiny_name):
    arguments = ("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 0, "--json")
    settings = verb(*arguments, "--set", "weight_decay=0.05", "--set", "warmup=0.25").record["settings"]
    assert (settings["weight_decay"], settings["warmup"]) == (0.05, 0.25)
    assert "--set warmup=2: expected" in verb(*arguments, "--set", "warmup=2").err
    assert "--seed -1: expected" in verb(*arguments, "--seed", -1).err
