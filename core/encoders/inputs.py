"""Inputs of the towers, prepared once: images as resized and cropped bytes, texts as token ids.

The cache holds one memory map for each (inputs, preprocessing), bit-identical to the encoder's own transform.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
from torch import Tensor

from core.data.images.decoding import ImageError, open_image
from core.encoders.base import Encoder
from core.progress import progress_reporter
from core.storage.cache import checksummed_write, read_checksummed_array
from core.storage.files import fingerprint

FORMAT = 1  # increase when the stored values change for the same key
_TOKENIZED_AT_ONCE = 1024

#: Yields (rows, values): values for these rows of the whole array, in any order.
Parts = Callable[[], Iterator[tuple[np.ndarray, Tensor]]]


def pixels_of(encoder: Encoder, files: Sequence[Path], hashes: Sequence[str], cache: Path) -> np.ndarray:
    """Return preprocessed images, uint8 [N, 3, H, W], memory-mapped from the cache.

    hashes: of the files' contents. Raises ImageError naming a file that cannot be read any more.
    """

    def load(path: Path) -> Tensor:
        try:
            return encoder.preprocess(open_image(path))
        except ImageError as error:
            raise ImageError(
                f"{path}: {error}. It was readable at import. Restore the file or import the domain again."
            ) from None

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        # Pillow releases Python's lock while it decodes and resizes, so threads are enough.
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for row, pixels in enumerate(_in_order(pool, load, files)):
                yield np.array([row]), pixels[None]

    readers = [encoder.preprocessing, PIL.__version__, torchvision.__version__]
    key = fingerprint(FORMAT, "pixels", readers, list(hashes))
    return cached_array(cache / "inputs" / f"pixels-{key}.npy", len(files), parts, "Reading images")


def tokens_of(encoder: Encoder, texts: Sequence[str], cache: Path) -> np.ndarray:
    """Return tokenized texts, [N, context], memory-mapped from the cache."""

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        for start in range(0, len(texts), _TOKENIZED_AT_ONCE):
            part = texts[start : start + _TOKENIZED_AT_ONCE]
            yield np.arange(start, start + len(part)), encoder.tokenize(part)

    key = fingerprint(FORMAT, "tokens", encoder.tokenization, list(texts))
    return cached_array(cache / "inputs" / f"tokens-{key}.npy", len(texts), parts, "Reading texts")


def _in_order(pool: ThreadPoolExecutor, load: Callable[[Path], Tensor], files: Sequence[Path]) -> Iterator[Tensor]:
    """Load files in order, at most 64 ahead, so that a million images are never in memory together."""
    remaining = iter(files)
    ahead = [pool.submit(load, path) for path in islice(remaining, 64)]
    while ahead:
        yield ahead.pop(0).result()
        ahead.extend(pool.submit(load, path) for path in islice(remaining, 1))


def _new_map(file: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.memmap:
    """Create a memory-mapped file of zeros with all its disk space allocated; OSError if the disk is full.

    Otherwise the system would allocate page by page, and a full disk would end the process (SIGBUS).
    """
    out = np.lib.format.open_memmap(file, "w+", dtype=dtype, shape=shape)
    if hasattr(os, "posix_fallocate"):
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    return out


@torch.inference_mode()
def cached_array(path: Path, count: int, parts: Parts, label: str, padded_length: int | None = None) -> np.ndarray:
    """Return the array [count, …] cached at `path`, memory-mapped; build it from `parts` if it is missing.

    padded_length: of the second axis, if parts are sequences of different lengths; zeros fill it up.
    """
    cached = read_checksummed_array(path, count)
    if cached is not None:
        return cached
    out: np.memmap | None = None
    with checksummed_write(path) as temporary, progress_reporter(label) as report:
        written = 0
        for rows, values in parts():
            report(written, count)
            written += len(rows)
            part = values.cpu().numpy()
            if out is None:
                shape = list(part.shape[1:])
                if padded_length is not None and len(shape) == 2:
                    shape[0] = padded_length
                out = _new_map(temporary, part.dtype, (count, *shape))
            if part.shape[1:] == out.shape[1:]:
                out[rows] = part
            else:
                out[rows, : part.shape[1]] = part
        assert out is not None, "no inputs"
        out.flush()
        made: np.ndarray = np.load(temporary, mmap_mode="r")  # stays valid if the cache is deleted
    return made
