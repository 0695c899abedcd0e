"""Inputs without a network: models with random weights, JPEG photographs of noise, sentences of common words."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file

from core.encoders.base import Encoder
from core.encoders.clip.encoder import load_clip
from core.encoders.embedding import Activations, image_activations, text_activations
from core.hub.client import silent_logs

PHOTO_SIZE = (640, 480)
_OCTAVES = ((5, 90.0), (20, 50.0), (80, 25.0), (320, 12.0))  # columns of noise and its strength; fine noise is weaker
_QUALITY = 90  # gives about 100 kB, like a photograph of this size
_WORDS = (
    "a the of in on at after before with without for against police minister storm river city market match goal "
    "election court fire train road school hospital report protest winter summer budget company union strike border "
    "climate energy price house street night morning people children workers players fans says wins loses opens closes "
    "rises falls begins ends returns leaves new old first last two three hundred thousand"
)
_TINY = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
TINY = "benchmark-tiny"


@dataclass(frozen=True)
class Inputs:
    """Generated inputs in `folder`. files: n JPEG photographs. texts: n sentences of 4 to 40 words."""

    folder: Path
    files: tuple[Path, ...]
    texts: tuple[str, ...]

    @property
    def cache(self) -> Path:
        """Folder in which the encoders cache pixels and tokens."""
        return self.folder / "cache"

    def weights(self, architecture: str) -> Path:
        """Write seeded random weights of `architecture`, once, and return their file."""
        file = self.folder / f"{architecture}.safetensors"
        if not file.exists():
            torch.manual_seed(0)
            with silent_logs():
                save_file(open_clip.create_model(architecture).state_dict(), file)
        return file

    def encoder(self, architecture: str, device: torch.device) -> Encoder:
        """Load a new encoder with random weights, for evaluation."""
        return load_clip(f"{architecture}:{self.weights(architecture)}").eval().to(device)

    def images(self, encoder: Encoder, count: int, cache: Path | None = None) -> Activations:
        """Return the pixels of the first `count` photographs, decoded unless the cache has them."""
        files = self.files[:count]
        return image_activations(encoder, 0, files, [file.name for file in files], cache or self.cache)

    def sentences(self, encoder: Encoder, count: int) -> Activations:
        """Return the tokens of the first `count` texts."""
        return text_activations(encoder, 0, self.texts[:count], self.cache)


def make_inputs(folder: Path, count: int) -> Inputs:
    """Write `count` photographs to `folder` and make as many sentences, the same in every call."""
    with silent_logs():
        (folder / f"{TINY}.json").write_text(json.dumps(_TINY))
        open_clip.add_model_config(folder / f"{TINY}.json")
    photos = folder / "photos"
    photos.mkdir()
    files = tuple(photos / f"{number}.jpg" for number in range(count))
    with ThreadPoolExecutor() as pool:
        list(pool.map(_write_photo, files, range(count)))
    rng = np.random.default_rng(0)
    return Inputs(folder, files, tuple(_sentence(rng) for _ in range(count)))


def _write_photo(file: Path, seed: int) -> None:
    """Write noise at four scales around a colour, which compresses and decodes like a photograph."""
    rng = np.random.default_rng(seed)
    mixed = np.full((*PHOTO_SIZE[::-1], 3), rng.uniform(60, 190, 3), dtype=np.float32)
    for columns, strength in _OCTAVES:
        noise = rng.integers(0, 256, (columns * 3 // 4, columns, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(noise).resize(PHOTO_SIZE, Image.Resampling.BICUBIC))
        mixed += (smooth / 127.5 - 1) * strength
    Image.fromarray(mixed.clip(0, 255).astype(np.uint8)).save(file, quality=_QUALITY)


def _sentence(rng: np.random.Generator) -> str:
    words: Sequence[str] = rng.choice(_WORDS.split(), rng.integers(4, 41)).tolist()
    return " ".join(words)
