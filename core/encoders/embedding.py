"""Pictures and texts through a tower, in batches; what the weights in question cannot change is computed once and kept.

`Activations` are a tower's values in front of one stage for many inputs, memory-mapped from the cache. With
`start` 0 they are the pixels or tokens themselves; with `start` at the end of the tower, its embeddings.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.data.pixels import ImageError, open_image
from core.encoders.base import Encoder, TowerName
from core.encoders.checkpoints import weights_fingerprint
from core.files import fingerprint, read_array, replacing
from core.progress import counting

# On a CPU small batches win (measured: 2.4 times for pictures, 1.4 for texts against 64): their activations stay below
# the size at which the allocator gives memory back to the system after each use. An accelerator wants large ones.
CPU_BATCH: dict[TowerName, int] = {"image": 8, "text": 16}
ACCELERATOR_BATCH = 256
POOLED_BATCH = 1024  # behind the towers, rows are a few kilobytes
FORMAT = 1  # counts up when what is written changes for the same key


@dataclass(frozen=True)
class Activations:
    """Values in front of stage `start` of `tower`. x: [N, …]; tokens: [N, L] of a text tower, empty for images."""

    tower: TowerName
    start: int
    x: np.ndarray
    tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray, pad_id: int | None, device: torch.device) -> tuple[Tensor, Tensor]:
        """The activations and source of `rows`, int64 [b], without padding that all of them share."""
        x = torch.from_numpy(np.ascontiguousarray(self.x[rows])).to(device)
        if self.tower == "image":
            return x, x
        tokens = torch.from_numpy(self.tokens[rows]).to(device)
        if pad_id is not None and tokens.ndim == 2:
            length = int(_lengths(tokens, pad_id).max())
            x = x[:, :length] if x.shape[:2] == tokens.shape else x
            tokens = tokens[:, :length]
        return x, tokens


def batch_size(encoder: Encoder, tower: TowerName) -> int:
    """How many inputs go through a tower at once."""
    return CPU_BATCH[tower] if encoder.logit_scale.device.type == "cpu" else ACCELERATOR_BATCH


def _lengths(tokens: Tensor, pad_id: int) -> Tensor:
    """Number of tokens of each text up to its last one that is no padding, int64 [n], at least 1."""
    places = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    return ((tokens != pad_id) * places).amax(dim=1).clamp(min=1)


def image_activations(
    encoder: Encoder, stop: int, files: Sequence[Path], hashes: Sequence[str], cache: Path
) -> Activations:
    """Activations of pictures in front of stage `stop` of the image tower. hashes: of the files' contents (the key)."""
    device, size = encoder.logit_scale.device, batch_size(encoder, "image")

    def batches() -> Iterator[tuple[np.ndarray, Tensor]]:
        start = 0
        for pixels in _pixel_batches(files, encoder, size):
            moved = pixels.to(device)
            yield np.arange(start, start + len(pixels)), encoder.forward_between("image", moved, moved, 0, stop)
            start += len(pixels)

    key = _key(encoder, "image", stop, encoder.preprocessing, list(hashes))
    x = _cached(cache / "activations" / f"image-{key}.npy", len(files), batches, "Encoding pictures")
    return Activations("image", stop, x, np.empty((len(files), 0), dtype=np.int64))


def _pixel_batches(paths: Sequence[Path], encoder: Encoder, batch_size: int) -> Iterator[Tensor]:
    """Yield uint8 [b, 3, H, W] batches in order, decoded by two threads ahead of the encoder.

    Raises ImageError naming the file if one that was fine at import can no longer be read.
    """

    def load(path: Path) -> Tensor:
        try:
            return encoder.preprocess(open_image(path))
        except ImageError as error:
            raise ImageError(f"{path}: {error}. It was readable at import; import the domain again.") from None

    starts = range(0, len(paths), batch_size)
    with ThreadPoolExecutor(max_workers=2) as pool:
        ahead = [pool.submit(load, path) for path in paths[:batch_size]]
        for start in starts:
            current = ahead
            following = paths[start + batch_size : start + 2 * batch_size]
            ahead = [pool.submit(load, path) for path in following]
            yield torch.stack([future.result() for future in current])


def text_activations(encoder: Encoder, stop: int, texts: Sequence[str], cache: Path) -> Activations:
    """Activations of texts in front of stage `stop` of the text tower."""
    device, size = encoder.logit_scale.device, batch_size(encoder, "text")
    key = _key(encoder, "text", 0, encoder.tokenization, list(texts))

    def token_batches() -> Iterator[tuple[np.ndarray, Tensor]]:
        for start in range(0, len(texts), POOLED_BATCH):
            part = texts[start : start + POOLED_BATCH]
            yield np.arange(start, start + len(part)), encoder.tokenize(part)

    folder = cache / "activations"
    tokens = _cached(folder / f"text-{key}.npy", len(texts), token_batches, "Reading texts")
    lengths = np.ones(len(texts), dtype=np.int64)
    if encoder.pad_id is not None:
        lengths = _lengths(torch.from_numpy(np.array(tokens)), encoder.pad_id).numpy()
        tokens = np.array(tokens[:, : lengths.max(initial=1)])
    tokens = np.array(tokens)
    raw = Activations("text", 0, tokens, tokens)
    if stop == 0:
        return raw

    def batches() -> Iterator[tuple[np.ndarray, Tensor]]:
        for rows in np.array_split(np.argsort(lengths, kind="stable"), -(-len(texts) // size)):
            x, source = raw.batch(rows, encoder.pad_id, device)
            yield rows, encoder.forward_between("text", x, source, 0, stop)

    key = _key(encoder, "text", stop, encoder.tokenization, list(texts))
    x = _cached(folder / f"text-{key}.npy", len(texts), batches, "Encoding texts", tokens.shape[1])
    return Activations("text", stop, x, tokens)


@torch.inference_mode()
def embed(encoder: Encoder, activations: Activations, rows: np.ndarray) -> Tensor:
    """Embeddings of `rows` with the encoder's weights of now: float32 [n, d], of length one, on its device."""
    return forward(encoder, activations, rows)


def forward(encoder: Encoder, activations: Activations, rows: np.ndarray) -> Tensor:
    """`embed` with gradients where they are on: the rest of the tower in small batches, in the order of `rows`.

    Texts of like length go together, so that a short one is not computed at the length of the longest.
    """
    device = encoder.logit_scale.device
    order = np.arange(len(rows))
    if activations.tower == "text" and encoder.pad_id is not None:
        tokens = torch.from_numpy(activations.tokens[rows])
        order = np.argsort(_lengths(tokens, encoder.pad_id).numpy(), kind="stable")
    rest = encoder.stages(activations.tower)[activations.start :]
    only_head = all(stage.kind == "head" for stage in rest)
    size = POOLED_BATCH if only_head else batch_size(encoder, activations.tower)
    parts = []
    for start in range(0, len(rows), size):
        x, source = activations.batch(rows[order[start : start + size]], encoder.pad_id, device)
        y = encoder.forward_between(activations.tower, x, source, activations.start)
        parts.append(functional.normalize(y.float(), dim=-1))
    return torch.cat(parts)[torch.from_numpy(np.argsort(order)).to(device)]


def _key(encoder: Encoder, tower: TowerName, stop: int, reading: str, inputs: list[str]) -> str:
    prefixes = tuple(key for stage in encoder.stages(tower)[:stop] for key in stage.keys)
    passed = {key: tensor for key, tensor in encoder.state_dict().items() if prefixes and key.startswith(prefixes)}
    return fingerprint(FORMAT, tower, stop, reading, weights_fingerprint(passed), inputs)


@torch.inference_mode()
def _cached(
    path: Path,
    count: int,
    batches: Callable[[], Iterator[tuple[np.ndarray, Tensor]]],
    label: str,
    padded_length: int | None = None,
) -> np.ndarray:
    """The array kept at `path`, or made of `batches` (rows, values) and kept. Sequences are padded with zeros."""
    kept = read_array(path, count)
    if kept is not None:
        return kept
    out: np.memmap | None = None
    with replacing(path) as temporary, counting(label) as report:
        written = 0
        for rows, values in batches():
            report(written, count)
            written += len(rows)
            if out is None:
                shape = list(values.shape[1:])
                if padded_length is not None and len(shape) == 2:
                    shape[0] = padded_length
                dtype = values.cpu().numpy().dtype
                out = np.lib.format.open_memmap(temporary, "w+", dtype=dtype, shape=(count, *shape))
            part = values.cpu().numpy()
            if part.shape[1:] == out.shape[1:]:
                out[rows] = part
            else:
                out[rows, : part.shape[1]] = part
        assert out is not None, "no inputs"
        out.flush()
    return np.load(path, mmap_mode="r")
