"""Test kill -9 at random times during import, train, sweep, tagging and report: no data loss, no partial reads.

Each task runs in a forked process, so that a kill hits the task and not the start of Python. The times are drawn
uniformly over the duration of the undisturbed task, with a seed.
"""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.cli.main import main
from core.workspace.folders import Workspace
from core.workspace.runs import find_run, load_runs
from core.workspace.tags import read_tags, tag_article
from core.workspace.unfinished_runs import load_unfinished

KILLS = 25
TRAIN = ["train", "--domain", "shapes", "--tune", "last:1", "--epochs", "6", "--batch-size", "16", "--lr", "0.002"]
SWEEP = ["sweep", "--domain", "shapes", "--precision", "fp32"]
QUICK = "difference,choice,drift,shapes"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kill -9 and fork are POSIX's")


def run(*words: object) -> int:
    """Run a command of the command line in this process."""
    return main([str(word) for word in words])


def forked(work: Callable[[], object], after: float | None) -> float:
    """Run `work` in a child process, kill it with -9 after `after` seconds (None: never); return how long it ran."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        with Path(os.devnull).open("w") as null:
            os.dup2(null.fileno(), 1)
            os.dup2(null.fileno(), 2)
        try:
            work()
        finally:
            os._exit(0)
    while after is None or time.monotonic() - began < after:
        if os.waitpid(child, os.WNOHANG)[0]:
            return time.monotonic() - began
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return time.monotonic() - began


def kill_times(seed: int, duration: float) -> Iterator[float]:
    """Draw KILLS times within a task of `duration` seconds."""
    generator = random.Random(seed)
    return (generator.uniform(0, duration) for _ in range(KILLS))


def use_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return the workspace and cache in `folder` and set the environment variables for commands."""
    monkeypatch.setenv("REMATCH_WORKSPACE", str(folder / "workspace"))
    monkeypatch.setenv("REMATCH_CACHE", str(folder / "cache"))
    return Workspace(folder / "workspace", folder / "cache")


@pytest.fixture
def prepared(tmp_path: Path, shapes: Path, tiny_name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with an imported domain and a trained and swept run."""
    folder = tmp_path / "prepared"
    use_workspace(folder, monkeypatch)
    assert run("import", shapes, "--domain", "shapes", "--language", "en") == 0
    assert run(*TRAIN, "--encoder", tiny_name) == 0
    assert run(*SWEEP) == 0
    return folder


def fresh(prepared: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Copy the prepared folder for a kill."""
    folder = prepared.parent / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    return use_workspace(folder, monkeypatch)


def test_import(tmp_path, shapes, monkeypatch):
    words = ("import", shapes, "--domain", "shapes", "--language", "en", "--copy-images")
    whole = use_workspace(tmp_path / "whole", monkeypatch)
    duration = forked(lambda: run(*words), None)
    expected = (whole.domain_folder("shapes") / "articles.parquet").read_bytes()
    for number, moment in enumerate(kill_times(1, duration)):
        workspace = use_workspace(tmp_path / f"killed-{number}", monkeypatch)
        forked(lambda: run(*words), moment)
        done = (workspace.domain_folder("shapes") / "domain.toml").exists()
        assert run(*words) == (2 if done else 0)  # an existing domain is not overwritten
        domain = workspace.load_domain("shapes")
        assert (workspace.domain_folder("shapes") / "articles.parquet").read_bytes() == expected
        assert all((domain.images_root / file).stat().st_size for file in domain.articles["image_file"])


def test_import_over_another(prepared, shapes, monkeypatch):
    """The domain is the old one or the new one, and its run is readable as before."""
    words = ("import", shapes, "--domain", "shapes", "--language", "en", "--copy-images", "--replace")
    use_workspace(prepared, monkeypatch)
    fresh(prepared, "timed", monkeypatch)
    duration = forked(lambda: run(*words), None)
    for moment in kill_times(6, duration):
        workspace = fresh(prepared, "killed", monkeypatch)
        forked(lambda: run(*words), moment)
        assert run("report", "--domain", "shapes") == 0
        assert run(*words) == 0
        assert run("report", "--domain", "shapes") == 0
        folders = [file.name for file in (workspace.root / "domains").iterdir() if file.is_dir()]
        assert folders == ["shapes"], "no partial domain is left"


def test_train(prepared, tiny_name, monkeypatch):
    workspace = use_workspace(prepared, monkeypatch)
    expected = find_run(workspace, "shapes", None).info.fine_tuned
    words = (*TRAIN, "--encoder", tiny_name)
    workspace = fresh(prepared, "timed", monkeypatch)
    duration, resumed = forked(lambda: run(*words), None), 0
    for moment in kill_times(2, duration):
        workspace = fresh(prepared, "killed", monkeypatch)
        forked(lambda: run(*words), moment)
        unfinished = load_unfinished(workspace, "shapes")
        if unfinished:
            resumed += 1
            assert run("train", "--domain", "shapes", "--resume", unfinished[0].info.name) == 0
        elif len(load_runs(workspace, "shapes")) == 1:
            assert run(*words) == 0
        assert {stored.info.fine_tuned for stored in load_runs(workspace, "shapes")} == {expected}
        assert len(load_runs(workspace, "shapes")) == 2
        assert load_unfinished(workspace, "shapes") == []
    assert resumed >= KILLS // 4


def test_sweep(prepared, monkeypatch):
    workspace = use_workspace(prepared, monkeypatch)
    expected = (find_run(workspace, "shapes", None).folder / "ranks.parquet").read_bytes()

    def sweep() -> None:
        shutil.rmtree(workspace.cache)  # so that nothing is cached
        run(*SWEEP)

    workspace = fresh(prepared, "timed", monkeypatch)
    duration = forked(sweep, None)
    for moment in kill_times(3, duration):
        workspace = fresh(prepared, "killed", monkeypatch)
        forked(sweep, moment)
        assert run("report", "--domain", "shapes") in (0, 2)  # a complete sweep, or an error that there is none
        assert run(*SWEEP) == 0
        assert (find_run(workspace, "shapes", None).folder / "ranks.parquet").read_bytes() == expected
        assert run("report", "--domain", "shapes") == 0


def test_tagging(prepared, monkeypatch):
    for number, moment in enumerate(kill_times(4, 0.4)):
        workspace = fresh(prepared, "killed", monkeypatch)
        reader, writer = os.pipe()

        def tag(workspace: Workspace = workspace, writer: int = writer) -> None:
            for article in range(1, 61):
                tag_article(workspace, "shapes", str(article), ["person", "place"], f"note {article}")
                os.write(writer, bytes([article]))

        forked(tag, moment)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            acknowledged = list(pipe.read())
        tags = read_tags(workspace, "shapes")
        assert set(map(str, acknowledged)) <= set(tags), number
        assert all(tags[article].note == f"note {article}" for article in tags)
        assert len(tags) <= len(acknowledged) + 1
        tag_article(workspace, "shapes", "60", ["scene"], "after")
        assert read_tags(workspace, "shapes")["60"].note == "after"


def test_report(prepared, monkeypatch):
    use_workspace(prepared, monkeypatch)
    file = prepared.parent / "report.html"

    def report() -> None:
        from core.cli.evaluation import report
        from core.report.document import document as whole

        # The questions that train again take longer than all others together, and other tests cover them.
        monkeypatch.setattr(
            report, "document", lambda context, **options: whole(context, **options | {"ask_all": False})
        )
        run("report", "--domain", "shapes", "--html", file)

    fresh(prepared, "timed", monkeypatch)
    duration = forked(report, None)
    expected = file.read_bytes()
    for moment in kill_times(5, duration):
        file.unlink(missing_ok=True)
        fresh(prepared, "killed", monkeypatch)
        forked(report, moment)
        assert not file.exists() or file.read_bytes() == expected
        report()
        assert file.read_bytes() == expected
        assert run("analyse", "--domain", "shapes", "--questions", QUICK) == 0
