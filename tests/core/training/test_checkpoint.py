"""Checkpoint files: exact round trip, and errors for damaged files."""

import numpy as np
import pytest
import torch

from core.errors import InputError
from core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint


@pytest.fixture
def checkpoint() -> Checkpoint:
    sampler = np.random.default_rng(3)
    sampler.permutation(5)
    return Checkpoint(
        epoch=2,
        weights={"clip.a/b": torch.randn(3, 2), "scale": torch.tensor(1.5)},
        best={"clip.a/b": torch.randn(3, 2)},
        optimizer_state={0: {"step": torch.tensor(7.0), "exp_avg": torch.randn(3, 2)}, 11: {"step": torch.tensor(7.0)}},
        rng_state={"cpu": torch.get_rng_state()},
        sampler_state=sampler.bit_generator.state,
        grad_scaler_state={"scale": 1024.0, "_growth_tracker": 7},
    )


def test_it_comes_back_to_the_bit(checkpoint, tmp_path):
    write_checkpoint(tmp_path / "c.safetensors", checkpoint)
    again = read_checkpoint(tmp_path / "c.safetensors")
    assert again.epoch == 2
    assert (again.sampler_state, again.grad_scaler_state) == (checkpoint.sampler_state, checkpoint.grad_scaler_state)
    assert again.sampler_state["state"]["state"] > 2**64, "numpy's numbers are longer than a machine word"
    for part in ("weights", "best", "rng_state"):
        before, after = getattr(checkpoint, part), getattr(again, part)
        assert before.keys() == after.keys()
        assert all(torch.equal(before[name], after[name]) for name in before)
    assert again.optimizer_state.keys() == {0, 11}
    assert torch.equal(again.optimizer_state[0]["exp_avg"], checkpoint.optimizer_state[0]["exp_avg"])
    assert again.optimizer_state[11]["step"].shape == ()


def test_the_previous_file_stays_if_the_next_cannot_be_written(checkpoint, tmp_path, monkeypatch):
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
def test_a_damaged_file_is_named_with_what_to_do(checkpoint, tmp_path, damage):
    file = tmp_path / "c.safetensors"
    write_checkpoint(file, checkpoint)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(InputError, match=r"c\.safetensors is damaged.*Delete"):
        read_checkpoint(file)
