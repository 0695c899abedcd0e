"""Distributed training: processes started by torchrun share a global batch.

Every process holds the whole model, encodes its share of each batch, and gathers all embeddings, so that negatives and
loss are those of the whole batch. Without torchrun all functions work as in a single process.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar, cast

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.elastic.multiprocessing.errors import record
from torch.nn import functional

from core.errors import InputError
from core.progress import PROGRESS_FILE, QUIET

Made = TypeVar("Made")

# While one process encodes a whole collection the others wait; if it dies, torchrun ends them much earlier.
PATIENCE = timedelta(days=1)


def run_distributed(work: Callable[[], Made]) -> Made:
    """Run `work` in the process group that torchrun started, if any, and return its result.

    A failure goes into torchrun's error file, which reports the first one; only the main process prints its failure.
    """
    if not dist.is_torchelastic_launched():
        return work()
    # In a training on CUDA, gloo transfers CPU data: checks, ranks and long waits.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
    if not is_main():  # only the main process shows progress
        os.environ[QUIET] = "1"
        os.environ.pop(PROGRESS_FILE, None)
    try:
        return cast("Made", record(work)())
    except Exception as error:
        if dist.group.WORLD is not None:
            dist.group.WORLD.abort()  # else nccl would wait for the others
        if is_main():
            raise
        sys.exit(2 if isinstance(error, InputError) else 1)
    finally:
        dist.destroy_process_group()


def process_number() -> int:
    """Return the number (torch's rank) of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def process_count() -> int:
    """Return the number of processes that train together; 1 without torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_main() -> bool:
    """Return whether this is the main process, which measures, writes and prints."""
    return process_number() == 0


def own_device(device: torch.device) -> torch.device:
    """Return the device of this process if `device` is chosen for all: each process has its own accelerator.

    Raises InputError: more processes than accelerators, or a kind of device without distributed training.
    """
    if not dist.is_initialized() or device.type == "cpu":
        return device
    if device.type != "cuda":
        raise InputError(f"several processes cannot train together on {device.type}. Use --device cpu.")
    number, available = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= available:
        raise InputError(
            f"torchrun started more processes on {platform.node()} than its {available} CUDA devices. "
            f"Use torchrun --nproc-per-node {available}, or --device cpu."
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


@contextmanager
def first_on_each_machine() -> Iterator[None]:
    """Let one process of each machine run the block first, so that the others find its results in the cache."""
    if not dist.is_initialized():
        yield
        return
    first = os.environ["LOCAL_RANK"] == "0"
    if not first:
        _wait_for_all()
    yield
    if first:
        _wait_for_all()


def _wait_for_all() -> None:
    dist.all_reduce(torch.zeros(1))  # on the CPU, by gloo, which waits without using a core or a GPU


def on_main_process(make: Callable[[], Made]) -> Made:
    """Run `make` in the main process only and return its result in all processes."""
    if not dist.is_initialized():
        return make()
    result = [make() if is_main() else None]
    dist.broadcast_object_list(result, src=0)
    return result[0]  # type: ignore[return-value]


def check_same(seen: dict[str, str]) -> None:
    """Raise InputError in all processes if `seen` (name → fingerprint) differs between them."""
    if not dist.is_initialized():
        return
    everyone: list[tuple[str, dict[str, str]]] = [("", {})] * dist.get_world_size()
    dist.all_gather_object(everyone, (platform.node(), seen))
    main_machine, expected = everyone[0]
    for number, (machine, theirs) in enumerate(everyone):
        different = [name for name in expected if theirs[name] != expected[name]]
        if different:
            raise InputError(
                f"process {number} on {machine} has different {' and '.join(different)} than process 0 on "
                f"{main_machine}. Start all processes with the same arguments, and with the same files in workspace "
                f"and cache."
            )


def all_gather_with_grad(encode: Callable[[np.ndarray], Tensor], rows: np.ndarray) -> Tensor:
    """Return `encode(rows)`, embeddings [b, d], of which each process computes its share.

    Gradients flow only into this process's share and are multiplied by the number of processes, so that
    `average_gradients` gives the gradients of a single process (open_clip's gather_features omits this factor).
    Raises InputError if there are fewer rows than processes.
    """
    if not dist.is_initialized():
        return encode(rows)
    shares = np.array_split(rows, dist.get_world_size())
    if not len(shares[-1]):
        raise InputError(
            f"{len(shares)} processes cannot share a batch of {len(rows)} pairs. Start fewer processes, or use a "
            f"larger --batch-size."
        )
    embeddings = encode(shares[process_number()])
    embeddings.register_hook(lambda gradient: gradient * len(shares))
    # Collectives need equal shapes, and shares differ by one row at most.
    padded = functional.pad(embeddings.detach(), (0, 0, 0, len(shares[0]) - len(embeddings)))
    gathered = [torch.empty_like(padded) for _ in shares]
    dist.all_gather(gathered, padded)
    parts = [part[: len(share)] for part, share in zip(gathered, shares, strict=True)]
    parts[process_number()] = embeddings
    return torch.cat(parts)


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the processes, so that all take the same step."""
    if not dist.is_initialized():
        return
    for parameter in parameters:
        if parameter.grad is not None:
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()
