"""What a weights file from outside must be before it is loaded, and its tensors after.

Safe loaders stop code, not waste: a pickle of 40 bytes can ask for gigabytes, a header can list a million tensors, and
a tensor can repeat one number a petabyte long. Each is told apart without making room for it.
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
MAX_PICKLE = 2**21  # bytes, without the numbers; optimizer states are in it, too
_LEGACY_PICKLES = 5  # of a file from before PyTorch 1.6: magic number, version, system, object, keys of its storages
#: What `torch.save` needs to describe tensors in a dict; what it allows beyond that a checkpoint has no use for.
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
    """Raise InputError if a safetensors file claims a header that no model needs."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > MAX_HEADER:
        raise InputError(
            f"{path} is no readable safetensors file: its header claims {length:,} bytes, at most {MAX_HEADER:,} are "
            "read."
        )


def check_pickle(path: Path) -> None:
    """Raise InputError unless the pickle in a PyTorch file describes tensors and nothing else.

    It is read, not run. Raises whatever zipfile, pickletools and `Nesting` raise for a damaged file.
    """
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            for _ in range(_LEGACY_PICKLES):
                _check_operations(file, path)
        return
    with zipfile.ZipFile(path) as archive:
        if any(name.endswith("/constants.pkl") or "/code/" in name for name in archive.namelist()):
            raise InputError(
                f"{path} is a TorchScript archive, the form of OpenAI's own .pt files: it holds code beside weights, "
                "so it is not loaded. OpenAI's weights come with --encoder ViT-B-32:openai. For any other archive, run "
                'safetensors.torch.save_file(torch.jit.load(FILE).state_dict(), "NEW.safetensors") where you trust it.'
            )
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise InputError(f"{path} is compressed, as torch.save never writes it; save its state_dict anew.")
        (name,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(name) as packed:
            _check_operations(packed, path)


def check_pretrained(folder: Path) -> None:
    """Check the pickle in a model folder of transformers, if its weights are nowhere else.

    Raises what `check_pickle` raises.
    """
    weights = folder / "pytorch_model.bin"
    if weights.is_file() and not any(folder.glob("*.safetensors")):
        check_pickle(weights)


def _check_operations(file: IO[bytes], path: Path) -> None:
    start, nesting = file.tell(), Nesting()
    for operation, argument, _ in pickletools.genops(file):
        if file.tell() - start > MAX_PICKLE:
            raise InputError(f"{path}: its pickle is longer than {MAX_PICKLE:,} bytes, as no model's is.")
        needed = str(argument) if operation.name == "GLOBAL" else ""
        module, _, name = needed.partition(" ")
        plain = module in _MODULES and (name.endswith("Storage") or isinstance(getattr(torch, name, None), torch.dtype))
        if operation.name in _INDIRECT or (needed and needed not in _GLOBALS and not plain):
            what = shortened(needed.replace(" ", ".")) or operation.name
            raise InputError(
                f"{path} holds more than weights ({what}) and is not loaded. Save its state_dict as safetensors where "
                "it was made."
            )
        nesting.follow(operation, argument)


def check_tensors(weights: Mapping[str, Tensor], path: Path) -> None:
    """Raise InputError unless each is an ordinary tensor with all its numbers there, none of them NaN or infinite."""
    for name, tensor in weights.items():
        problem = _problem(tensor)
        if problem is not None:
            raise InputError(f"{path}: {shortened(str(name))} {problem}; it is not loaded.")


def _problem(tensor: Tensor) -> str | None:
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or tensor.dtype not in _TYPES:
        return f"is a tensor of {tensor.dtype} ({tensor.layout}, {tensor.device.type}), not of numbers on the CPU"
    if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        return f"claims the shape {shortened(str(tuple(tensor.shape)))} for fewer numbers"
    if tensor.numel() == 0 or not tensor.is_floating_point():
        return None
    # The extremes of a tensor with NaN are NaN; they take no memory, where isfinite() takes three times the tensor's.
    return None if all(extreme.isfinite() for extreme in tensor.aminmax()) else "holds values that are not finite"
