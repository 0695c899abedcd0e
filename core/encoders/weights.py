"""Weights files: safetensors, or PyTorch files read with ``weights_only=True`` and no fall-back."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from packaging.version import Version
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, load_file, save, save_file
from torch import Tensor, nn

from core.errors import InputError, shortened
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.disk_errors import as_os_error
from core.storage.files import atomic_write, fingerprint
from core.storage.weight_checks import check_header, check_pickle, check_tensors

# Older versions can be made to corrupt memory even with weights_only (CVE-2026-24747).
_SAFE_TORCH_LOAD = Version("2.10.0")
#: Keys under which trainers store a state dict, and prefixes of its names.
_WRAPPERS = ("state_dict", "model_state_dict", "model")
_PREFIXES = ("module.", "_orig_mod.", "model.")
#: Entries of OpenAI's state dicts that are not weights.
_SIZES = ("input_resolution", "context_length", "vocab_size")


@dataclass(frozen=True)
class WeightsFile:
    """Contents of a checkpoint.

    tensors: name → weights, on the CPU. metadata: of safetensors. entries: names that are not weights.
    """

    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    entries: set[str]


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a checkpoint's weights; formats and errors as in `read_weights_file`."""
    return read_weights_file(path).tensors


def read_weights_file(path: Path) -> WeightsFile:
    """Read a checkpoint.

    Accepts state dicts, training checkpoints that hold one (open_clip's ``epoch_K.pt``, Lightning's), and the prefixes
    of distributed and compiled training. Raises InputError: an unreadable file, anything but tensors in it, or tensors
    that cannot be weights (`core.storage.weight_checks`).
    """
    if path.suffix == ".safetensors":
        tensors, metadata = _read_safetensors(path)
    else:
        tensors, metadata = _read_torch(path), {}
    check_tensors(tensors, path)
    tensors = _without_prefixes(tensors)
    sizes = {name for name in _SIZES if name in tensors and tensors[name].ndim == 0}
    return WeightsFile({key: tensor for key, tensor in tensors.items() if key not in sizes}, metadata, sizes)


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        check_header(path)
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        return load_file(path), metadata
    except InputError:
        raise
    except Exception as error:  # safetensors' errors, and torch's for shapes that overflow
        raise InputError(
            f"{path} is not a readable safetensors file: {shortened(str(error))}. Download or save it again."
        ) from None


def _read_torch(path: Path) -> dict[str, Tensor]:
    if Version(torch.__version__).release < _SAFE_TORCH_LOAD.release:
        raise InputError(
            f"{path} cannot be read safely with PyTorch {torch.__version__}. Install PyTorch 2.10 or newer, or convert "
            f"the file to safetensors."
        )
    try:
        check_pickle(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    except Exception as error:  # torch raises a dozen kinds here; none may lead to a less strict loader
        raise InputError(
            f"{path} was not loaded: it holds more than weights or is damaged ({type(error).__name__}). "
            f"Save its state_dict as safetensors on the machine where it was made."
        ) from None
    weights = loaded
    if isinstance(loaded, dict):
        weights = next((loaded[key] for key in _WRAPPERS if isinstance(loaded.get(key), dict)), loaded)
    if not isinstance(weights, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in weights.items()
    ):
        raise InputError(f"{path} holds no state_dict (names with tensors). Save the model's state_dict in it.")
    return weights


def _without_prefixes(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Remove the prefixes that training wrappers add to every name, in any order and number."""
    while prefix := next((known for known in _PREFIXES if weights and all(k.startswith(known) for k in weights)), None):
        weights = {key.removeprefix(prefix): value for key, value in weights.items()}
    return weights


def write_weights(path: Path, weights: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write tensors as safetensors, atomically."""
    on_cpu = {key: tensor.detach().cpu().contiguous() for key, tensor in weights.items()}
    with atomic_write(path) as temporary:
        try:
            save_file(on_cpu, temporary, metadata=dict(metadata))
        except SafetensorError as error:
            raise as_os_error(error) from None


def save_cached_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors to the cache with a checksum."""
    write_checksummed(path, save({key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}))


def load_cached_tensors(path: Path) -> dict[str, Tensor] | None:
    """Read tensors from the cache; None if the file is missing or damaged, so that it must be built again."""
    data = read_checksummed(path)
    return None if data is None else load(data)


def load_into(model: nn.Module, weights: Mapping[str, Tensor], what: str) -> None:
    """Copy `weights` into `model`.

    Raises InputError naming keys that are missing, unknown, of another shape, or integers instead of floats.
    """
    state = model.state_dict()
    problems = [f"missing {key}" for key in state if key not in weights]
    problems += [f"unknown {key}" for key in weights if key not in state]
    problems += [
        f"{key} is {tuple(weights[key].shape)}, expected {tuple(state[key].shape)}"
        for key in state
        if key in weights and weights[key].shape != state[key].shape
    ]
    problems += [
        f"{key} holds {weights[key].dtype}, expected {state[key].dtype}"
        for key in state
        if key in weights and weights[key].is_floating_point() != state[key].is_floating_point()
    ]
    if problems:
        shown = "; ".join(map(shortened, problems[:5])) + (
            f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        )
        raise InputError(f"the weights do not fit {what}: {shown}. Use weights of this model, or name their model.")
    model.load_state_dict(dict(weights))


def weights_fingerprint(weights: Mapping[str, Tensor]) -> str:
    """Hash names, types, shapes and values to 20 hex digits."""
    return fingerprint(
        [[key, str(tensor.dtype), list(tensor.shape), _bytes_of(tensor)] for key, tensor in sorted(weights.items())]
    )


def _bytes_of(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy()
