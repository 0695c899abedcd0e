"""Images and texts through a tower, in batches; what the weights in question cannot change is computed once and kept.

`Activations` are a tower's values in front of one stage for many inputs, memory-mapped from the cache. With
`start` 0 they are the pixels or tokens themselves; with `start` at the end of the tower, its embeddings.

The last bits of a matrix product depend on the shape of what is multiplied, and near-ties turn on them. So whatever
is embedded goes through a tower in batches of one size, short ones filled up, and a text at a length that is its own:
which other articles are there, and in what order, changes no bit. (Not so for other threads or another machine.)
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
from core.encoders.transfer import Batch, moved, transferred
from core.encoders.weights import weights_fingerprint
from core.storage.files import fingerprint

# On a CPU small batches win (measured on `lite`: 2.4 times for images, 1.4 for texts against 64): their activations
# stay below the size at which the allocator gives memory back to the system. An accelerator wants large ones.
CPU_BATCH: dict[TowerName, int] = {"image": 8, "text": 16}
ACCELERATOR_BATCH = 256
POOLED_BATCH = 1024  # behind the towers, rows are a few kilobytes
#: There a short batch is filled up to a multiple of this: from some ten rows for each thread on, their number changes
#: no bit (measured with MKL), and a whole batch would take several times as long for two hundred articles.
POOLED_ROWS = 64
#: Texts are padded to a multiple of this many tokens: one by one there would be too few of a length to share a batch.
LENGTH_STEP = 8
FORMAT = 2  # counts up when what is kept changes for the same key


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
        return moved(self.read(rows), lambda tensor: tensor.to(device))

    def read(self, rows: np.ndarray) -> Batch:
        """Return the activations and source of `rows`, int64 [b], with no more padding than `_padded`, on the CPU."""
        return self.trimmed(torch.from_numpy(self.x[rows]), torch.from_numpy(self.tokens[rows]), rows)

    def trimmed(self, x: Tensor, tokens: Tensor, rows: np.ndarray) -> Batch:
        """Return activations and source of `rows` from `x` and `tokens` of these rows, without needless padding."""
        if self.tower == "image":
            return x, x
        if self.lengths[rows].max() > 1:
            longest = int(_padded(self.lengths[rows]).max())
            x = x[:, :longest] if x.shape[:2] == tokens.shape else x
            tokens = tokens[:, :longest]
        return x.contiguous(), tokens.contiguous()


def image_activations(
    encoder: Encoder, stop: int, files: Sequence[Path], hashes: Sequence[str], cache: Path
) -> Activations:
    """Activations of images in front of stage `stop` of the image tower. hashes: of the files' contents (the key)."""
    none = np.empty((len(files), 0), dtype=np.int64)
    key = _key(encoder, "image", stop, encoder.preprocessing, list(hashes))

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        raw = Activations("image", 0, pixels_of(encoder, files, hashes, cache), none, np.ones(len(files), np.int64))
        return _passed(encoder, raw, np.arange(len(files)), stop)

    if stop == 0:
        x = pixels_of(encoder, files, hashes, cache)
    else:
        x = cached_array(cache / "activations" / f"image-{key}.npy", len(files), parts, "Encoding images")
    return Activations("image", stop, x, none, np.ones(len(files), np.int64))


def text_activations(encoder: Encoder, stop: int, texts: Sequence[str], cache: Path) -> Activations:
    """Activations of texts in front of stage `stop` of the text tower."""
    tokens = np.array(tokens_of(encoder, texts, cache))
    lengths = _lengths(tokens, encoder.pad_id)
    if encoder.pad_id is not None:
        tokens = tokens[:, : _padded(lengths).max(initial=1)]
    raw = Activations("text", 0, tokens, tokens, lengths)
    if stop == 0:
        return raw

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        return _passed(encoder, raw, np.arange(len(texts)), stop)

    key = _key(encoder, "text", stop, encoder.tokenization, list(texts))
    path = cache / "activations" / f"text-{key}.npy"
    x = cached_array(path, len(texts), parts, "Encoding texts", padded_length=tokens.shape[1])
    return Activations("text", stop, x, tokens, lengths)


def _lengths(tokens: np.ndarray, pad_id: int | None) -> np.ndarray:
    """Number of tokens of each text up to its last one that is no padding, int64 [N], at least 1."""
    if pad_id is None or tokens.ndim != 2:
        return np.ones(len(tokens), dtype=np.int64)
    return ((tokens != pad_id) * np.arange(1, tokens.shape[1] + 1)).max(axis=1, initial=1)


def _padded(lengths: np.ndarray) -> np.ndarray:
    """What texts of these lengths are padded to."""
    return -(-lengths // LENGTH_STEP) * LENGTH_STEP


def without_padding(encoder: Encoder, tokens: Tensor) -> Tensor:
    """Cut tokens [n, L] of a few texts to the length that the domain's own texts are padded to."""
    if encoder.pad_id is None:
        return tokens
    return tokens[:, : int(_padded(_lengths(tokens.numpy(), encoder.pad_id)).max())]


def batch_size(encoder: Encoder, tower: TowerName) -> int:
    """How many inputs go through a tower at once."""
    return CPU_BATCH[tower] if encoder.logit_scale.device.type == "cpu" else ACCELERATOR_BATCH


def batches(encoder: Encoder, activations: Activations, rows: np.ndarray) -> list[np.ndarray]:
    """Cut `rows` into what goes through the rest of the tower at once: int64 places in `rows`, all of them once.

    Texts of one padded length go together, so that none is computed at the length of a longer one.
    """
    size, _ = _batch_shape(encoder, activations)
    lengths = activations.lengths[rows]
    order = np.argsort(lengths, kind="stable")
    groups = [order] if _only_head(encoder, activations) else _parted(order, _padded(lengths))
    return [group[start : start + size] for group in groups for start in range(0, len(group), size)]


def _parted(order: np.ndarray, value: np.ndarray) -> list[np.ndarray]:
    """`order`, in which `value` rises, cut wherever it does."""
    return np.split(order, np.flatnonzero(np.diff(value[order])) + 1)


def _only_head(encoder: Encoder, activations: Activations) -> bool:
    """Is nothing left of the tower but its head? Then texts are of one length, pooled."""
    return all(stage.kind == "head" for stage in encoder.stages(activations.tower)[activations.start :])


def _batch_shape(encoder: Encoder, activations: Activations) -> tuple[int, int]:
    """How many rows go through the rest of the tower at once, and the multiple that fewer are filled up to."""
    if _only_head(encoder, activations):
        return POOLED_BATCH, POOLED_ROWS
    size = batch_size(encoder, activations.tower)
    return size, size


def _unit_length(x: Tensor) -> Tensor:
    return functional.normalize(x.float(), dim=-1)


@torch.inference_mode()
def _passed(
    encoder: Encoder,
    activations: Activations,
    rows: np.ndarray,
    stop: int | None = None,
    finish: Callable[[Tensor], Tensor] = lambda x: x,
) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Yield (places in `rows`, their values in front of stage `stop`), batch by batch, each filled up to its shape.

    finish: what is done to the values of a whole batch, before what only fills it up is dropped: on CUDA the last bit
    of a row's length depends on the number of rows, too.
    """
    _, multiple = _batch_shape(encoder, activations)
    cut = batches(encoder, activations, rows)
    filled = [rows[np.resize(places, -(-len(places) // multiple) * multiple)] for places in cut]  # repeats them
    inputs = transferred(activations.read, filled, encoder.logit_scale.device)
    for places, (x, source) in zip(cut, inputs, strict=True):
        y = finish(encoder.forward_between(activations.tower, x, source, activations.start, stop))
        yield places, y[: len(places)]


@torch.inference_mode()
def embed(encoder: Encoder, activations: Activations, rows: np.ndarray) -> Tensor:
    """Embeddings of `rows` with the encoder's weights of now: float32 [n, d], of length one, on its device.

    To the bit the same whatever else is in `rows`.
    """
    return _in_order(_passed(encoder, activations, rows, finish=_unit_length))


def forward(
    encoder: Encoder,
    activations: Activations,
    rows: np.ndarray,
    vary: Callable[[Tensor], Tensor] = lambda x: x,
) -> Tensor:
    """`embed` for training: with gradients where they are on, and without rows that only fill a batch up.

    vary: changes the activations of a batch before they go on, as augmentation does with pixels.
    """

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        for places in _training_batches(encoder, activations, rows):
            x, source = activations.batch(rows[places], encoder.logit_scale.device)
            y = encoder.forward_between(activations.tower, vary(x), source, activations.start)
            yield places, _unit_length(y)

    return _in_order(parts())


def _training_batches(encoder: Encoder, activations: Activations, rows: np.ndarray) -> list[np.ndarray]:
    """As `batches`; on an accelerator texts of all lengths go together, padded to the longest.

    Measured on an H100 (ViT-B/32, 256 pairs): six groups of texts took 144 ms a step, one 84 ms, since the GPU waits
    for launches; and cuDNN's attention plans anew for every shape, which groups of all sizes make many of (686 ms).
    """
    if encoder.logit_scale.device.type == "cpu":
        return batches(encoder, activations, rows)
    places = np.arange(len(rows))
    return [places[start : start + ACCELERATOR_BATCH] for start in range(0, len(rows), ACCELERATOR_BATCH)]


def _in_order(parts: Iterator[tuple[np.ndarray, Tensor]]) -> Tensor:
    """Values [n, d] of all places, from (places, values) in any order."""
    places, values = zip(*parts, strict=True)
    together = torch.cat(values)
    return together[torch.from_numpy(np.argsort(np.concatenate(places))).to(together.device)]


def _key(encoder: Encoder, tower: TowerName, stop: int, reading: str, inputs: list[str]) -> str:
    prefixes = tuple(key for stage in encoder.stages(tower)[:stop] for key in stage.keys)
    passed = {key: tensor for key, tensor in encoder.state_dict().items() if prefixes and key.startswith(prefixes)}
    return fingerprint(FORMAT, tower, stop, reading, weights_fingerprint(passed), inputs)
