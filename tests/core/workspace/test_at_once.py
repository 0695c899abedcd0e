"""Several at work at one time, and clocks that jump: what is read is always of one sweep, one domain, one moment."""

import multiprocessing
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.cli.main import main
from core.data.importers import import_domain
from core.data.importers.uploads import FOLDER, keep_upload, removed_if_uploaded
from core.data.query_text import Reading
from core.errors import InputError
from core.evaluation.alpha_selection import select_alpha
from core.evaluation.metrics import metrics_of
from core.evaluation.sweep import Sweep
from core.experiment import train
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.findings.question import Question, RunContext, compute_or_load, load_cached, load_last_cached
from core.presentation.blocks import Section
from core.storage.cache import is_whole, write_checksummed
from core.storage.disk_errors import DiskError
from core.storage.files import atomic_write, file_signature, write_bytes
from core.training.settings import Settings
from core.workspace import sweep_store
from core.workspace.rename_and_delete import delete_run, rename_run
from core.workspace.runs import Run, find_run, load_runs, save_run
from core.workspace.sweep_info import SweepInfo
from core.workspace.sweep_results import read_results
from tests.disks import FULL, fail_to_write
from tests.pages.conftest import write_run

HEAD = Settings(tune="head", epochs=1, lr=0.01, batch_size=16)


@pytest.fixture
def swept(shapes_domain, workspace):
    """Return a swept run without a model."""
    return write_run(workspace, shapes_domain, plane=False)


def a_sweep(run, domain, best_rank: int) -> tuple[Sweep, SweepInfo]:
    """One in which every article has the same rank."""
    ids = domain.subset("val")["article_id"].tolist()
    ranks = np.full((3, len(ids)), best_rank, dtype=np.int32)
    sweep = Sweep("val", (0.0, 0.5, 1.0), ids, ranks, ranks, np.zeros((3, len(ids), 4), dtype=int), np.zeros(3, bool))
    return sweep, SweepInfo(select_alpha(sweep.curve()), {}, {})


def test_two_sweeps_at_once_and_a_reader_never_mix(swept, shapes_domain):
    done = threading.Event()

    def rewrite(rank: int) -> None:
        sweep, info = a_sweep(swept, shapes_domain, rank)
        for _ in range(25):
            swept.save_sweep([sweep], None, info)

    writers = [threading.Thread(target=rewrite, args=(rank,)) for rank in (1, 2)]
    swept.save_sweep([a_sweep(swept, shapes_domain, 1)[0]], None, a_sweep(swept, shapes_domain, 1)[1])
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


def test_the_second_of_two_sweeps_waits_for_the_first(swept, shapes_domain, monkeypatch):
    inside, go_on = threading.Event(), threading.Event()
    prints = sweep_store.file_fingerprint

    def slowly(file: Path) -> str:
        inside.set()
        assert go_on.wait(60)
        return prints(file)

    monkeypatch.setattr(sweep_store, "file_fingerprint", slowly)
    save = [
        threading.Thread(target=swept.save_sweep, args=([sweep], None, info))
        for sweep, info in (a_sweep(swept, shapes_domain, rank) for rank in (1, 2))
    ]
    save[0].start()
    assert inside.wait(60)
    inside.clear()
    save[1].start()
    assert not inside.wait(0.3)
    go_on.set()
    for one in save:
        one.join()
    assert (read_results(swept, shapes_domain, "val").ranks == 2).all()


def test_a_run_that_is_swept_anew_while_it_is_read_is_read_again(swept, shapes_domain, monkeypatch):
    swept.save_sweep([a_sweep(swept, shapes_domain, 1)[0]], None, a_sweep(swept, shapes_domain, 1)[1])
    ranks, waiting = Run.ranks, [a_sweep(swept, shapes_domain, 2)]

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
    sweep, info = a_sweep(swept, shapes_domain, 2)
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
        swept.save_sweep([a_sweep(swept, shapes_domain, 2)[0]], None, a_sweep(swept, shapes_domain, 2)[1])
    assert change == "replaced" or not swept.folder.exists()


def test_a_domain_that_is_replaced_while_a_run_is_swept_is_said(loaded_run, shapes_domain, shapes):
    import_domain(shapes, shapes_domain.folder, language="en", replace_existing=True)
    with pytest.raises(InputError, match=r"'shapes'.*imported again"):
        sweep_run(loaded_run, (0.0, 1.0), "recall@1")
    assert not loaded_run.run.is_swept


@dataclass(frozen=True)
class Count:
    n: int


def _section(count: Count, context: RunContext) -> Section:
    return Section("count", "How many?", str(count.n), ())


def test_an_answer_about_a_sweep_that_is_another_by_its_end_is_not_kept(swept, shapes_domain, workspace):
    context = RunContext(swept, shapes_domain, workspace)

    def ask(context: RunContext) -> Count:
        swept.save_sweep([a_sweep(swept, shapes_domain, 2)[0]], None, a_sweep(swept, shapes_domain, 2)[1])
        return Count(int(context.val.ranks.sum()))

    question = Question("count", "How many?", Count, ask, _section)
    with pytest.raises(InputError, match="changed while"):
        compute_or_load(question, context)
    assert load_cached(question, context) is None
    assert compute_or_load(question, RunContext(swept, shapes_domain, workspace)) == Count(3 * 12 * 2)


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
            assert "Do the same again" in one.err
    assert verb(*words).record == whole


YEARS = ("2031-01-01T00:00:00.000000+00:00", "2019-01-01T00:00:00.000000+00:00", "2019-01-01T00:00:00.000000+00:00")


def test_the_newest_run_is_the_last_made_whatever_the_clock_says(shapes_domain, workspace, tiny_name, monkeypatch):
    for year in YEARS:
        monkeypatch.setattr(train, "now", lambda year=year: year)
        last = train_run(shapes_domain, tiny_name, HEAD, Reading("title"), "cpu", workspace)[0]
        assert find_run(workspace, "shapes", None) == last
    assert [run.info.name[-1] for run in load_runs(workspace, "shapes")] == ["1", "2", "3"]


def test_what_was_found_last_is_the_last_found_whatever_the_clock_says(swept, shapes_domain, workspace):
    cache_key_parts = ["a"]
    question = Question("count", "How many?", Count, lambda context: Count(ord(cache_key_parts[0])), _section,
                        cache_key_parts=lambda context: (cache_key_parts[0],))  # fmt: skip
    for letter, year in (("a", 2031), ("b", 2019)):
        cache_key_parts[0] = letter
        compute_or_load(question, RunContext(swept, shapes_domain, workspace))
        for file in (workspace.cache / "findings").iterdir():
            if is_whole(file) and load_cached(question, RunContext(swept, shapes_domain, workspace)) is not None:
                os.utime(file, (year, year))
    cache_key_parts[0] = "c"
    assert load_last_cached(question, RunContext(swept, shapes_domain, workspace)) == Count(ord("b"))


def test_files_written_in_one_tick_of_the_clock_are_told_apart(tmp_path):
    def write(content: bytes) -> tuple[int, int, int]:
        with atomic_write(tmp_path / "a") as temporary:
            temporary.write_bytes(content)
        os.utime(tmp_path / "a", ns=(0, 0))
        return file_signature(tmp_path / "a")

    assert write(b"one") != write(b"two")
    write_checksummed(tmp_path / "b", b"one")
    os.utime(tmp_path / "b", ns=(0, 0))
    assert is_whole(tmp_path / "b")
    write_bytes(tmp_path / "b", bytes((tmp_path / "b").stat().st_size))
    os.utime(tmp_path / "b", ns=(0, 0))
    assert not is_whole(tmp_path / "b")


def test_an_upload_that_is_being_read_stays_though_the_clock_jumps(workspace, shapes):
    upload = keep_upload(workspace.root, "a.csv", shapes.open("rb"))
    with removed_if_uploaded([upload], workspace.root):
        os.utime(upload.parent, (0, 0))
        other = keep_upload(workspace.root, "b.csv", shapes.open("rb"))
        assert upload.exists()
    assert [path.name for path in (workspace.root / FOLDER).iterdir()] == [other.parent.name]
    os.utime(other.parent, (0, 0))
    keep_upload(workspace.root, "c.csv", shapes.open("rb"))
    assert not other.exists()


def test_a_run_of_another_version_says_so(swept, shapes_domain, workspace):
    for name, what, read in (
        ("run.toml", "run '", lambda: load_runs(workspace, "shapes")),
        ("sweep.toml", "sweep", lambda: read_results(swept, shapes_domain, "val")),
    ):
        file: Path = swept.folder / name
        whole = file.read_text()
        file.write_text(whole.replace("format = 1", "format = 7").replace("Rematch 0", "Rematch 9"))
        with pytest.raises(InputError, match=rf"{what}.*{name}, written by Rematch 9.*format 7; .*newer one"):
            read()
        file.write_text(whole)
        read()
