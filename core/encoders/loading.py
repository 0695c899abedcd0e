"""From a name to an encoder on a device: the one place that knows which encoders there are."""

from collections.abc import Callable
from pathlib import Path

import torch

from core.encoders.base import Encoder
from core.encoders.choices import DeviceChoice
from core.errors import InputError


def choose_device(choice: DeviceChoice) -> torch.device:
    """`auto` is cuda, else mps, else cpu; on cuda, float32 is computed in full from now on.

    Raises InputError if the one asked for is not there.
    """
    there: dict[DeviceChoice, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if choice == "auto":
        choice = next(name for name, present in there.items() if present)
    if not there[choice]:
        raise InputError(f"--device {choice} is not available on this machine; use --device auto or cpu.")
    if choice == "cuda":
        torch.backends.cudnn.allow_tf32 = False  # PyTorch's default; float32 convolutions would keep 11 of 24 bits
    return torch.device(choice)


def _lite(cache: Path) -> Encoder:
    from core.encoders.lite.english import Lite

    return Lite(cache)


def _lite_multilingual(cache: Path) -> Encoder:
    from core.encoders.lite.multilingual import LiteMultilingual

    return LiteMultilingual(cache)


#: Name → what builds a built-in encoder, given the folder for what it derives from its weights. Imports are inside
#: because each takes seconds and most commands need one or none. Names also stand in `choices.BUILT_IN`.
LOADERS: dict[str, Callable[[Path], Encoder]] = {"lite": _lite, "lite-multilingual": _lite_multilingual}


def load_encoder(name: str, device: torch.device, cache: Path) -> Encoder:
    """Build the encoder called `name` with its zero-shot weights, in evaluation mode.

    cache: the folder for what the built-in encoders derive from their weights.
    """
    if name in LOADERS:
        return LOADERS[name](cache).eval().to(device)
    from core.encoders.clip.encoder import load_clip

    return load_clip(name).eval().to(device)
