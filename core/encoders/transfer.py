"""Batches on their way to a device. CUDA computes one while the next ones are read and copied.

They are read in threads, pinned, and copied on a stream of their own: one core gathers the 39 MB of 256 images from the
memory map in 10 to 20 ms, which is longer than a GPU needs to encode them with ViT-B/32 in bfloat16.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import torch
from torch import Tensor

#: Batches that are read at the same time; one thread reads 2 to 4 GB/s.
READ_AHEAD = 3

#: Activations and source of a batch; one tensor twice where they are the same.
Batch = tuple[Tensor, Tensor]


def transferred(
    read: Callable[[np.ndarray], Batch], batches: Sequence[np.ndarray], device: torch.device
) -> Iterator[Batch]:
    """Yield `read(rows)` of each of `batches` on `device`, in order. read: rows, int64 [b] → a batch on the CPU."""
    if device.type == "cuda":
        yield from _copied(read, batches, device)
    else:
        for rows in batches:
            yield moved(read(rows), lambda tensor: tensor.to(device))


def moved(batch: Batch, move: Callable[[Tensor], Tensor]) -> Batch:
    """Apply `move` to both tensors of a batch, once if they are one."""
    x, source = batch
    there = move(x)
    return there, there if source is x else move(source)


def _copied(
    read: Callable[[np.ndarray], Batch], batches: Sequence[np.ndarray], device: torch.device
) -> Iterator[Batch]:
    copies, computing = torch.cuda.Stream(device), torch.cuda.current_stream(device)
    for batch in read_ahead(lambda rows: moved(read(rows), Tensor.pin_memory), batches):
        with torch.cuda.stream(copies):
            there = moved(batch, lambda tensor: tensor.to(device, non_blocking=True))
        computing.wait_stream(copies)
        for tensor in there:
            tensor.record_stream(computing)  # its memory is not reused before the stream has read it
        yield there


def read_ahead(read: Callable[[np.ndarray], Batch], batches: Sequence[np.ndarray]) -> Iterator[Batch]:
    """Yield `read(rows)` of each of `batches` in order, READ_AHEAD of them being read by threads meanwhile."""
    remaining = iter(batches)
    with ThreadPoolExecutor(READ_AHEAD) as pool:
        reading = deque(pool.submit(read, rows) for rows in islice(remaining, READ_AHEAD))
        while reading:
            batch = reading.popleft().result()
            reading.extend(pool.submit(read, rows) for rows in islice(remaining, 1))
            yield batch
