"""Transfer of batches to a device. CUDA computes a batch while the next ones are read and copied.

Threads read and pin the batches, and a separate stream copies them: one core gathers the 39 MB of 256 images from the
memory map in 10 to 20 ms, longer than a GPU needs to encode them with ViT-B/32 in bfloat16.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import torch
from torch import Tensor

#: Batches that threads read at the same time; one thread reads 2 to 4 GB/s.
READ_AHEAD = 3

#: Activations and source of a batch; the same tensor twice if they are equal.
Batch = tuple[Tensor, Tensor]


def transfer(
    read: Callable[[np.ndarray], Batch], batches: Sequence[np.ndarray], device: torch.device
) -> Iterator[Batch]:
    """Yield `read(rows)` of each of `batches` on `device`, in order. read: rows, int64 [b] → a batch on the CPU."""
    if device.type == "cuda":
        yield from _copied(read, batches, device)
    else:
        for rows in batches:
            yield move_batch(read(rows), lambda tensor: tensor.to(device))


def move_batch(batch: Batch, move: Callable[[Tensor], Tensor]) -> Batch:
    """Apply `move` to both tensors of a batch, or once if they are the same tensor."""
    x, source = batch
    moved = move(x)
    return moved, moved if source is x else move(source)


def _copied(
    read: Callable[[np.ndarray], Batch], batches: Sequence[np.ndarray], device: torch.device
) -> Iterator[Batch]:
    copies, computing = torch.cuda.Stream(device), torch.cuda.current_stream(device)
    for batch in read_ahead(lambda rows: move_batch(read(rows), Tensor.pin_memory), batches):
        with torch.cuda.stream(copies):
            copied = move_batch(batch, lambda tensor: tensor.to(device, non_blocking=True))
        computing.wait_stream(copies)
        for tensor in copied:
            tensor.record_stream(computing)  # its memory is not reused before the stream has read it
        yield copied


def read_ahead(read: Callable[[np.ndarray], Batch], batches: Sequence[np.ndarray]) -> Iterator[Batch]:
    """Yield `read(rows)` of each of `batches` in order, while threads read the next READ_AHEAD ones."""
    remaining = iter(batches)
    with ThreadPoolExecutor(READ_AHEAD) as pool:
        reading = deque(pool.submit(read, rows) for rows in islice(remaining, READ_AHEAD))
        while reading:
            batch = reading.popleft().result()
            reading.extend(pool.submit(read, rows) for rows in islice(remaining, 1))
            yield batch
