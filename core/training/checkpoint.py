"""The state of a training after an epoch as one file, from which it goes on as if it had never stopped.

Tensors and a little text in safetensors, so that reading a file from elsewhere cannot run anything.
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

FORMAT = "3"  # counts up when what is written, or the optimiser whose state it is, changes


@dataclass(frozen=True)
class Checkpoint:
    """All that the epochs still to come depend on, beside settings and data.

    epoch: the last full one. weights: the parameters in training, by name; best: those of the best epoch, none without
    early stopping. moments: the optimiser's state, by the parameter's place and its own names. noise: state of torch's
    random numbers by kind of device, uint8. shuffle: state of the generator that orders the pairs, as numpy gives it.
    scaling: of the loss in float16, as torch's GradScaler gives it; empty otherwise.
    """

    epoch: int
    weights: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer_state: dict[int, dict[str, Tensor]]
    noise: dict[str, Tensor]
    shuffle: Mapping[str, Any]
    scaling: Mapping[str, Any]


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it, all of it or nothing: the one before stays until this one is whole."""
    tensors = {f"weights/{name}": tensor for name, tensor in checkpoint.weights.items()}
    tensors |= {f"best/{name}": tensor for name, tensor in checkpoint.best.items()}
    for place, state in checkpoint.optimizer_state.items():
        tensors |= {f"moments/{place}/{name}": tensor for name, tensor in state.items()}
    tensors |= {f"noise/{device}": state for device, state in checkpoint.noise.items()}
    text = {"format": FORMAT, "epoch": str(checkpoint.epoch)}
    text |= {"shuffle": json.dumps(checkpoint.shuffle), "scaling": json.dumps(checkpoint.scaling)}
    write_weights(path, tensors, text)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote. Raises InputError if it is damaged or of another version."""
    parts: dict[str, dict[str, Tensor]] = {"weights": {}, "best": {}, "moments": {}, "noise": {}}
    try:
        with safe_open(path, "pt") as file:
            text = file.metadata() or {}
            if text["format"] != FORMAT:
                raise ValueError(f"format {text['format']}, expected {FORMAT}")
            for key in file.keys():  # noqa: SIM118 (no mapping: it has nothing but keys())
                part, _, name = key.partition("/")
                parts[part][name] = file.get_tensor(key)
        optimizer_state: dict[int, dict[str, Tensor]] = {}
        for key, tensor in parts["moments"].items():
            place, _, name = key.partition("/")
            optimizer_state.setdefault(int(place), {})[name] = tensor
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
            f"the checkpoint {path} is damaged or of another version of Rematch ({reason}). Delete that file to begin "
            f"again with the first epoch, or discard the training."
        ) from None
