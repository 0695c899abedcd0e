"""Weights files from other tools are read as tensors only, never as code."""

import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from core.encoders.weights import load_into, read_weights, weights_fingerprint, write_weights
from core.errors import InputError

WEIGHTS = {"linear.weight": torch.arange(6.0).view(2, 3), "linear.bias": torch.ones(2)}


class Payload:
    """An object that creates a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.mark,))


def same(first: dict, second: dict) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".safetensors"])
def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path, suffix):
    mark, file = tmp_path / "ran", tmp_path / f"evil{suffix}"
    file.write_bytes(pickle.dumps({"state_dict": Payload(mark)}))
    with pytest.raises(InputError, match=file.name):
        read_weights(file)
    assert not mark.exists()
    pickle.loads(file.read_bytes())
    assert mark.exists(), "the payload would have run"


def test_a_payload_inside_a_torch_file_does_not_run_either(tmp_path):
    mark, file = tmp_path / "ran", tmp_path / "evil.pt"
    torch.save(WEIGHTS | {"extra": Payload(mark)}, file)
    with pytest.raises(InputError, match=r"evil\.pt.*getattr"):
        read_weights(file)
    assert not mark.exists()


@pytest.mark.parametrize("keep", [0, 4, 20, -1])
def test_a_truncated_safetensors_file_is_refused(tmp_path, keep):
    file = tmp_path / "weights.safetensors"
    save_file(WEIGHTS, file)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"weights\.safetensors.*readable"):
        read_weights(file)


def test_a_truncated_torch_file_is_refused(tmp_path):
    file = tmp_path / "weights.pt"
    torch.save(WEIGHTS, file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged"):
        read_weights(file)


@pytest.mark.parametrize("content", [[1, 2], {"a": 1}, {"state_dict": [1]}, torch.ones(2)])
def test_a_file_without_a_state_dict_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "odd.pt")
    with pytest.raises(InputError, match=r"odd\.pt.*state_dict"):
        read_weights(tmp_path / "odd.pt")


def test_both_formats_give_the_same_tensors(tmp_path):
    save_file(WEIGHTS, tmp_path / "w.safetensors")
    torch.save(WEIGHTS, tmp_path / "w.pt")
    assert same(read_weights(tmp_path / "w.safetensors"), WEIGHTS)
    assert same(read_weights(tmp_path / "w.pt"), WEIGHTS)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_a_training_checkpoint_gives_the_models_own_names(tmp_path, prefix):
    inside = {prefix + key: tensor for key, tensor in WEIGHTS.items()}
    torch.save({"epoch": 3, "name": "run", "state_dict": inside}, tmp_path / "epoch_3.pt")
    assert same(read_weights(tmp_path / "epoch_3.pt"), WEIGHTS)


def test_a_prefix_that_only_some_names_have_is_part_of_them(tmp_path):
    mixed = {"module.weight": torch.ones(1), "bias": torch.ones(1)}
    torch.save(mixed, tmp_path / "w.pt")
    assert same(read_weights(tmp_path / "w.pt"), mixed)


def test_safetensors_lose_the_prefix_too(tmp_path):
    save_file({f"module.{key}": tensor for key, tensor in WEIGHTS.items()}, tmp_path / "w.safetensors")
    assert same(read_weights(tmp_path / "w.safetensors"), WEIGHTS)


def test_written_weights_are_read_back_to_the_bit(tmp_path):
    weights = {"half": torch.randn(3, 4).half(), "turned": torch.randn(3, 4).T, "count": torch.tensor(7)}
    write_weights(tmp_path / "deep" / "w.safetensors", weights, {"encoder": "tiny"})
    read = read_weights(tmp_path / "deep" / "w.safetensors")
    assert same(read, weights)
    assert read["half"].dtype == torch.float16
    with safe_open(tmp_path / "deep" / "w.safetensors", "pt") as file:
        assert file.metadata() == {"encoder": "tiny"}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["w.safetensors"]


def test_weights_that_do_not_fit_are_named_and_leave_the_model_as_it_was():
    model = nn.ModuleDict({"linear": nn.Linear(3, 2)})
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    with pytest.raises(InputError) as error:
        load_into(model, {"linear.weight": torch.zeros(3, 2), "head": torch.zeros(1)}, "the model")
    for problem in ("do not fit the model", "missing linear.bias", "unknown head", "(3, 2), expected (2, 3)"):
        assert problem in str(error.value)
    assert same(dict(model.state_dict()), before)
    load_into(model, WEIGHTS, "the model")
    assert same(dict(model.state_dict()), WEIGHTS)


def test_the_fingerprint_is_of_names_types_shapes_and_values():
    first = weights_fingerprint(WEIGHTS)
    assert first == weights_fingerprint(dict(reversed(WEIGHTS.items())))
    others = [
        {"linear.weight": WEIGHTS["linear.weight"]},
        WEIGHTS | {"linear.bias": torch.tensor([1.0, 2.0])},
        WEIGHTS | {"linear.bias": torch.ones(2).double()},
        {"linear.weight": WEIGHTS["linear.weight"], "bias": WEIGHTS["linear.bias"]},
        WEIGHTS | {"linear.weight": WEIGHTS["linear.weight"].view(3, 2)},
        WEIGHTS | {"empty": torch.zeros(0)},
    ]
    prints = [first, *map(weights_fingerprint, others)]
    assert len(set(prints)) == len(prints)
