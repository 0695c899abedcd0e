"""Closed terminals, pipes and Ctrl-C cause no traceback, and warnings of libraries are not printed."""

import os
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from core.cli import main as command_line
from core.storage.disk_errors import DiskError
from core.storage.files import atomic_write, write_text
from tests.conftest import Verb

ROOT = Path(__file__).parents[3]
PYTHON = shlex.quote(sys.executable)


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", line], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize(
    ("words", "status"), [("runs >&-", 0), ("--help >&-", 0), ("runs <&- >&-", 0), ("report --domain x >&-", 2)]
)
def test_a_closed_terminal(words, status):
    ended = shell(f"exec {PYTHON} -m core {words}")
    assert ended.returncode == status
    assert ended.stderr.count("\n") == (1 if status else 0), ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM"])
def test_ctrl_c_while_it_still_imports(tmp_path, signal):
    (tmp_path / "typer.py").write_text(
        f"import os, signal, time\nos.kill(os.getpid(), signal.{signal})\ntime.sleep(30)\n"
    )
    ended = shell(f"exec {PYTHON} -m core runs", PYTHONPATH=str(tmp_path))
    assert ended.returncode != 0
    assert ended.stderr == ""


def test_ctrl_c_while_a_verb_is_imported(verb: Verb, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line.importlib, "import_module", interrupt)
    ended = verb("runs")
    assert (ended.status, ended.err) == (1, "error: stopped.\n")


def test_warnings_of_libraries_are_not_printed(verb: Verb, monkeypatch):
    def warn(*_: object) -> None:
        warnings.warn("of no use to anyone", stacklevel=1)
        raise MemoryError

    monkeypatch.setattr("core.cli.models.runs.workspace_of", warn)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert verb("runs").status == 1
    assert seen == []


BYTES = os.fsdecode(b"a\xff.csv")


@pytest.mark.parametrize("words", [["match", "--domain", "x", "--headline"], ["runs", "--workspace"], ["import"], []])
def test_an_argument_that_is_not_text(words, verb: Verb):
    ended = verb(*words, BYTES)
    assert ended.status == 2
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert "UTF-8" in ended.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_device_or_pipe_is_not_replaced(tmp_path):
    """Refuse to write, because a rename would replace the device, such as /dev/stdout, for all programs."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(DiskError, match="pipe"):
            write_text(tmp_path / name, "text")
        assert (tmp_path / name).is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.endswith("tmp")) == []


def test_an_output_that_is_a_folder_is_refused_before_writing(tmp_path):
    with pytest.raises(DiskError, match="folder"), atomic_write(tmp_path):
        raise AssertionError("the block must not run")
