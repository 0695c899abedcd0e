"""Injected faults: no local path, no stack trace and no secret reaches a page."""

import os
import shutil
from concurrent.futures import Future
from pathlib import Path

import pytest
from google.protobuf.text_format import MessageToString
from streamlit.testing.v1.element_tree import Block

from core.errors import InputError
from core.jobs import background, model_worker
from core.jobs.job import DEMO
from pages.shared.errors import failure, without_paths
from tests.pages.conftest import fail_job

ALL = ("overview", "alpha", "curves", "changes", "findings", "match", "train", "data")
SECRET = "hunter2-of-the-environment"
JOBS = ("demo", "train-shapes", "import-shapes", "translate-shapes", "truth-shapes", "analyse-shapes")


@pytest.fixture(autouse=True)
def secret(monkeypatch):
    monkeypatch.setenv("REMATCH_TEST_TOKEN", SECRET)


def text_of(app) -> str:
    """Return everything that is sent to the browser as one string, without the backslashes of Markdown escapes."""

    def parts(block: Block):
        for child in block.children.values():
            yield MessageToString(child.proto, as_utf8=True) if child.proto is not None else ""
            if isinstance(child, Block):
                yield from parts(child)

    return " ".join(parts(app._tree)).replace("\\", "")


@pytest.fixture
def leaks(workspace, tmp_path_factory):
    """Return a function that lists the local details in a page's text."""
    tell_tale = (str(workspace.root.parent), str(tmp_path_factory.getbasetemp()), "site-packages", "Traceback",
                 "File \"", f"{Path.home()}/", SECRET)  # fmt: skip
    return lambda app: [each for each in tell_tale if each in text_of(app)]


def _damage(file, data=b"\0garbage"):
    file.write_bytes(data)


def _no_tags(run, domain):
    tags = run.folder.parents[2] / "tags" / f"{domain.info.slug}.json"
    tags.parent.mkdir(exist_ok=True)
    _damage(tags)


#: What is broken, how, and the pages that read it (damaged run.toml and sweep.toml are in test_every_page, on all).
FAULTS = {
    "run.toml": (lambda run, domain: _damage(run.folder / "run.toml"), ["overview", "train"]),
    "sweep.toml": (lambda run, domain: _damage(run.folder / "sweep.toml"), ["overview", "alpha"]),
    "sweep.csv": (lambda run, domain: (run.folder / "sweep.csv").unlink(), ["curves", "overview"]),
    "ranks.parquet": (lambda run, domain: _damage(run.folder / "ranks.parquet"), ["alpha", "findings"]),
    "best-val.npy": (lambda run, domain: _damage(run.folder / "best-val.npy"), ["alpha", "changes"]),
    "history.csv": (lambda run, domain: (run.folder / "history.csv").unlink(), ["train"]),
    "domain.toml": (lambda run, domain: _damage(domain.folder / "domain.toml"), ["overview", "match"]),
    "articles.parquet": (lambda run, domain: _damage(domain.folder / "articles.parquet"), ["data", "alpha"]),
    "no articles": (lambda run, domain: (domain.folder / "articles.parquet").unlink(), ["overview"]),
    "import-report.csv": (lambda run, domain: _damage(domain.folder / "import-report.csv"), ["data"]),
    "tags": (_no_tags, ["changes"]),
}


def test_an_intact_workspace_tells_nothing(open_page, run, leaks):
    for page in ALL:
        assert leaks(open_page(page)) == [], page


@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_is_a_sentence_without_a_path(fault, open_page, run, domain, leaks):
    damage, pages = FAULTS[fault]
    damage(run, domain)
    for page in pages:
        assert leaks(open_page(page)) == [], page


def test_images_that_cannot_be_read_say_no_path(open_page, run, domain, leaks, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(domain.images_root, broken)
    for file in broken.rglob("*.png"):
        _damage(file)
    toml = domain.folder / "domain.toml"
    toml.write_text(toml.read_text().replace(str(domain.images_root), str(broken)))
    for page in ("alpha", "data"):
        assert leaks(open_page(page)) == [], page


@pytest.mark.parametrize(
    "error", [RuntimeError, MemoryError, InputError, FileNotFoundError], ids=lambda one: one.__name__
)
def test_an_exception_in_a_page_tells_nothing(error, open_page, run, workspace, leaks, monkeypatch):
    def fail(*_, **__):
        raise error(f"{workspace.root}/x.bin" + ("" if error is InputError else os.environ["REMATCH_TEST_TOKEN"]))

    monkeypatch.setattr("core.workspace.runs.Run.curve", fail)
    for page in ("curves", "alpha"):
        app = open_page(page)
        assert leaks(app) == [], page
        assert app.exception or app.error


def failed(error: Exception) -> Future:
    future: Future = Future()
    future.set_exception(error)
    return future


@pytest.mark.parametrize("error", [RuntimeError, MemoryError, InputError], ids=lambda one: one.__name__)
def test_an_exception_of_the_model_worker_tells_nothing(error, open_page, run, workspace, leaks, monkeypatch):
    words = f"{workspace.root}/x.bin" + (f" {SECRET}" if error is RuntimeError else "")
    monkeypatch.setattr(model_worker, "submit", lambda *_: failed(error(words)))
    app = open_page("match", headline="a red circle").run()
    assert leaks(app) == []
    assert app.error
    assert leaks(open_page("alpha", alpha="0.33")) == []


STACK = """Reading images
Traceback (most recent call last):
  File "/opt/app/.venv/lib/python3.11/site-packages/torch/nn.py", line 7, in forward
    raise ValueError(token)
ValueError: {secret} in {workspace}/runs

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/app/core/__main__.py", line 70, in main
MemoryError: {secret}
more of its words: {secret}
"""


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("ending", ["stack", "error"])
def test_a_job_that_failed_tells_what_but_not_where(job, ending, open_page, run, workspace, leaks):
    folder = workspace.root / "jobs" / job
    if ending == "stack":
        fail_job(folder, "ended by an unexpected MemoryError.", "MemoryError")
        (folder / "log.txt").write_text(STACK.format(secret=SECRET, workspace=workspace.root))
    else:
        fail_job(folder, f"the table {workspace.root}/up loads/a.csv and /etc/x.csv cannot be read.")
    page = {"train": "train", "analyse": "findings", "demo": "overview"}.get(job.partition("-")[0], "data")
    app = open_page(page)
    assert leaks(app) == []
    text = text_of(app)
    assert ("MemoryError" if ending == "stack" else "x.csv") in text
    assert "/etc" not in text


def test_a_stack_is_cut_from_what_a_job_printed(workspace):
    (workspace.root / "jobs" / "demo").mkdir(parents=True)
    (workspace.root / "jobs" / "demo" / "log.txt").write_text(STACK + "error: it stopped.\n")
    log = background.status(workspace, DEMO).log
    assert log[0] == "Reading images"
    assert len(log) == 2
    assert "log.txt" in log[1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the file {workspace}/runs/a b/run.toml is damaged", "the file workspace/runs/a b/run.toml is damaged"),
        ("no such file: '/srv/secret client/x.csv'.", "no such file: 'x.csv'."),
        ("/srv/secret/x.csv, line 3", "x.csv, line 3"),
        (r"C:\Users\somebody\x.csv cannot be read", "x.csv cannot be read"),
        ("~/secret/x.csv", "x.csv"),
        ("https://example.org/a/b, 3/4 of it, read/write", "https://example.org/a/b, 3/4 of it, read/write"),
        ("expected ViT-B-32:/path/weights.safetensors", "expected ViT-B-32:/path/weights.safetensors"),
    ],
)  # fmt: skip
def test_paths_are_cut_to_what_a_reader_of_the_page_may_know(text, shown, workspace):
    assert without_paths(text.format(workspace=workspace.root)) == shown


def test_an_unexpected_error_is_named_by_its_type():
    assert failure(Future()) is None
    assert "ZeroDivisionError" in str(failure(failed(ZeroDivisionError(SECRET))))
    assert SECRET not in str(failure(failed(ZeroDivisionError(SECRET))))
