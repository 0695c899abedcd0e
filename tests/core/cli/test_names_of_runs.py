"""`train --name`: checked before anything is loaded, like `runs rename` and the Python API."""

import pytest

import rematch as rm
from core.workspace.runs import load_runs
from core.workspace.unfinished_runs import load_unfinished


@pytest.fixture
def train(verb, shapes, tiny_name):
    """Return a function that trains a tiny run with more options."""
    assert verb("import", shapes, "--domain", "shapes", "--language", "en").status == 0
    words = ("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 1)
    return lambda *more: verb(*words, *more)


def names(workspace):
    return [run.info.name for run in load_runs(workspace, "shapes")]


def test_a_run_gets_its_name_and_each_seed_is_appended(train, workspace):
    assert train("--name", "first", "--json").record["run"] == "first"
    assert [run["run"] for run in train("--name", "first", "--seeds", "3,1", "--json").record["runs"]] == [
        "first-3",
        "first-1",
    ]
    assert names(workspace) == ["first", "first-3", "first-1"]


@pytest.mark.parametrize("name", ["taken", "Two Words", "../up", "a--b", "", "x" * 101])
def test_the_same_names_are_refused_everywhere_before_anything_is_loaded(verb, train, workspace, monkeypatch, name):
    assert train("--name", "taken").status == 0
    monkeypatch.setattr("core.experiment.train.load_encoder", lambda *_: pytest.fail("loaded"))
    sentence = train("--name", name).err
    assert repr(name[:100]) in sentence
    renamed = verb("runs", "rename", "--domain", "shapes", "taken", name)
    assert (renamed.status, renamed.err) == (2, sentence)
    domain = rm.Workspace(workspace.root, cache=workspace.cache).domain("shapes")
    with pytest.raises(rm.InputError) as error:
        domain.fine_tune(name)
    assert f"error: {error.value}\n" == sentence
    assert names(workspace) == ["taken"]


def test_a_name_that_one_seed_would_take_twice_is_refused(train, workspace):
    assert train("--name", "first-1").status == 0
    refused = train("--name", "first", "--seeds", "0,1")
    assert (refused.status, "'first-1'" in refused.err) == (2, True)
    assert names(workspace) == ["first-1"]


def test_a_stopped_training_has_its_name_and_keeps_it(train, verb, workspace, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("core.cli.models.train._print_epoch", stop)
        stopped = train("--name", "mine")
    assert "--resume mine" in stopped.err
    assert [training.info.name for training in load_unfinished(workspace, "shapes")] == ["mine"]
    refused = train("--resume", "mine", "--name", "other")
    assert (refused.status, "--name" in refused.err) == (2, True)
    assert verb("train", "--domain", "shapes", "--resume", "mine", "--json").record["run"] == "mine"
    assert names(workspace) == ["mine"]
