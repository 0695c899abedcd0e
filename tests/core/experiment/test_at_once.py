"""Trainings and sweeps while others train, the domain is imported anew, the cache is deleted, or the clock jumps."""

import multiprocessing
import os
import shutil
import threading

import pytest

from core.cli.main import main
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.errors import InputError
from core.experiment import train
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.training.settings import Settings
from core.workspace.runs import find_run, load_runs
from core.workspace.sweep_results import read_results

HEAD = Settings(tune="head", epochs=1, lr=0.01, batch_size=16)


def test_a_domain_that_is_replaced_while_a_run_is_swept_is_said(loaded_run, shapes_domain, shapes):
    import_domain(shapes, shapes_domain.folder, language="en", replace_existing=True)
    with pytest.raises(InputError, match=r"'shapes'.*imported again"):
        sweep_run(loaded_run, (0.0, 1.0), "recall@1")
    assert not loaded_run.run.is_swept


@pytest.mark.skipif(os.name != "posix", reason="fork is POSIX's")
def test_trainings_of_one_domain_at_once_have_runs_of_their_own(shapes_domain, workspace, tiny_name):
    words = ["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", "2"]
    fork = multiprocessing.get_context("fork")
    processes = [
        fork.Process(target=main, args=([*words, "--lr", lr, "--batch-size", "16", "--sweep"],))
        for lr in ("0.01", "0.01", "0.02")
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    runs = load_runs(workspace, "shapes")
    assert sorted(run.info.name for run in runs) == ["tinyclip-head-1", "tinyclip-head-2", "tinyclip-head-3"]
    weights = {run.info.settings.lr: {each.info.fine_tuned for each in runs if each.info.settings == run.info.settings}
               for run in runs}  # fmt: skip
    assert [len(weights[lr]) for lr in (0.01, 0.02)] == [1, 1]
    assert weights[0.01] != weights[0.02]
    assert all(len(read_results(run, shapes_domain, "val").articles) == 12 for run in runs)


def test_a_cache_that_is_deleted_under_a_sweep_is_made_again_or_said(shapes_domain, workspace, tiny_name, verb):
    train_run(shapes_domain, tiny_name, HEAD, Reading(), "cpu", workspace)
    words = ("sweep", "--domain", "shapes", "--precision", "fp32", "--json")
    whole = verb(*words).record
    end = threading.Event()

    def delete() -> None:
        while not end.wait(0.003):
            shutil.rmtree(workspace.cache, ignore_errors=True)

    deleting = threading.Thread(target=delete)
    deleting.start()
    try:
        ended = [verb(*words) for _ in range(8)]
    finally:
        end.set()
        deleting.join()
    for one in ended:
        if one.status == 0:
            assert one.record == whole
        else:
            assert (one.status, one.err.count("\n")) == (1, 1), one.err
            assert "Try again" in one.err
    assert verb(*words).record == whole


YEARS = ("2031-01-01T00:00:00.000000+00:00", "2019-01-01T00:00:00.000000+00:00", "2019-01-01T00:00:00.000000+00:00")


def test_the_newest_run_is_the_last_made_whatever_the_clock_says(shapes_domain, workspace, tiny_name, monkeypatch):
    for year in YEARS:
        monkeypatch.setattr(train, "now", lambda year=year: year)
        last = train_run(shapes_domain, tiny_name, HEAD, Reading("title"), "cpu", workspace)[0]
        assert find_run(workspace, "shapes", None) == last
    assert [run.info.name[-1] for run in load_runs(workspace, "shapes")] == ["1", "2", "3"]
