"""Full and read-only disks, command by command: one line, no damage, and with space the same command works."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cli.main import main
from core.workspace.folders import Workspace
from core.workspace.runs import find_run, load_runs
from core.workspace.sweep_results import read_results
from core.workspace.tags import read_tags
from core.workspace.unfinished_runs import load_unfinished
from tests.conftest import Verb
from tests.disks import FORBIDDEN, FULL, READ_ONLY, SmallDisk, fail_to_write, mounted
from tests.tagged import tag_article

ROOT = Path(__file__).parents[3]
TRAIN = ["train", "--domain", "shapes", "--tune", "last:1", "--epochs", "1", "--batch-size", "16"]
#: Command → its words; OUT is replaced by a folder to write to.
VERBS = {
    "import": ["import", "SHAPES", "--domain", "shapes", "--language", "en", "--copy-images", "--replace"],
    "train": [*TRAIN, "--encoder", "TINY"],
    "sweep": ["sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--precision", "fp32"],
    "rank": ["rank", "--domain", "shapes", "--output", "OUT/run.tsv"],
    "submit": ["submit", "--domain", "shapes", "--split", "val", "--output", "OUT/runs"],
    "export": ["export", "--domain", "shapes", "--output", "OUT/model.safetensors"],
    "export-data": ["export-data", "shapes", "--format", "webdataset", "--output", "OUT/shards", "--replace"],
    "analyse": ["analyse", "--domain", "shapes", "--questions", "slices"],
    "report": ["report", "--domain", "shapes", "--markdown", "OUT/report.md"],
}


@pytest.fixture(scope="module")
def swept(tmp_path_factory, shapes, tiny_name) -> Path:
    """Return a folder with a workspace and a cache: a domain, a swept run, a tag."""
    folder = tmp_path_factory.mktemp("swept")
    at = ["--workspace", str(folder / "workspace"), "--cache", str(folder / "cache")]
    for words in (VERBS["import"], VERBS["train"], VERBS["sweep"]):
        assert main([*filled(words, shapes, tiny_name, folder), *at]) == 0
    tag_article(Workspace(folder / "workspace", folder / "cache"), "shapes", "1", ["person"], "")
    return folder


def filled(words: list[str], shapes: Path, tiny_name: str, out: Path) -> list[str]:
    known = {"SHAPES": str(shapes), "TINY": tiny_name}
    return [known.get(word, word.replace("OUT", str(out))) for word in words]


@pytest.fixture
def at(swept, tmp_path, monkeypatch):
    """Return a function that copies the swept run to a folder and points the commands to it."""

    def copy(folder: Path) -> Workspace:
        for name in ("workspace", "cache"):
            shutil.copytree(swept / name, folder / name)
        monkeypatch.setenv("REMATCH_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("REMATCH_CACHE", str(folder / "cache"))
        return Workspace(folder / "workspace", folder / "cache")

    return copy


def check_whole(workspace: Workspace) -> None:
    """Check that domain, results and tags can still be read."""
    domain, run = workspace.load_domain("shapes"), load_runs(workspace, "shapes")[0]
    assert len(read_results(run, domain, "val").articles) == 12
    assert all((domain.images_root / file).stat().st_size for file in domain.articles["image_file"])
    assert list(read_tags(workspace, "shapes")) == ["1"]


def refuse_in_turn(words: list[str], workspace: Workspace, verb: Verb) -> None:
    """Fail at one new file after the other, without a real disk, until the command needs no more files."""
    shutil.rmtree(workspace.cache)  # so that the command writes all files
    number, keyword = (FULL, "full")
    for turn, after in enumerate((0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)):
        with pytest.MonkeyPatch.context() as patch:
            fail_to_write(patch, number, after)
            ended = verb(*words)
        check_whole(workspace)
        if ended.status == 0:
            break
        assert (ended.status, ended.err.count("\n")) == (1, 1), ended.err
        assert keyword in ended.err
        number, keyword = [(FULL, "full"), (READ_ONLY, "read-only"), (FORBIDDEN, "not writable")][turn % 3]
    assert 0 < turn < 10
    assert not [file for file in workspace.root.parent.rglob(".*.tmp*") if file.is_file()]


@pytest.mark.parametrize("name", ["import", "train", "sweep", "analyse"])
def test_refused_at_each_file_in_turn(name, at, verb, tmp_path, shapes, tiny_name):
    words = [word for word in filled(VERBS[name], shapes, tiny_name, tmp_path / "out") if word != "--copy-images"]
    refuse_in_turn(words, at(tmp_path), verb)


def test_a_training_on_a_full_disk_resumes_to_the_same_weights(at, verb, tmp_path, shapes, tiny_name):
    workspace = at(tmp_path)
    expected = find_run(workspace, "shapes", None).info.fine_tuned
    words = filled(VERBS["train"], shapes, tiny_name, tmp_path)
    for after in range(3, 12):
        with pytest.MonkeyPatch.context() as patch:
            fail_to_write(patch, FULL, after)
            ended = verb(*words)
        if ended.status == 0:
            break
        for training in load_unfinished(workspace, "shapes"):
            assert f"rematch train --domain shapes --resume {training.info.name}" in ended.err
            assert verb("train", "--domain", "shapes", "--resume", training.info.name).status == 0
    runs = load_runs(workspace, "shapes")
    assert len(runs) > 3
    assert {run.info.fine_tuned for run in runs} == {expected}


@pytest.fixture
def disk(tmp_path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "disk", 64) as small:
        yield small


def run_on_a_full_disk(words: list[str], workspace: Workspace, disk: SmallDisk, verb: Verb) -> None:
    """Run the command on a real full disk, with little space, and then with enough."""
    shutil.rmtree(workspace.cache)  # so that the command writes all files
    for room in (0, 60_000):
        with disk.with_room_for(room):
            ended = verb(*words)
            check_whole(workspace)
        if ended.status:  # a table of twelve lines fits everywhere
            assert (ended.status, ended.err.count("\n")) == (1, 1), ended.err
            assert f"the disk of {disk.folder}" in ended.err
    assert verb(*words).status == 0
    check_whole(workspace)


@pytest.mark.parametrize("name", ["import", "train", "sweep", "export-data"])
def test_a_disk_that_is_really_full(name, at, disk, verb, shapes, tiny_name):
    run_on_a_full_disk(filled(VERBS[name], shapes, tiny_name, disk.folder), at(disk.folder), disk, verb)


def test_a_tag_on_a_full_disk(at, disk):
    workspace = at(disk.folder)
    with disk.with_room_for(0), pytest.raises(Exception, match="full"):
        tag_article(workspace, "shapes", "2", ["place"], "x" * 2000)
    check_whole(workspace)
    tag_article(workspace, "shapes", "2", ["place"], "x" * 2000)
    assert list(read_tags(workspace, "shapes")) == ["1", "2"]


@pytest.mark.parametrize("name", ["import", "train", "sweep", "rank", "submit", "export-data"])
def test_a_read_only_disk(name, at, disk, verb, shapes, tiny_name):
    workspace = at(disk.folder)
    words = filled(VERBS[name], shapes, tiny_name, disk.folder)
    with disk.read_only():
        ended = verb(*words)
        assert (ended.status, ended.err.count("\n")) == (1, 1), ended.err
        assert "read-only" in ended.err
        check_whole(workspace)
    assert verb(*words).status == 0


READING = [["runs"], ["report"], ["report", "--format", "csv"], ["match", "--headline", "a red circle"]]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_commands_that_only_read_work_on_a_read_only_disk(words, at, disk, verb):
    at(disk.folder)
    words = [words[0], *(["--domain", "shapes"] if words[0] != "runs" else []), *words[1:]]
    before = verb(*words)  # match stores the embeddings of the gallery
    with disk.read_only():
        ended = verb(*words)
        assert (ended.status, ended.out) == (0, before.out), ended.err


def test_an_output_that_is_a_folder_or_inside_a_file(at, verb, tmp_path):
    at(tmp_path)
    (tmp_path / "folder.tsv").mkdir()
    (tmp_path / "file").touch()
    for out, keyword in ((tmp_path / "folder.tsv", "is a folder"), (tmp_path / "file" / "run.tsv", "is a file")):
        ended = verb("rank", "--domain", "shapes", "--output", out)
        assert (ended.status, ended.err.count("\n")) == (1, 1)
        assert keyword in ended.err


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc")
def test_an_output_in_a_folder_that_takes_no_files(at, verb, tmp_path):
    at(tmp_path)
    ended = verb("rank", "--domain", "shapes", "--output", "/proc/x.tsv")
    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert re.search(r"/proc/x\.tsv.*/proc .*another folder", ended.err)
    assert "deleted" not in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [["runs"], ["runs", "--json"]], ids=" ".join)
def test_output_to_a_full_disk(words, at, tmp_path):
    at(tmp_path)
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "core", *words], cwd=ROOT, env=os.environ, stdout=full, stderr=subprocess.PIPE
        )
    assert ended.returncode == 1
    assert re.fullmatch(r"error: .*full.*\n", ended.stderr.decode())


def test_a_reader_that_closes_the_pipe_is_no_error(at, tmp_path):
    at(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "core", "runs"], cwd=ROOT, env=os.environ, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    assert ended.stderr == b""
