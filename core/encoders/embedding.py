"""Pictures and texts through a tower, in batches; what the weights in question cannot change is computed once and kept.

`Activations` are a tower's values in front of one stage for many inputs, memory-mapped from the cache. With
`start` 0 they are the pixels or tokens themselves; with `start` at the end of the tower, its embeddings.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.encoders.base import Encoder, TowerName
from core.encoders.checkpoints import weights_fingerprint
from core.encoders.inputs import FORMAT, kept_array, pixels_of, tokens_of
from core.files import fingerprint

# On a CPU small batches win (measured on `lite`: 2.4 times for pictures, 1.4 for texts against 64): their activations
# stay below the size at which the allocator gives memory back to the system. An accelerator wants large ones.
CPU_BATCH: dict[TowerName, int] = {"image": 8, "text": 16}
ACCELERATOR_BATCH = 256
POOLED_BATCH = 1024  # behind the towers, rows are a few kilobytes


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

    def batch(self, rows: np.ndarray, device: torch.device) -> tuple[Tensor, Tensor]:
        """The activations and source of `rows`, int64 [b], without padding that all of them share."""
        x = self.x[rows]
        if self.tower == "image":
            moved = torch.from_numpy(x).to(device)
            return moved, moved
        tokens, longest = self.tokens[rows], int(self.lengths[rows].max())
        if longest > 1:
            x = x[:, :longest] if x.shape[:2] == tokens.shape else x
            tokens = tokens[:, :longest]
        return torch.from_numpy(np.ascontiguousarray(x)).to(device), torch.from_numpy(tokens).to(device)


def image_activations(
    encoder: Encoder, stop: int, files: Sequence[Path], hashes: Sequence[str], cache: Path
) -> Activations:
    """Activations of pictures in front of stage `stop` of the image tower. hashes: of the files' contents (the key)."""
    none = np.empty((len(files), 0), dtype=np.int64)
    key = _key(encoder, "image", stop, encoder.preprocessing, list(hashes))

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        raw = Activations("image", 0, pixels_of(encoder, files, hashes, cache), none, np.ones(len(files), np.int64))
        for rows in np.array_split(np.arange(len(files)), -(-len(files) // batch_size(encoder, "image"))):
            x, source = raw.batch(rows, encoder.logit_scale.device)
            yield rows, encoder.forward_between("image", x, source, 0, stop)

    if stop == 0:
        x = pixels_of(encoder, files, hashes, cache)
    else:
        x = kept_array(cache / "activations" / f"image-{key}.npy", len(files), parts, "Encoding pictures")
    return Activations("image", stop, x, none, np.ones(len(files), np.int64))


def text_activations(encoder: Encoder, stop: int, texts: Sequence[str], cache: Path) -> Activations:
    """Activations of texts in front of stage `stop` of the text tower."""
    tokens = np.array(tokens_of(encoder, texts, cache))
    lengths = _lengths(tokens, encoder.pad_id)
    if encoder.pad_id is not None:
        tokens = tokens[:, : lengths.max(initial=1)]
    raw = Activations("text", 0, tokens, tokens, lengths)
    if stop == 0:
        return raw

    def parts() -> Iterator[tuple[np.ndarray, Tensor]]:
        for rows in batches(encoder, raw, np.arange(len(texts))):
            x, source = raw.batch(rows, encoder.logit_scale.device)
            yield rows, encoder.forward_between("text", x, source, 0, stop)

    key = _key(encoder, "text", stop, encoder.tokenization, list(texts))
    path = cache / "activations" / f"text-{key}.npy"
    x = kept_array(path, len(texts), parts, "Encoding texts", padded_length=tokens.shape[1])
    return Activations("text", stop, x, tokens, lengths)


def _lengths(tokens: np.ndarray, pad_id: int | None) -> np.ndarray:
    """Number of tokens of each text up to its last one that is no padding, int64 [N], at least 1."""
    if pad_id is None or tokens.ndim != 2:
        return np.ones(len(tokens), dtype=np.int64)
    return ((tokens != pad_id) * np.arange(1, tokens.shape[1] + 1)).max(axis=1, initial=1)


def batch_size(encoder: Encoder, tower: TowerName) -> int:
    """How many inputs go through a tower at once."""
    return CPU_BATCH[tower] if encoder.logit_scale.device.type == "cpu" else ACCELERATOR_BATCH


def batches(encoder: Encoder, activations: Activations, rows: np.ndarray) -> list[np.ndarray]:
    """Cut `rows` into what goes through the rest of the tower at once: int64 places in `rows`, all of them once.

    Texts of like length go together, so that a short one is not computed at the length of the longest.
    """
    rest = encoder.stages(activations.tower)[activations.start :]
    only_head = all(stage.kind == "head" for stage in rest)
    size = POOLED_BATCH if only_head else batch_size(encoder, activations.tower)
    order = np.argsort(activations.lengths[rows], kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


@torch.inference_mode()
def embed(encoder: Encoder, activations: Activations, rows: np.ndarray) -> Tensor:
    """Embeddings of `rows` with the encoder's weights of now: float32 [n, d], of length one, on its device."""
    return forward(encoder, activations, rows)


def forward(
    encoder: Encoder,
    activations: Activations,
    rows: np.ndarray,
    vary: Callable[[Tensor], Tensor] = lambda x: x,
) -> Tensor:
    """`embed` with gradients where they are on: the rest of the tower, batch by batch, in the order of `rows`.

    vary: changes the activations of a batch before they go on, as augmentation does with pixels.
    """
    device = encoder.logit_scale.device
    cut = batches(encoder, activations, rows)
    parts = []
    for places in cut:
        x, source = activations.batch(rows[places], device)
        y = encoder.forward_between(activations.tower, vary(x), source, activations.start)
        parts.append(functional.normalize(y.float(), dim=-1))
    back = np.argsort(np.concatenate(cut))
    return torch.cat(parts)[torch.from_numpy(back).to(device)]


def _key(encoder: Encoder, tower: TowerName, stop: int, reading: str, inputs: list[str]) -> str:
    prefixes = tuple(key for stage in encoder.stages(tower)[:stop] for key in stage.keys)
    passed = {key: tensor for key, tensor in encoder.state_dict().items() if prefixes and key.startswith(prefixes)}
    return fingerprint(FORMAT, tower, stop, reading, weights_fingerprint(passed), inputs)
