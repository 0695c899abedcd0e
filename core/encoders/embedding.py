"""Batched embedding of images and texts, with cached activations of the stages that a run does not change.

`Activations` are a tower's values in front of one stage for many inputs, memory-mapped from the cache. With
`start` 0 they are the pixels or tokens; with `start` at the end of the tower, the embeddings.

The last bits of a matrix product depend on the shapes, and they decide near-ties. Therefore all batches of a tower have
one size (short ones are filled up) and the padding of a text depends on its length only: other articles and their order
change no bit of an embedding. (A different number of threads or another machine may.)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.encoders.base import Encoder, TowerName
from core.encoders.inputs import cached_array, pixels_of, tokens_of
from core.encoders.transfer import Batch, move_batch, transfer
from core.encoders.weights import weights_fingerprint
from core.storage.files import fingerprint

# On a CPU small batches win (measured on `lite`: 2.4 times for images, 1.4 for texts against 64): their activations
# stay below the size at which the allocator gives memory back to the system. An accelerator wants large ones.
CPU_BATCH: dict[TowerName, int] = {"image": 8, "text": 16}
ACCELERATOR_BATCH = 256
POOLED_BATCH = 1024  # in front of the heads, rows are a few kilobytes
#: Short batches of pooled rows are filled up to a multiple of this: above some ten rows per thread their number changes
#: no bit (measured with MKL), and a whole batch would take several times as long for two hundred articles.
POOLED_ROWS = 64
#: Texts are padded to a multiple of this many tokens; with exact lengths, too few texts would share a batch.
LENGTH_STEP = 8
FORMAT = 2  # increase when the stored values change for the same key


@dataclass(frozen=True)
class Activations:
    """Values in front of stage `start` of `tower`. x: [N, …]; tokens: [N, L] of a text tower, empty for images.

    lengths: int64 [N], tokens of each text without padding; 1 where padding may not be dropped, and for images.
    """

    tower: TowerName
    start: int
    x: np.ndarray
    tokens: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray, device: torch.device) -> Batch:
        """Return `read(rows)` on `device`."""
        return move_batch(self.read(rows), lambda tensor: tensor.to(device))

    def read(self, rows: np.ndarray) -> Batch:
        """Return the activations and source of `rows`, int64 [b], on the CPU, padded to `_padded_length`."""
        return self.trimmed(torch.from_numpy(self.x[rows]), torch.from_numpy(self.tokens[rows]), rows)

    def trimmed(self, x: Tensor, tokens: Tensor, rows: np.ndarray) -> Batch:
        """Cut needless padding from `x` and `tokens` of `rows`; return activations and source."""
        if self.tower == "image":
            return x, x
        if self.lengths[rows].max() > 1:
            longest = int(_padded_length(self.lengths[rows]).max())
            x = x[:, :longest] if x.shape[:2] == tokens.shape else x
            tokens = tokens[:, :longest]
        return x.contiguous(), tokens.contiguous()


def image_activations(
    encoder: Encoder, stop: int, files: Sequence[Path], hashes: Sequence[str], cache: Path
) -> Activations:
    """Return the activations of images in front of stage `stop` of the image tower, computed once and cached.

    hashes: of the files' contents, part of the cache key.
    """
    none = np.empty((len(files), 0), dtype=np.int64)
    key = _key(encoder, "image", stop, encoder.preprocessing, list(hashes))

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        raw = Activations("image", 0, pixels_of(encoder, files, hashes, cache), none, np.ones(len(files), np.int64))
        return _run_stages(encoder, raw, np.arange(len(files)), stop)

    if stop == 0:
        x = pixels_of(encoder, files, hashes, cache)
    else:
        x = cached_array(cache / "activations" / f"image-{key}.npy", len(files), parts, "Encoding images")
    return Activations("image", stop, x, none, np.ones(len(files), np.int64))


def text_activations(encoder: Encoder, stop: int, texts: Sequence[str], cache: Path) -> Activations:
    """Return the activations of texts in front of stage `stop` of the text tower, computed once and cached."""
    tokens = np.array(tokens_of(encoder, texts, cache))
    lengths = _lengths(tokens, encoder.pad_id)
    if encoder.pad_id is not None:
        tokens = tokens[:, : _padded_length(lengths).max(initial=1)]
    raw = Activations("text", 0, tokens, tokens, lengths)
    if stop == 0:
        return raw

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        return _run_stages(encoder, raw, np.arange(len(texts)), stop)

    key = _key(encoder, "text", stop, encoder.tokenization, list(texts))
    path = cache / "activations" / f"text-{key}.npy"
    x = cached_array(path, len(texts), parts, "Encoding texts", padded_length=tokens.shape[1])
    return Activations("text", stop, x, tokens, lengths)


def _lengths(tokens: np.ndarray, pad_id: int | None) -> np.ndarray:
    """Count each text's tokens up to the last one that is not padding: int64 [N], at least 1."""
    if pad_id is None or tokens.ndim != 2:
        return np.ones(len(tokens), dtype=np.int64)
    return ((tokens != pad_id) * np.arange(1, tokens.shape[1] + 1)).max(axis=1, initial=1)


def _padded_length(lengths: np.ndarray) -> np.ndarray:
    """Return the padded length of texts of these lengths."""
    return -(-lengths // LENGTH_STEP) * LENGTH_STEP


def without_padding(encoder: Encoder, tokens: Tensor) -> Tensor:
    """Cut tokens [n, L] of a few texts to the padded length that `text_activations` uses."""
    if encoder.pad_id is None:
        return tokens
    return tokens[:, : int(_padded_length(_lengths(tokens.numpy(), encoder.pad_id)).max())]


def batch_size(encoder: Encoder, tower: TowerName) -> int:
    """Return the number of inputs in a batch of a tower."""
    return CPU_BATCH[tower] if encoder.logit_scale.device.type == "cpu" else ACCELERATOR_BATCH


def batches(encoder: Encoder, activations: Activations, rows: np.ndarray) -> list[np.ndarray]:
    """Split `rows` into batches for the remaining stages: arrays of indices into `rows`, int64, each index once.

    A batch holds texts of one padded length, so that no text is computed at the length of a longer one.
    """
    size, _ = _batch_shape(encoder, activations)
    lengths = activations.lengths[rows]
    order = np.argsort(lengths, kind="stable")
    groups = [order] if _only_head(encoder, activations) else _split_by_value(order, _padded_length(lengths))
    return [group[start : start + size] for group in groups for start in range(0, len(group), size)]


def _split_by_value(order: np.ndarray, value: np.ndarray) -> list[np.ndarray]:
    """Split `order`, along which `value` rises, into groups of equal value."""
    return np.split(order, np.flatnonzero(np.diff(value[order])) + 1)


def _only_head(encoder: Encoder, activations: Activations) -> bool:
    """Return whether only the head remains; its inputs are pooled, so lengths do not matter."""
    return all(stage.kind == "head" for stage in encoder.stages(activations.tower)[activations.start :])


def _batch_shape(encoder: Encoder, activations: Activations) -> tuple[int, int]:
    """Return the batch size for the remaining stages and the multiple that shorter batches are filled up to."""
    if _only_head(encoder, activations):
        return POOLED_BATCH, POOLED_ROWS
    size = batch_size(encoder, activations.tower)
    return size, size


def _unit_length(x: Tensor) -> Tensor:
    return functional.normalize(x.float(), dim=-1)


@torch.inference_mode()
def _run_stages(
    encoder: Encoder,
    activations: Activations,
    rows: np.ndarray,
    stop: int | None = None,
    finish: Callable[[Tensor], Tensor] = lambda x: x,
) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Yield (indices into `rows`, their values in front of stage `stop`) for each filled-up batch.

    finish: function applied to a whole batch before its filling rows are dropped, because on CUDA the last bit of a
    row's norm depends on the number of rows, too.
    """
    _, multiple = _batch_shape(encoder, activations)
    cut = batches(encoder, activations, rows)
    # np.resize fills up by repeating rows.
    filled = [rows[np.resize(indices, -(-len(indices) // multiple) * multiple)] for indices in cut]
    inputs = transfer(activations.read, filled, encoder.logit_scale.device)
    for indices, (x, source) in zip(cut, inputs, strict=True):
        y = finish(encoder.forward_between(activations.tower, x, source, activations.start, stop))
        yield indices, y[: len(indices)]


@torch.inference_mode()
def embed(encoder: Encoder, activations: Activations, rows: np.ndarray, *, normalised: bool = True) -> Tensor:
    """Embed `rows` with the encoder's current weights: float32 [n, d] on its device, of length one if `normalised`.

    An embedding is bit-identical whatever other rows are in `rows`.
    """
    return _in_order(_run_stages(encoder, activations, rows, finish=_unit_length if normalised else Tensor.float))


def forward(
    encoder: Encoder,
    activations: Activations,
    rows: np.ndarray,
    vary: Callable[[Tensor], Tensor] = lambda x: x,
) -> Tensor:
    """Embed `rows` for training: with gradients if they are enabled, and without filling up batches.

    vary: function applied to a batch's activations before the first stage, such as image augmentation.
    """

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        for indices in _training_batches(encoder, activations, rows):
            x, source = activations.batch(rows[indices], encoder.logit_scale.device)
            y = encoder.forward_between(activations.tower, vary(x), source, activations.start)
            yield indices, _unit_length(y)

    return _in_order(parts())


def _training_batches(encoder: Encoder, activations: Activations, rows: np.ndarray) -> list[np.ndarray]:
    """Split rows as `batches` does; on an accelerator, mix texts of all lengths and pad to the longest.

    Measured on an H100 (ViT-B/32, 256 pairs): six groups of texts took 144 ms a step, one group 84 ms, because the GPU
    waits for launches; groups of varying sizes took 686 ms, because cuDNN's attention plans again for every shape.
    """
    if encoder.logit_scale.device.type == "cpu":
        return batches(encoder, activations, rows)
    indices = np.arange(len(rows))
    return [indices[start : start + ACCELERATOR_BATCH] for start in range(0, len(rows), ACCELERATOR_BATCH)]


def _in_order(parts: Iterator[tuple[np.ndarray, Tensor]]) -> Tensor:
    """Join (indices, values) that come in any order into values [n, d] in index order."""
    indices, values = zip(*parts, strict=True)
    together = torch.cat(values)
    return together[torch.from_numpy(np.argsort(np.concatenate(indices))).to(together.device)]


def _key(encoder: Encoder, tower: TowerName, stop: int, reading: str, inputs: list[str]) -> str:
    prefixes = tuple(key for stage in encoder.stages(tower)[:stop] for key in stage.keys)
    passed = {key: tensor for key, tensor in encoder.state_dict().items() if prefixes and key.startswith(prefixes)}
    return fingerprint(FORMAT, tower, stop, reading, weights_fingerprint(passed), inputs)
