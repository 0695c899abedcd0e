"""Checks of an untrusted weights file before it is loaded, and of its tensors afterwards.

Safe loaders prevent code execution, not resource exhaustion: a pickle of 40 bytes can request gigabytes, a header can
list a million tensors, and a tensor can repeat one number a petabyte long. Each is detected without allocating it.
"""

import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import torch
from torch import Tensor

from core.errors import InputError, shortened
from core.storage.pickle_nesting import Nesting

MAX_HEADER = 2**20  # bytes; the 1,500 tensors of the largest open_clip model take a tenth of it
MAX_PICKLE = 2**21  # bytes, without the numbers but with optimizer states
_LEGACY_PICKLES = 5  # of a file from before PyTorch 1.6: magic number, version, system, object, keys of its storages
#: Names that `torch.save` needs to describe tensors in a dict; a checkpoint needs no others.
_MODULES = {"torch", "torch.storage"}  # types of numbers and of storages
_GLOBALS = {
    "collections OrderedDict", "collections defaultdict", "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_tensor", "torch._utils _rebuild_parameter",
}  # fmt: skip
_INDIRECT = {"STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4"}  # never written by torch.save
_TYPES = {
    torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
    torch.uint8, torch.bool,
}  # fmt: skip


def check_header(path: Path) -> None:
    """Raise InputError if the header of a safetensors file is larger than any model needs."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > MAX_HEADER:
        raise InputError(
            f"{path} is not a readable safetensors file: its header states a size of {length:,} bytes; the limit is "
            f"{MAX_HEADER:,}."
        )


def check_pickle(path: Path) -> None:
    """Raise InputError unless the pickle in a PyTorch file describes tensors and nothing else.

    The pickle is read, not executed. Raises the errors of zipfile, pickletools and `Nesting` for a damaged file.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            for _ in range(_LEGACY_PICKLES):
                _check_operations(file, path)
        return
    with zipfile.ZipFile(path) as archive:
        if any(name.endswith("/constants.pkl") or "/code/" in name for name in archive.namelist()):
            raise InputError(
                f"{path} is a TorchScript archive, like OpenAI's own .pt files: it contains code as well as weights, "
                "so it is not loaded. For OpenAI's weights use --encoder ViT-B-32:openai. For another archive that you "
                "trust, run "
                'safetensors.torch.save_file(torch.jit.load(FILE).state_dict(), "NEW.safetensors").'
            )
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise InputError(
                f"{path} is compressed, so torch.save did not write it; it is not loaded. Save its state_dict again."
            )
        (name,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(name) as packed:
            _check_operations(packed, path)


def check_pretrained(folder: Path) -> None:
    """Check the pickle in a model folder of transformers, if the weights are stored only there.

    Raises the errors of `check_pickle`.
    """
    weights = folder / "pytorch_model.bin"
    if weights.is_file() and not any(folder.glob("*.safetensors")):
        check_pickle(weights)


def _check_operations(file: IO[bytes], path: Path) -> None:
    start, nesting = file.tell(), Nesting()
    for operation, argument, _ in pickletools.genops(file):
        if file.tell() - start > MAX_PICKLE:
            raise InputError(
                f"{path}: its pickle is longer than {MAX_PICKLE:,} bytes, more than any model needs; it is not loaded."
            )
        needed = str(argument) if operation.name == "GLOBAL" else ""
        module, _, name = needed.partition(" ")
        plain = module in _MODULES and (name.endswith("Storage") or isinstance(getattr(torch, name, None), torch.dtype))
        if operation.name in _INDIRECT or (needed and needed not in _GLOBALS and not plain):
            what = shortened(needed.replace(" ", ".")) or operation.name
            raise InputError(
                f"{path} contains more than weights ({what}), so it is not loaded. Save its state_dict as safetensors "
                "on the machine where it was made."
            )
        nesting.follow(operation, argument)


def check_tensors(weights: Mapping[str, Tensor], path: Path) -> None:
    """Raise InputError unless each is an ordinary tensor with complete storage and only finite values."""
    for name, tensor in weights.items():
        problem = _problem(tensor)
        if problem is not None:
            raise InputError(f"{path}: {shortened(str(name))} {problem}; it is not loaded.")


def _problem(tensor: Tensor) -> str | None:
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.dtype not in _TYPES:
        return f"is a tensor of {tensor.dtype} ({tensor.layout}, {tensor.device.type}); expected numbers on the CPU"
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        return f"states the shape {shortened(str(tuple(tensor.shape)))} but stores fewer numbers"
    if tensor.numel() == 0 or not tensor.is_floating_point():
        return None
    # The extremes of a tensor with NaN are NaN. They need no memory; isfinite() needs three times the tensor's.
    return None if all(extreme.isfinite() for extreme in tensor.aminmax()) else "contains values that are not finite"
