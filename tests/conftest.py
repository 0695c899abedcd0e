"""Shared fixtures: a workspace for each test, domains of shapes, small models. Also sets the markers of tests.

Does not import torch; fixtures of models import `tests.models` when a test uses them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from filelock import FileLock
from xdist.scheduler import LoadFileScheduling

from core.cli.main import main
from core.data.domain import Domain
from core.data.importers import import_domain
from core.jobs import background
from core.progress import PROGRESS_FILE, QUIET
from core.workspace.folders import Workspace
from tests.local_hub import LocalHub, point_to
from tests.markers import FIXTURES, markers_of, starts_something
from tests.shapes import write_shapes
from tests.snapshots import Snapshots
from tests.stand_in_job import StartedJob

if TYPE_CHECKING:
    from xdist.remote import Producer

    from core.encoders.base import Encoder

STAND_IN = str(Path(__file__).with_name("stand_in_job.py"))

# Read by torch when it is imported: on tiny models threads mostly wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# `--hypothesis-profile dev` tries fewer examples. No deadlines, because test machines are busy.
hypothesis.settings.register_profile("ci", deadline=None)
hypothesis.settings.register_profile("dev", deadline=None, max_examples=20)
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make check`."""
    parser.addoption("--quick", action="store_true", help="Leave out tests of a model, page, process or real data.")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --quick, leave files unread that import torch and the like: importing it takes seconds."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if config.getoption("--quick") and is_test and starts_something(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test by what it starts, so that `make check` leaves out what takes seconds.

    The browser's come first, then models', then pages': so that the longest files do not end after all others.
    """
    for item in items:
        for name in markers_of(item):
            item.add_marker(name)
    if config.getoption("--quick"):
        items[:] = [item for item in items if not any(map(item.get_closest_marker, (*FIXTURES, "data")))]
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("browser", "model", "app")])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """Use the scheduler below for `--dist loadfile`."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


class ByFile(LoadFileScheduling):
    """Give a file at a time to each process, and to one of them all of tests/browser, which share a server."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/browser" if nodeid.startswith("tests/browser/") else super()._split_scope(nodeid)


@dataclass(frozen=True)
class Outcome:
    """The exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        """The object that `--json` printed; fails if stdout holds anything else."""
        return json.loads(self.out)


Verb = Callable[..., Outcome]
After = Callable[..., None]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Isolate each test from the settings and the workspace of the user and of other tests."""
    monkeypatch.setenv(QUIET, "1")
    monkeypatch.delenv(PROGRESS_FILE, raising=False)
    monkeypatch.setenv("REMATCH_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("REMATCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace", tmp_path / "cache")


@pytest.fixture
def local_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """Start a model hub on this machine, with an empty cache, and use it instead of the real one."""
    with LocalHub() as hub:
        point_to(hub, tmp_path / "hub-home", monkeypatch)
        yield hub


@pytest.fixture
def verb(capsys: pytest.CaptureFixture[str]) -> Verb:
    """Return a function that runs one command of the command line in this process."""

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[StartedJob]]]:
    """Return a function that puts a verb of `tests.stand_in_job` in place of every job's, and lists what is started."""
    popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen
    started: list[StartedJob] = []

    def replace_verb(name: str) -> list[StartedJob]:
        def start(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
            if background.RUNNER not in words:
                return popen(words, **options)
            python, _, _, folder, *verb = words
            options["env"] |= {"PYTHONPATH": str(Path.cwd())}
            started.append(StartedJob(popen([python, "-P", STAND_IN, name, folder], **options), verb))
            return started[-1].process

        monkeypatch.setattr(background.subprocess, "Popen", start)
        return started

    yield replace_verb
    for job in started:
        job.process.kill()
        job.process.wait()


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the table of 60 coloured shapes; the first 48 are train, the last 12 val."""
    return write_shapes(tmp_path_factory.mktemp("shapes"), 60)


@pytest.fixture(scope="session")
def many_shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a table of 540 coloured shapes, whose val gallery (108) is longer than a list of 100."""
    return write_shapes(tmp_path_factory.mktemp("many"), 540)


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Snapshots:
    return Snapshots(tmp_path_factory.mktemp("snapshots"))


@pytest.fixture
def after(snapshots: Snapshots, workspace: Workspace) -> After:
    """Return a function that restores the workspace after commands, as in `after(["import", …], ["train", …])`."""

    def restore(into: Workspace, verbs: tuple[tuple[str, ...], ...]) -> None:
        def make(fresh: Workspace) -> None:
            if verbs[:-1]:
                restore(fresh, verbs[:-1])
            assert main([*verbs[-1], "--workspace", str(fresh.root), "--cache", str(fresh.cache)]) == 0

        snapshots.restore(verbs, into, make)

    return lambda *verbs: restore(workspace, tuple(tuple(map(str, words)) for words in verbs))


@pytest.fixture
def shapes_domain(shapes: Path, workspace: Workspace, snapshots: Snapshots) -> Domain:
    def make(fresh: Workspace) -> None:
        import_domain(shapes, fresh.domain_folder("shapes"), language="en")

    snapshots.restore("shapes", workspace, make)
    return workspace.load_domain("shapes")


@pytest.fixture(scope="session")
def tiny_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return a mapping from model to the encoder name of its random weights on disk."""
    from tests.models import write_tiny_models

    return write_tiny_models(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_name(tiny_names: dict[str, str]) -> str:
    return tiny_names["TinyClip"]


@pytest.fixture
def tiny(tiny_name: str) -> Encoder:
    from core.encoders.clip.encoder import load_clip

    return load_clip(tiny_name).eval()


@pytest.fixture(scope="session")
def lite_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache with the classifier features of the built-in encoders, which take 15 s, once for all tests.

    One process at a time loads the encoders, so that the next one finds the files of the first.
    """
    from tests.models import load_on_cpu

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "lite-cache"
    with FileLock(f"{folder}.lock"):
        for name in ("lite", "lite-multilingual"):
            load_on_cpu(name, folder)
    return folder


@pytest.fixture
def lite_is_there(lite_cache: Path, workspace: Workspace) -> None:
    """Copy the files of `lite_cache` into the workspace, which saves a test and its processes 15 s."""
    shutil.copytree(lite_cache, workspace.cache, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def _lite(lite_cache: Path) -> Encoder:
    from tests.models import load_on_cpu

    return load_on_cpu("lite", lite_cache)


@pytest.fixture(scope="session")
def _lite_multilingual(lite_cache: Path) -> Encoder:
    from tests.models import load_on_cpu

    return load_on_cpu("lite-multilingual", lite_cache)


@pytest.fixture
def lite(_lite: Encoder) -> Iterator[Encoder]:
    """Yield the real `lite`, loaded once; each test gets it with its zero-shot weights."""
    from tests.models import restored

    yield from restored(_lite)


@pytest.fixture
def lite_multilingual(_lite_multilingual: Encoder) -> Iterator[Encoder]:
    from tests.models import restored

    yield from restored(_lite_multilingual)


@pytest.fixture(scope="session")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like a download of an OPUS-MT model, with random weights and a small vocabulary."""
    from tests.models import write_marian

    folder = tmp_path_factory.mktemp("marian")
    write_marian(folder)
    return folder
