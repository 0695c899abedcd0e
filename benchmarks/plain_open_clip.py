"""Reference implementation with open_clip alone, following its documentation and training code.

A DataLoader with a worker for each core, pinned memory, non-blocking copies, autocast for half precision,
`inference_mode`; texts at the model's full context. It uses no code of Rematch.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import open_clip
import torch
from open_clip.loss import ClipLoss
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

BATCH = 256
Item = TypeVar("Item")
MAX_LOG_SCALE = 4.6052  # ln 100, as open_clip's training clamps it


class Photos(Dataset[Tensor]):
    """Photographs that are decoded and transformed at each access."""

    def __init__(self, files: Sequence[Path], transform: Callable[[Image.Image], Tensor]) -> None:
        self.files, self.transform = files, transform

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> Tensor:
        with Image.open(self.files[row]) as image:
            return self.transform(image.convert("RGB"))


class Pixels(Dataset[Tensor]):
    """Resized and cropped pixels, uint8 [n, 3, H, W]; `Normalise` normalises them on the device."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int) -> Tensor:
        return torch.from_numpy(self.pixels[row].copy())


class Normalise:
    """Normalisation of uint8 [b, 3, H, W] to the model's float input; float images are already normalised."""

    def __init__(self, model: Any, device: torch.device) -> None:
        config = model.visual.preprocess_cfg
        self.mean, self.std = (torch.tensor(config[key], device=device).view(3, 1, 1) for key in ("mean", "std"))

    def __call__(self, images: Tensor) -> Tensor:
        """Return normalised images [b, 3, H, W]."""
        return images if images.is_floating_point() else (images.float() / 255 - self.mean) / self.std


class Pairs(Dataset[tuple[Tensor, Tensor]]):
    """Images with the tokens of their texts."""

    def __init__(self, images: Dataset[Tensor], tokens: Tensor) -> None:
        self.images, self.tokens = images, tokens

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        return self.images[row], self.tokens[row]


def load(architecture: str, weights: Path, device: torch.device) -> tuple[Any, Callable[[Image.Image], Tensor]]:
    """Load a model for evaluation and its image transform."""
    model, _, transform = open_clip.create_model_and_transforms(architecture, pretrained=str(weights), device=device)
    return model.eval(), transform


def loader(data: Dataset[Item], batch: int = BATCH, shuffle: bool = False) -> Iterable[Item]:
    """Make a loader with one persistent worker process for each core."""
    return DataLoader(
        data,
        batch_size=batch,
        shuffle=shuffle,
        num_workers=os.cpu_count() or 1,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=True,
    )


@torch.inference_mode()
def encode_images(model: Any, batches: Iterable[Tensor], device: torch.device, half: bool) -> Tensor:
    """Embed images: [n, d], of length one. half: compute in bfloat16 by autocast."""
    normalise, parts = Normalise(model, device), []
    for images in batches:
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            parts.append(model.encode_image(normalise(images.to(device, non_blocking=True)), normalize=True))
    return torch.cat(parts)


@torch.inference_mode()
def encode_texts(model: Any, tokens: Tensor, device: torch.device, half: bool) -> Tensor:
    """Embed tokens [n, context]: [n, d], of length one."""
    parts = []
    for part in tokens.split(BATCH):
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            parts.append(model.encode_text(part.to(device, non_blocking=True), normalize=True))
    return torch.cat(parts)


def train_epoch(
    model: Any, pairs: Iterable[tuple[Tensor, Tensor]], optimiser: torch.optim.Optimizer, device: torch.device
) -> float:
    """Train for an epoch as open_clip does, in bfloat16 by autocast; return the mean loss."""
    model.train()
    normalise, criterion, losses = Normalise(model, device), ClipLoss(), []
    for images, tokens in pairs:
        images, tokens = images.to(device, non_blocking=True), tokens.to(device, non_blocking=True)
        optimiser.zero_grad()
        with torch.autocast(device.type, torch.bfloat16):
            loss = criterion(*model(normalise(images), tokens))
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, MAX_LOG_SCALE)
        losses.append(loss.detach())
    model.eval()
    return float(torch.stack(losses).mean())


def ranks(texts: Tensor, images: Tensor, at_once: int) -> np.ndarray:
    """Rank image i for text i, int64 [n], from the score matrix in parts of `at_once` texts."""
    parts = []
    targets = torch.arange(len(texts), device=texts.device)
    for queries, target in zip(texts.split(at_once), targets.split(at_once), strict=True):
        scores = queries @ images.T
        parts.append(1 + (scores > scores.gather(1, target[:, None])).sum(dim=1))
    return torch.cat(parts).cpu().numpy()


def sweep(
    model: Any,
    zero_shot: Mapping[str, Tensor],
    fine_tuned: Mapping[str, Tensor],
    alphas: Sequence[float],
    photos: Dataset[Tensor],
    tokens: Tensor,
    device: torch.device,
    half: bool,
) -> Iterator[np.ndarray]:
    """Yield the ranks [n] at each α: mix the weights, decode and encode everything, multiply."""
    for alpha in alphas:
        model.load_state_dict({key: (1 - alpha) * zero_shot[key] + alpha * fine_tuned[key] for key in zero_shot})
        images = encode_images(model, loader(photos), device, half)
        yield ranks(encode_texts(model, tokens, device, half).float(), images.float(), BATCH)
