"""Sweeps of one run at one time, and readers: what is read is always of one sweep, and of a run that still exists."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.evaluation.metrics import metrics_of
from core.storage.disk_errors import DiskError
from core.storage.locks import is_held
from core.workspace import sweep_store
from core.workspace.rename_and_delete import delete_run, rename_run
from core.workspace.runs import Run, load_runs, save_run
from core.workspace.sweep_results import read_results
from tests.disks import FULL, fail_to_write
from tests.written_runs import save_uniform, uniform_sweep, write_run


@pytest.fixture
def swept(shapes_domain, workspace):
    """A run as sweeps leave it, without a model."""
    return write_run(workspace, shapes_domain, plane=False)


def test_two_sweeps_at_once_and_a_reader_never_mix(swept, shapes_domain):
    done = threading.Event()

    def rewrite(rank: int) -> None:
        sweep, info = uniform_sweep(shapes_domain, rank)
        for _ in range(25):
            swept.save_sweep([sweep], None, info)

    writers = [threading.Thread(target=rewrite, args=(rank,)) for rank in (1, 2)]
    save_uniform(swept, shapes_domain, 1)
    for writer in writers:
        writer.start()
    threading.Thread(target=lambda: [*(writer.join() for writer in writers), done.set()]).start()
    seen = set()
    while not done.is_set():
        try:
            results = read_results(swept, shapes_domain, "val")
        except InputError:  # in the moment in which one takes the place of the other
            continue
        seen |= set(results.ranks.ravel().tolist())
        assert results.curve["mrr@100"].tolist() == [metrics_of(results.ranks[0])["mrr@100"]] * 3
    assert seen <= {1, 2}
    assert len(set(read_results(swept, shapes_domain, "val").ranks.ravel().tolist())) == 1


def test_a_sweep_is_written_under_the_lock_of_its_run(swept, shapes_domain, monkeypatch):
    fingerprint_of, held = sweep_store.file_fingerprint, []

    def look(file: Path) -> str:
        held.append(is_held(swept.folder / "sweep.lock"))
        return fingerprint_of(file)

    monkeypatch.setattr(sweep_store, "file_fingerprint", look)
    sweep, info = uniform_sweep(shapes_domain, 2)
    swept.save_sweep([sweep], None, info)
    assert held
    assert all(held)
    assert not is_held(swept.folder / "sweep.lock")


def test_a_run_that_is_swept_anew_while_it_is_read_is_read_again(swept, shapes_domain, monkeypatch):
    save_uniform(swept, shapes_domain, 1)
    ranks, waiting = Run.ranks, [uniform_sweep(shapes_domain, 2)]

    def read_after_a_sweep(run: Run) -> pd.DataFrame:
        if waiting:
            sweep, info = waiting.pop()
            run.save_sweep([sweep], None, info)
        return ranks(run)

    monkeypatch.setattr(Run, "ranks", read_after_a_sweep)
    results = read_results(swept, shapes_domain, "val")
    assert results.ranks.max() == 2
    assert results.curve["mrr@100"].tolist() == [0.5] * 3


def test_a_sweep_that_finds_no_room_leaves_the_one_before(swept, shapes_domain):
    before = read_results(swept, shapes_domain, "val").ranks
    sweep, info = uniform_sweep(shapes_domain, 2)
    for after in range(5):
        with pytest.MonkeyPatch.context() as patch:
            fail_to_write(patch, FULL, after)
            with pytest.raises(DiskError, match="is full"):
                swept.save_sweep([sweep], None, info)
        np.testing.assert_array_equal(read_results(swept, shapes_domain, "val").ranks, before)
    swept.save_sweep([sweep], None, info)
    assert (read_results(swept, shapes_domain, "val").ranks == 2).all()


CHANGES: dict[str, Callable] = {
    "renamed": lambda workspace, run: rename_run(workspace, "shapes", run.info.name, "other"),
    "deleted": lambda workspace, run: delete_run(workspace, "shapes", run.info.name),
    "replaced": lambda workspace, run: save_run(replace(run, info=replace(run.info, fine_tuned="another"))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_is_another_by_the_end_of_its_sweep_is_left_alone(swept, shapes_domain, workspace, change):
    CHANGES[change](workspace, swept)
    with pytest.raises(InputError, match="renamed, deleted or replaced"):
        save_uniform(swept, shapes_domain, 2)
    assert change == "replaced" or not swept.folder.exists()


def test_a_run_of_another_version_says_so(swept, shapes_domain, workspace):
    for name, what, read in (
        ("run.toml", "run '", lambda: load_runs(workspace, "shapes")),
        ("sweep.toml", "sweep", lambda: read_results(swept, shapes_domain, "val")),
    ):
        file: Path = swept.folder / name
        whole = file.read_text()
        file.write_text(whole.replace("format = 1", "format = 7").replace("Rematch 0", "Rematch 9"))
        with pytest.raises(InputError, match=rf"{what}.*{name}.* Rematch 9.* version 7; .*newer"):
            read()
        file.write_text(whole)
        read()
