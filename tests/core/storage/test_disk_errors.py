"""What keeps a file from being written is a sentence, and what was there before stays."""

import errno
import os
import resource
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import torch

from core.data.translation.cache import TranslationCache
from core.encoders.inputs import cached_array
from core.encoders.weights import write_weights
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.disk_errors import DiskError, disk_errors_for, os_error_sentence
from core.storage.files import atomic_write, save_array, write_bytes, write_text
from tests.disks import SmallDisk, mounted


@pytest.fixture
def disk(tmp_path):
    with mounted(tmp_path / "disk", 1) as small:
        yield small


def refuse(number: int, path: Path, about: str | None = None) -> None:
    with disk_errors_for(path):
        raise OSError(number, os.strerror(number), about)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EFBIG, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "not writable"),
        (errno.EPERM, "not writable"),
        (errno.ENOENT, "deleted"),
    ],
)
def test_each_reason_has_its_sentence(tmp_path, number, reason):
    with pytest.raises(DiskError, match=rf"\b{reason}\b") as error:
        refuse(number, tmp_path / "deep" / "er" / "file")
    assert str(tmp_path / "deep" / "er" / "file") in str(error.value)


def test_errors_about_other_files_and_other_things_stay_what_they_are(tmp_path):
    for number, about in ((errno.EACCES, "/elsewhere/image.jpg"), (errno.EIO, None), (errno.EMFILE, None)):
        with pytest.raises(OSError, match=os.strerror(number)):
            refuse(number, tmp_path / "file", about)


def test_a_folder_in_the_place_of_a_file_and_the_reverse_are_named(tmp_path):
    (tmp_path / "folder" / "more").mkdir(parents=True)
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="folder is a folder"):
        write_text(tmp_path / "folder", "x")
    for path in (tmp_path / "file" / "x", tmp_path / "file" / "deep" / "x"):
        with pytest.raises(DiskError, match=f"{tmp_path / 'file'} is a file"):
            write_text(path, "x")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "folder"]


def test_what_nobody_expected_is_a_sentence_too():
    sentence = os_error_sentence(OSError(errno.EACCES, "Permission denied", "/a/b"))
    assert "/a/b: Permission denied" in sentence
    assert "disk is full" in os_error_sentence(OSError(errno.ENOSPC, "No space left on device"))
    assert os_error_sentence(ConnectionError("no route")) == "ConnectionError: no route"


def zeros(folder: Path, rows: int) -> None:
    def parts():
        for row in range(rows):
            yield np.array([row]), torch.zeros(1, 1024)

    cached_array(folder / "map.npy", rows, parts, "Making")


WRITERS = {
    "bytes": lambda folder: write_bytes(folder / "a", bytes(1_200_000)),
    "sealed": lambda folder: write_checksummed(folder / "a", bytes(1_200_000)),
    "weights": lambda folder: write_weights(folder / "a.safetensors", {"a": torch.zeros(300_000)}, {}),
    "map": lambda folder: zeros(folder, 300),
}


@pytest.mark.parametrize("write", WRITERS)
def test_a_full_disk_is_reported_and_leaves_nothing(disk: SmallDisk, write):
    write_text(disk.folder / "before", "before")
    with pytest.raises(DiskError, match=f"{disk.folder} is full"):
        WRITERS[write](disk.folder)
    assert [file.name for file in disk.folder.iterdir()] == ["before"]
    assert (disk.folder / "before").read_text() == "before"


@pytest.mark.parametrize("room", [0, 4096, 8192, 12288])
def test_an_array_that_just_does_not_fit_is_not_taken_for_written(disk: SmallDisk, room):
    """numpy's own way says nothing where the last part of a small array finds no room."""
    with (
        disk.with_room_for(room),
        pytest.raises(DiskError, match="is full"),
        atomic_write(disk.folder / "a.npy") as file,
    ):
        save_array(file, np.zeros(room // 8 + 1))


@pytest.mark.parametrize("write", WRITERS)
def test_a_limit_on_the_size_of_files_is_no_other(tmp_path, write):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, before[1]))
    try:
        with pytest.raises(DiskError, match="is full"):
            WRITERS[write](tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_deleted_between_a_look_and_a_reading_is_none(tmp_path, monkeypatch):
    write_checksummed(tmp_path / "a", b"data")
    monkeypatch.setattr("core.storage.cache.is_whole", lambda path: True)
    (tmp_path / "a").unlink()
    assert read_checksummed(tmp_path / "a") is None


def test_translations_survive_a_full_and_a_read_only_disk(disk: SmallDisk):
    file = disk.folder / "model.sqlite"
    with TranslationCache(file) as cache:
        cache.add({"Haus": "house"})
    many = {f"Satz {number}": "sentence " * 20 for number in range(3000)}
    with disk.with_room_for(100_000), TranslationCache(file) as cache, pytest.raises(DiskError, match="disk is full"):
        cache.add(many)
    with disk.read_only(), TranslationCache(file) as cache:
        assert cache.known(["Haus"]) == {"Haus": "house"}
        with pytest.raises(DiskError, match="readonly"):
            cache.add(many)
    with TranslationCache(file) as cache:
        assert cache.known(["Haus"]) == {"Haus": "house"}
        cache.add(many)
        assert len(cache.known(many)) == 3000


def test_translations_that_another_process_is_writing_are_not_deleted(tmp_path, monkeypatch):
    file = tmp_path / "model.sqlite"
    with TranslationCache(file) as cache:
        cache.add({"Haus": "house"})
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, timeout: connect(path, timeout=0.01))
    other = connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DiskError, match="locked"):
        TranslationCache(file)
    other.rollback()
    with TranslationCache(file) as cache:
        assert cache.known(["Haus"]) == {"Haus": "house"}
