"""Kept files: what is damaged, foreign or of another version is never taken for what was written."""

import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.encoders.inputs import cached_array
from core.storage import cache
from core.storage.cache import (
    checksummed_write,
    is_whole,
    matches_seal,
    read_checksummed,
    read_checksummed_array,
    write_checksummed,
)

ARRAY = np.arange(3000, dtype=np.float32).reshape(100, 30)


def _kept(path: Path) -> Path:
    with checksummed_write(path) as temporary:
        np.save(temporary, ARRAY)
    return path


def test_what_was_kept_comes_back(tmp_path):
    write_checksummed(tmp_path / "a.json", b"{}")
    assert read_checksummed(tmp_path / "a.json") == b"{}"
    kept = read_checksummed_array(_kept(tmp_path / "a.npy"), 100)
    assert isinstance(kept, np.memmap)
    np.testing.assert_array_equal(kept, ARRAY)


def test_what_is_not_there_is_none_and_nothing_to_warn_of(tmp_path, caplog):
    assert read_checksummed(tmp_path / "a") is None
    assert read_checksummed_array(tmp_path / "a.npy", 3) is None
    assert not caplog.records


def test_another_number_of_rows_is_not_taken(tmp_path):
    assert read_checksummed_array(_kept(tmp_path / "a.npy"), 99) is None


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[:-1],
    "half": lambda data: data[: len(data) // 2],
    "zeroed": lambda data: bytes(len(data)),
    "zeroed but for its seal": lambda data: bytes(len(data) - 48) + data[-48:],
    "longer": lambda data: data + b"\0",
    "without a seal, as older versions wrote": lambda data: data[:-48],
    "another type": lambda data: data.replace(b"<f4", b"<i4"),
    "swapped bytes": lambda data: data[:200] + data[204:208] + data[200:204] + data[208:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_seen_and_said(tmp_path, caplog, damage):
    file = _kept(tmp_path / "a.npy")
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert read_checksummed_array(file, 100) is None
    assert read_checksummed(file) is None
    (warning, *_) = caplog.records
    assert (warning.levelno, str(file) in warning.getMessage()) == (logging.WARNING, True)


@given(place=st.integers(0, 12_000), bit=st.integers(0, 7))
def test_a_single_bit_is_seen(tmp_path_factory, place, bit):
    file = _kept(tmp_path_factory.mktemp("kept") / "a.npy")
    data = bytearray(file.read_bytes())
    data[place % len(data)] ^= 1 << bit
    file.write_bytes(data)
    assert not is_whole(file)
    shutil.rmtree(file.parent)


def test_a_copy_under_another_name_is_foreign(tmp_path):
    shutil.copy(_kept(tmp_path / "a.npy"), tmp_path / "b.npy")
    assert read_checksummed_array(tmp_path / "b.npy", 100) is None


def test_a_file_that_was_whole_is_looked_at_again_when_it_changes(tmp_path):
    file = _kept(tmp_path / "a.npy")
    assert is_whole(file)
    file.write_bytes(bytes(10))
    assert not is_whole(file)
    _kept(file)
    assert is_whole(file)


@pytest.fixture
def another_process(monkeypatch) -> Callable[[], list[Path]]:
    """Forget what this process knows; return the list of files that are read through from then on."""
    monkeypatch.setattr(cache, "_REMEMBERED", 1)

    def forget() -> list[Path]:
        cache._is_whole.cache_clear()
        read: list[Path] = []
        monkeypatch.setattr(cache, "matches_seal", lambda path: read.append(path) or matches_seal(path))
        return read

    return forget


def test_a_large_file_is_read_once_for_all_processes(tmp_path, another_process):
    file = _kept(tmp_path / "a.npy")
    for expected in ([file], []):
        read = another_process()
        assert is_whole(file)
        assert read == expected
    (tmp_path / ".verified").write_bytes(b"\xff")
    assert another_process() == []
    assert is_whole(file)


def test_a_large_file_that_another_process_saw_whole_is_found_out_when_it_changes(tmp_path, another_process):
    file = _kept(tmp_path / "a.npy")
    another_process()
    assert is_whole(file)
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    another_process()
    assert not is_whole(file)
    shutil.copy(_kept(tmp_path / "b.npy"), file)
    assert not is_whole(file)


def test_where_nothing_can_be_remembered_a_file_is_whole_all_the_same(tmp_path, another_process):
    file = _kept(tmp_path / "a.npy")
    (tmp_path / ".verified").mkdir()
    another_process()
    assert is_whole(file)


def test_a_readers_map_survives_a_rewrite_and_a_removal(tmp_path):
    file = _kept(tmp_path / "a.npy")
    kept = read_checksummed_array(file, 100)
    assert kept is not None
    with checksummed_write(file) as temporary:
        np.save(temporary, np.zeros((100, 30), dtype=np.float32))
    np.testing.assert_array_equal(kept, ARRAY)
    file.unlink()
    np.testing.assert_array_equal(kept, ARRAY)


def _make(folder: Path) -> float:
    import torch

    def parts():
        for row in range(40):
            yield np.array([row]), torch.full((1, 1000), float(row))

    return float(np.asarray(cached_array(folder / "shared.npy", 40, parts, "Making")).sum())


def test_sixteen_processes_that_need_the_same_entry_agree(tmp_path):
    with ProcessPoolExecutor(16, mp_context=get_context("fork")) as pool:
        sums = list(pool.map(_make, [tmp_path] * 16))
    assert sums == [780_000.0] * 16
    assert [file.name for file in tmp_path.iterdir()] == ["shared.npy"]
    assert is_whole(tmp_path / "shared.npy")


def test_a_reader_beside_a_writer_sees_whole_files_only(tmp_path):
    file, done = _kept(tmp_path / "a.npy"), threading.Event()

    def rewrite() -> None:
        for number in range(40):
            with checksummed_write(file) as temporary:
                np.save(temporary, np.full((100, 30), number, dtype=np.float32))
        done.set()

    writer = threading.Thread(target=rewrite)
    writer.start()
    while not done.is_set():
        kept = read_checksummed_array(file, 100)
        if kept is not None:  # between looking at it and reading it, it may have been written again
            assert kept.shape == (100, 30)
            assert len(np.unique(kept)) in (1, 3000)
    writer.join()
