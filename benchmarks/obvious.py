"""Reference implementation of the obvious way: what wise-ft does, and what a user would write.

It is fair: batches, `inference_mode`, and a DataLoader with a worker for each core. But for each α it decodes every
image and runs both whole towers, in float32, with texts at the context's length (`lite`: the longest of the batch).
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from core.data.images.decoding import open_image
from core.encoders.base import Encoder
from core.encoders.lite.english import Lite
from core.training.loss import contrastive_loss

BATCH = 64


class Images(Dataset[Tensor]):
    """Images that are decoded and resized at each access."""

    def __init__(self, encoder: Encoder, files: Sequence[Path]) -> None:
        self.preprocess, self.files = encoder.preprocess, files

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> Tensor:
        return self.preprocess(open_image(self.files[row]))


def tokenize(encoder: Encoder, texts: Sequence[str]) -> Tensor:
    """Tokenize texts: [n, context]; for `lite`, whose tokenizer pads to the longest by default, [n, longest]."""
    tokens = encoder.tokenize(texts)
    if isinstance(encoder, Lite):
        tokens = tokens[:, : int((tokens != encoder.pad_id).sum(dim=1).max())]
    return tokens


@torch.inference_mode()
def embed(encoder: Encoder, files: Sequence[Path], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Embed everything and return (texts [N, d], images [N, d])."""
    loader = DataLoader(Images(encoder, files), batch_size=BATCH, num_workers=os.cpu_count() or 1)
    images = torch.cat([encoder.encode_image(pixels) for pixels in loader])
    cut = [texts[start : start + BATCH] for start in range(0, len(texts), BATCH)]
    return torch.cat([encoder.encode_text(tokenize(encoder, part)) for part in cut]), images


def ranks(texts: Tensor, images: Tensor) -> np.ndarray:
    """Rank image i for text i by sorting the whole score matrix."""
    order = (texts @ images.T).argsort(dim=1, descending=True)
    return ((order == torch.arange(len(texts))[:, None]).int().argmax(dim=1) + 1).numpy()


def sweep(
    encoder: Encoder,
    zero_shot: dict[str, Tensor],
    fine_tuned: dict[str, Tensor],
    alphas: Sequence[float],
    files: Sequence[Path],
    texts: Sequence[str],
) -> np.ndarray:
    """Compute the ranks at each α, [A, N]."""
    rows = []
    for alpha in alphas:
        theta = {key: (1 - alpha) * zero_shot[key] + alpha * fine_tuned[key] for key in fine_tuned}
        encoder.load_state_dict(zero_shot | theta)
        rows.append(ranks(*embed(encoder, files, texts)))
    return np.stack(rows)


def head_epoch(encoder: Encoder, files: Sequence[Path], texts: Sequence[str], batch_size: int, lr: float) -> float:
    """Train the two heads for an epoch, decoding and encoding everything again; return the mean loss."""
    heads = [parameter for key, parameter in encoder.named_parameters() if "head." in key]
    encoder.requires_grad_(False)
    for parameter in heads:
        parameter.requires_grad_()
    optimiser = torch.optim.AdamW(heads, lr=lr, weight_decay=0.5)
    losses = []
    for pixels, part in zip(_batches_of_pixels(encoder, files, batch_size), _cut(texts, batch_size), strict=True):
        images = functional.normalize(encoder.forward_between("image", pixels, pixels), dim=-1)
        tokens = tokenize(encoder, part)
        sentences = functional.normalize(encoder.forward_between("text", tokens, tokens), dim=-1)
        loss = contrastive_loss(images, sentences, encoder.logit_scale)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def _batches_of_pixels(encoder: Encoder, files: Sequence[Path], batch_size: int) -> Iterator[Tensor]:
    yield from DataLoader(Images(encoder, files), batch_size=batch_size, num_workers=os.cpu_count() or 1)


def _cut(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]
