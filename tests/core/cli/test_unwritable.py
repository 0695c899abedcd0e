"""Full disks and read-only folders, verb by verb: one sentence, nothing damaged, and with room the same verb works."""

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
from core.workspace.tags import read_tags, tag_article
from core.workspace.unfinished_runs import load_unfinished
from tests.conftest import Verb
from tests.disks import FORBIDDEN, FULL, READ_ONLY, SmallDisk, fail_to_write, mounted

ROOT = Path(__file__).parents[3]
TRAIN = ["train", "--domain", "shapes", "--tune", "last:1", "--epochs", "1", "--batch-size", "16"]
#: Verb → its words; OUT stands for a folder that is written to.
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
    """A folder with a workspace and a cache: one domain, one run, swept, one tag."""
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
    """Copy what was swept to a folder and let verbs find it there."""

    def copy(folder: Path) -> Workspace:
        for name in ("workspace", "cache"):
            shutil.copytree(swept / name, folder / name)
        monkeypatch.setenv("REMATCH_WORKSPACE", str(folder / "workspace"))
        monkeypatch.setenv("REMATCH_CACHE", str(folder / "cache"))
        return Workspace(folder / "workspace", folder / "cache")

    return copy


def check_whole(workspace: Workspace) -> None:
    """What was there before still reads."""
    domain, run = workspace.load_domain("shapes"), load_runs(workspace, "shapes")[0]
    assert len(read_results(run, domain, "val").articles) == 12
    assert all((domain.images_root / file).stat().st_size for file in domain.articles["image_file"])
    assert list(read_tags(workspace, "shapes")) == ["1"]


def refuse_in_turn(words: list[str], workspace: Workspace, verb: Verb) -> None:
    """The stand-in: one new file after the other cannot be written, until the verb needs no more."""
    shutil.rmtree(workspace.cache)  # so that it has everything to write
    number, said = (FULL, "is full")
    for turn, after in enumerate((0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89)):
        with pytest.MonkeyPatch.context() as patch:
            fail_to_write(patch, number, after)
            ended = verb(*words)
        check_whole(workspace)
        if ended.status == 0:
            break
        assert (ended.status, ended.err.count("\n")) == (1, 1), ended.err
        assert said in ended.err
        number, said = [(FULL, "is full"), (READ_ONLY, "read-only"), (FORBIDDEN, "not writable")][turn % 3]
    assert 0 < turn < 10
    assert not [file for file in workspace.root.parent.rglob(".*.tmp*") if file.is_file()]


@pytest.mark.parametrize("name", ["import", "train", "sweep", "analyse"])
def test_refused_at_each_file_in_turn(name, at, verb, tmp_path, shapes, tiny_name):
    words = [word for word in filled(VERBS[name], shapes, tiny_name, tmp_path / "out") if word != "--copy-images"]
    refuse_in_turn(words, at(tmp_path), verb)


def test_a_training_that_found_no_room_goes_on_to_the_same_weights(at, verb, tmp_path, shapes, tiny_name):
    workspace = at(tmp_path)
    expected = find_run(workspace, "shapes", None).info.fine_tuned
    words = filled(VERBS["train"], shapes, tiny_name, tmp_path)
    for after in range(3, 12):
        with pytest.MonkeyPatch.context() as patch:
            fail_to_write(patch, FULL, after)
            ended = verb(*words)
        if ended.status == 0:
            break
        for one in load_unfinished(workspace, "shapes"):
            assert ended.err.endswith(f"rematch train --domain shapes --resume {one.info.name}\n")
            assert verb("train", "--domain", "shapes", "--resume", one.info.name).status == 0
    runs = load_runs(workspace, "shapes")
    assert len(runs) > 3
    assert {run.info.fine_tuned for run in runs} == {expected}


@pytest.fixture
def disk(tmp_path) -> Iterator[SmallDisk]:
    with mounted(tmp_path / "disk", 64) as small:
        yield small


def run_on_a_full_disk(words: list[str], workspace: Workspace, disk: SmallDisk, verb: Verb) -> None:
    """A real one, at several sizes, and then with room."""
    shutil.rmtree(workspace.cache)  # so that it has everything to write
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
    with disk.with_room_for(0), pytest.raises(Exception, match="is full"):
        tag_article(workspace, "shapes", "2", ["place"], "x" * 2000)
    check_whole(workspace)
    tag_article(workspace, "shapes", "2", ["place"], "x" * 2000)
    assert list(read_tags(workspace, "shapes")) == ["1", "2"]


@pytest.mark.parametrize("name", ["import", "train", "sweep", "rank", "submit", "export-data"])
def test_a_disk_that_may_only_be_read(name, at, disk, verb, shapes, tiny_name):
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
def test_what_only_reads_works_on_a_disk_that_may_only_be_read(words, at, disk, verb):
    at(disk.folder)
    words = [words[0], *(["--domain", "shapes"] if words[0] != "runs" else []), *words[1:]]
    before = verb(*words)  # match keeps the embeddings of the gallery
    with disk.read_only():
        ended = verb(*words)
        assert (ended.status, ended.out) == (0, before.out), ended.err


def test_an_output_that_is_a_folder_or_lies_in_a_file(at, verb, tmp_path):
    at(tmp_path)
    (tmp_path / "folder.tsv").mkdir()
    (tmp_path / "file").touch()
    for out, said in ((tmp_path / "folder.tsv", "is a folder"), (tmp_path / "file" / "run.tsv", "is a file")):
        ended = verb("rank", "--domain", "shapes", "--output", out)
        assert (ended.status, ended.err.count("\n")) == (1, 1)
        assert said in ended.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", [["runs"], ["runs", "--json"]], ids=" ".join)
def test_standard_output_that_takes_nothing(words, at, tmp_path):
    at(tmp_path)
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "core", *words], cwd=ROOT, env=os.environ, stdout=full, stderr=subprocess.PIPE
        )
    assert ended.returncode == 1
    assert re.fullmatch(r"error: .*disk is full.*\n", ended.stderr.decode())


def test_a_reader_that_has_enough_is_no_error(at, tmp_path):
    at(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "core", "runs"], cwd=ROOT, env=os.environ, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    assert ended.stderr == b""
