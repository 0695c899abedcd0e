"""Load an encoder by name onto a device. The only module that knows all encoders."""

from collections.abc import Callable
from pathlib import Path

import torch

from core.encoders.base import Encoder
from core.encoders.choices import DeviceChoice
from core.errors import InputError


def choose_device(choice: DeviceChoice) -> torch.device:
    """Return the device for `choice`; `auto` prefers cuda, then mps, then cpu.

    On cuda, switches TF32 convolutions off for the whole process. Raises InputError if the device is not available.
    """
    available: dict[DeviceChoice, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if choice == "auto":
        choice = next(name for name, present in available.items() if present)
    if not available[choice]:
        raise InputError(f"--device {choice} is not available on this machine. Use --device auto or --device cpu.")
    if choice == "cuda":
        torch.backends.cudnn.allow_tf32 = False  # PyTorch's default rounds float32 to 11 bits
    return torch.device(choice)


def _lite(cache: Path) -> Encoder:
    from core.encoders.lite.english import Lite

    return Lite(cache)


def _lite_multilingual(cache: Path) -> Encoder:
    from core.encoders.lite.multilingual import LiteMultilingual

    return LiteMultilingual(cache)


#: Name → function that builds a built-in encoder, given the cache folder for its class embeddings. Imports are inside
#: because each takes seconds and most commands need one or none. `choices.BUILT_IN` lists the same names.
LOADERS: dict[str, Callable[[Path], Encoder]] = {"lite": _lite, "lite-multilingual": _lite_multilingual}


def load_encoder(name: str, device: torch.device, cache: Path) -> Encoder:
    """Load the encoder called `name` with its zero-shot weights, in evaluation mode.

    cache: folder in which the built-in encoders store their class embeddings.
    """
    if name in LOADERS:
        return LOADERS[name](cache).eval().to(device)
    from core.encoders.clip.encoder import load_clip

    return load_clip(name).eval().to(device)
