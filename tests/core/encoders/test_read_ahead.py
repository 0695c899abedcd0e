"""Batches read ahead and activations copied to a device, against direct reading."""

import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.encoders.base import Encoder
from core.encoders.embedding import Activations, image_activations, text_activations
from core.encoders.loading import choose_device
from core.encoders.resident import copy_rows, make_resident
from core.encoders.transfer import READ_AHEAD, read_ahead, transfer

CPU = torch.device("cpu")
BATCHES = [np.arange(start, start + 3) for start in range(0, 60, 3)]


def read(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    tensor = torch.from_numpy(rows)
    return tensor, tensor


def test_batches_come_in_order_however_long_each_takes():
    first = threading.Event()

    def slow_first(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        if rows[0] == 0:
            first.wait(10)
        else:
            first.set()
        return read(rows)

    assert [x.tolist() for x, _ in read_ahead(slow_first, BATCHES)] == [rows.tolist() for rows in BATCHES]


def test_no_more_than_a_few_are_read_ahead():
    """The memory map exists so that a collection is never in memory as a whole."""
    started = []

    def noted(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        started.append(rows)
        return read(rows)

    for taken, _ in enumerate(read_ahead(noted, BATCHES), start=1):
        assert len(started) <= taken + READ_AHEAD
    assert len(started) == len(BATCHES)


def test_what_fails_in_a_thread_fails_where_batches_are_taken():
    def broken(rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        if rows[0] == 6:
            raise OSError("the disk is gone")
        return read(rows)

    taken = []
    with pytest.raises(OSError, match="gone"):
        taken.extend(read_ahead(broken, BATCHES))
    assert len(taken) == 2


def test_one_tensor_twice_is_moved_once():
    [(x, source)] = transfer(read, BATCHES[:1], CPU)
    assert source is x


@pytest.fixture(params=[("image", 0), ("image", 2), ("text", 0), ("text", 2), ("text", 5)], ids=str)
def activations(request: pytest.FixtureRequest, tiny: Encoder, tmp_path: Path) -> Activations:
    tower, stop = request.param
    if tower == "text":
        texts = [f"{'very ' * (number % 6)}red circle {number}" for number in range(20)]
        return text_activations(tiny, stop, texts, tmp_path)
    files = []
    for number in range(20):
        files.append(tmp_path / f"{number}.png")
        Image.new("RGB", (40, 36), (number, 5, 90)).save(files[-1])
    return image_activations(tiny, stop, files, [file.name for file in files], tmp_path)


@pytest.mark.parametrize("at_once", [2, 1024])
def test_held_rows_are_those_of_the_memory_map(activations, at_once, monkeypatch):
    monkeypatch.setattr("core.encoders.resident._ROWS_AT_ONCE", at_once)
    rows = np.array([3, 4, 7, 8, 19])
    held = copy_rows(activations, rows, CPU)
    assert len(held.held_x) == len(rows)
    rows = np.array([8, 19, 3, 8])
    for ours, expected in zip(held.batch(rows, CPU), activations.batch(rows, CPU), strict=True):
        assert torch.equal(ours, expected)


def test_nothing_is_copied_where_the_device_is_the_cpu(activations):
    assert make_resident(activations, np.arange(3), CPU) is activations


@pytest.mark.parametrize("fits", [True, False])
def test_rows_stay_on_the_device_only_if_they_fit(activations, fits, monkeypatch):
    """Replace the copy to CUDA, which this machine may lack."""
    rows = np.array([1, 1, 5])
    needed = 2 * (activations.x[:1].nbytes + activations.tokens[:1].nbytes)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (10 * needed + (1 if fits else -1), 0))
    monkeypatch.setattr("core.encoders.resident.copy_rows", lambda activations, held, device: held.tolist())
    found = make_resident(activations, rows, torch.device("cuda"))
    assert found == [1, 5] if fits else found is activations


@pytest.mark.parametrize("choice", ["auto", "cuda"])
def test_float32_is_computed_in_full_on_cuda(choice, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    assert choose_device(choice) == torch.device("cuda")
    assert not torch.backends.cudnn.allow_tf32
