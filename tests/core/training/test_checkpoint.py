"""A training's state on disk: what goes in comes out, and what is damaged is said."""

import numpy as np
import pytest
import torch

from core.errors import InputError
from core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint


@pytest.fixture
def checkpoint() -> Checkpoint:
    shuffle = np.random.default_rng(3)
    shuffle.permutation(5)
    return Checkpoint(
        epoch=2,
        weights={"clip.a/b": torch.randn(3, 2), "scale": torch.tensor(1.5)},
        best={"clip.a/b": torch.randn(3, 2)},
        optimizer_state={0: {"step": torch.tensor(7.0), "exp_avg": torch.randn(3, 2)}, 11: {"step": torch.tensor(7.0)}},
        noise={"cpu": torch.get_rng_state()},
        shuffle=shuffle.bit_generator.state,
        scaling={"scale": 1024.0, "_growth_tracker": 7},
    )


def test_it_comes_back_to_the_bit(checkpoint, tmp_path):
    write_checkpoint(tmp_path / "c.safetensors", checkpoint)
    again = read_checkpoint(tmp_path / "c.safetensors")
    assert (again.epoch, again.shuffle, again.scaling) == (2, checkpoint.shuffle, checkpoint.scaling)
    assert again.shuffle["state"]["state"] > 2**64, "numpy's numbers are longer than a machine word"
    for part in ("weights", "best", "noise"):
        before, after = getattr(checkpoint, part), getattr(again, part)
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)
    assert again.optimizer_state.keys() == {0, 11}
    assert torch.equal(again.optimizer_state[0]["exp_avg"], checkpoint.optimizer_state[0]["exp_avg"])
    assert again.optimizer_state[11]["step"].shape == ()


def test_the_last_one_stays_if_the_next_cannot_be_written(checkpoint, tmp_path, monkeypatch):
    file = tmp_path / "c.safetensors"
    write_checkpoint(file, checkpoint)
    before = file.read_bytes()

    def run_out_of_disk(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("core.encoders.weights.save_file", run_out_of_disk)
    with pytest.raises(OSError, match="no space"):
        write_checkpoint(file, checkpoint)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-5], lambda data: b"", lambda data: data.replace(b'"3"', b'"9"')]
)
def test_a_damaged_one_is_named_with_a_way_out(checkpoint, tmp_path, damage):
    file = tmp_path / "c.safetensors"
    write_checkpoint(file, checkpoint)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(InputError, match=r"c\.safetensors is damaged or of another version.*Delete that file"):
        read_checkpoint(file)
