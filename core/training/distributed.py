"""Training as several processes that torchrun started, over a global batch that they share.

Every process holds the whole model, encodes its share of each batch, and sees all embeddings, so that the negatives
and the loss are those of the whole batch. Without torchrun every function here does nothing to what it is given.
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

# While one process encodes a whole collection the others wait; if it dies, torchrun ends them long before.
PATIENCE = timedelta(days=1)


def run_distributed(work: Callable[[], Made]) -> Made:
    """Return `work()`, run together with the other processes that torchrun started; without torchrun, alone.

    A failure goes into the error file of torchrun, which reports the first one; only the main process prints its own.
    """
    if not dist.is_torchelastic_launched():
        return work()
    # Gloo also carries what lies on the CPU beside a training on CUDA: checks, ranks and long waits.
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=PATIENCE)
    if not is_main():  # bars and a page's progress are the main process's
        os.environ[QUIET] = "1"
        os.environ.pop(PROGRESS_FILE, None)
    try:
        return cast("Made", record(work)())
    except Exception as error:
        if dist.group.WORLD is not None:
            dist.group.WORLD.abort()  # else nccl would wait for the others before it let go
        if is_main():
            raise
        sys.exit(2 if isinstance(error, InputError) else 1)
    finally:
        dist.destroy_process_group()


def process_number() -> int:
    """Which of all processes this one is, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def process_count() -> int:
    """How many processes train together; 1 without torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_main() -> bool:
    """True in the one process that measures, writes and prints."""
    return process_number() == 0


def own_device(device: torch.device) -> torch.device:
    """The device of this process where `device` is what all were told: each has an accelerator of its own.

    Raises InputError: more processes than accelerators, or a kind that processes cannot share a training on.
    """
    if not dist.is_initialized() or device.type == "cpu":
        return device
    if device.type != "cuda":
        raise InputError(f"several processes cannot train together on {device.type}; use --device cpu.")
    number, there = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= there:
        raise InputError(
            f"more processes on {platform.node()} than its {there} CUDA devices; "
            f"use torchrun --nproc-per-node {there}, or --device cpu."
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


@contextmanager
def first_on_each_machine() -> Iterator[None]:
    """One process of each machine goes through first, so that the others find in the cache what it made."""
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
    dist.all_reduce(torch.zeros(1))  # on the CPU, so by gloo, which waits without keeping a core or a GPU busy


def on_main_process(make: Callable[[], Made]) -> Made:
    """What `make` returns in the main process, to all; it does not run in the others."""
    if not dist.is_initialized():
        return make()
    made = [make() if is_main() else None]
    dist.broadcast_object_list(made, src=0)
    return made[0]  # type: ignore[return-value]


def check_same(seen: dict[str, str]) -> None:
    """Raise InputError, in all processes, if `seen` (what → its fingerprint) is not the same in all of them."""
    if not dist.is_initialized():
        return
    everyone: list[tuple[str, dict[str, str]]] = [("", {})] * dist.get_world_size()
    dist.all_gather_object(everyone, (platform.node(), seen))
    main_machine, expected = everyone[0]
    for number, (machine, theirs) in enumerate(everyone):
        other = [what for what in expected if theirs[what] != expected[what]]
        if other:
            raise InputError(
                f"process {number} on {machine} has other {' and '.join(other)} than process 0 on {main_machine}; "
                f"give all the same arguments, and the same files in workspace and cache."
            )


def all_gather_with_grad(encode: Callable[[np.ndarray], Tensor], rows: np.ndarray) -> Tensor:
    """`encode(rows)`, embeddings [b, d], each process doing its share of the rows.

    Gradients flow into the own share only and are multiplied by the number of processes, so that
    `average_gradients` makes of them what one process would have had (open_clip's gather_features leaves that out).
    Raises InputError if there are fewer rows than processes.
    """
    if not dist.is_initialized():
        return encode(rows)
    shares = np.array_split(rows, dist.get_world_size())
    if not len(shares[-1]):
        raise InputError(
            f"{len(shares)} processes cannot share a batch of {len(rows)}; start fewer, or use a larger --batch-size."
        )
    own = encode(shares[process_number()])
    own.register_hook(lambda gradient: gradient * len(shares))
    # Collectives want equal shapes, and shares differ by one row at most.
    padded = functional.pad(own.detach(), (0, 0, 0, len(shares[0]) - len(own)))
    gathered = [torch.empty_like(padded) for _ in shares]
    dist.all_gather(gathered, padded)
    parts = [part[: len(share)] for part, share in zip(gathered, shares, strict=True)]
    parts[process_number()] = own
    return torch.cat(parts)


def average_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Replace each gradient by its mean over the processes; after that every one takes the same step."""
    if not dist.is_initialized():
        return
    for parameter in parameters:
        if parameter.grad is not None:
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()
