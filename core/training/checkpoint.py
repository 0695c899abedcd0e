"""Checkpoint files: the state of a training after an epoch, from which it resumes with identical results.

Tensors and a little text in safetensors, so that reading an untrusted file cannot execute code.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from core.encoders.weights import write_weights
from core.errors import InputError

FORMAT = "3"  # increase when the contents, or the optimiser, change


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the remaining epochs depend on, except settings and data.

    epoch: the last complete one. weights: the trained parameters by name. best: those of the best epoch, empty without
    early stopping. optimizer_state: parameter index → AdamW's state. rng_state: kind of device → state of torch's
    generator, uint8. sampler_state: state of the numpy generator that orders the pairs. grad_scaler_state: of torch's
    GradScaler for float16; empty otherwise.
    """

    epoch: int
    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer_state: dict[int, dict[str, Tensor]]
    rng_state: dict[str, Tensor]
    sampler_state: Mapping[str, Any]
    grad_scaler_state: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint atomically: the previous file stays until the new one is complete."""
    tensors = {f"weights/{name}": tensor for name, tensor in checkpoint.weights.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in checkpoint.best.items()}
    for index, state in checkpoint.optimizer_state.items():
        tensors |= {f"moments/{index}/{name}": tensor for name, tensor in state.items()}
    tensors |= {f"noise/{device}": state for device, state in checkpoint.rng_state.items()}
    text = {"format": FORMAT, "epoch": str(checkpoint.epoch)}
    text |= {"shuffle": json.dumps(checkpoint.sampler_state), "scaling": json.dumps(checkpoint.grad_scaler_state)}
    write_weights(path, tensors, text)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint. Raises InputError if the file is damaged or has a different format version."""
    parts: dict[str, dict[str, Tensor]] = {"weights": {}, "best": {}, "moments": {}, "noise": {}}
    try:
        with safe_open(path, "pt") as file:
            text = file.metadata() or {}
            if text["format"] != FORMAT:
                raise ValueError(f"format {text['format']}, expected {FORMAT}")
            for key in file.keys():  # noqa: SIM118 (not a mapping: it has only keys())
                part, _, name = key.partition("/")
                parts[part][name] = file.get_tensor(key)
        optimizer_state: dict[int, dict[str, Tensor]] = {}
        for key, tensor in parts["moments"].items():
            index, _, name = key.partition("/")
            optimizer_state.setdefault(int(index), {})[name] = tensor
        return Checkpoint(
            int(text["epoch"]),
            parts["weights"],
            parts["best"],
            optimizer_state,
            parts["noise"],
            json.loads(text["shuffle"]),
            json.loads(text["scaling"]),
        )
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"the checkpoint {path} is damaged or has the format of another version of Rematch ({reason}). Delete the "
            f"file to start again with the first epoch, or discard the training."
        ) from None
