"""Interface of all encoders: two towers, each a list of stages, into one embedding space.

A tower is cut into stages (docs/decisions/towers-cut-into-stages.md) so that frozen parts run once: the activations
in front of the first changed stage are the same for every α and every epoch. Code outside `core.encoders` depends on
this interface only.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from core.errors import InputError

TowerName = Literal["image", "text"]
TOWERS: tuple[TowerName, ...] = ("image", "text")


@dataclass(frozen=True)
class Stage:
    """One step of a tower.

    keys: prefixes of the state-dict keys that belong to the stage. run: (activations [b, …], the tower's input) →
    activations; the first stage's activations are the input, later stages may need the input for text masks.
    kind: `block` for the stages that `--tune last:N` counts, `head` for the last one, `body` for the rest.
    """

    name: str
    keys: tuple[str, ...]
    run: Callable[[Tensor, Tensor], Tensor]
    kind: Literal["body", "block", "head"] = "body"


@dataclass(frozen=True)
class OpenClipCheckpoint:
    """Weights and arguments with which open_clip loads a model without Rematch.

    architecture: name for ``open_clip.create_model``. weights: under open_clip's names. activation: the one the
    weights were trained with, which tensors do not show. options: further arguments, as source text.
    """

    architecture: str
    weights: dict[str, Tensor]
    activation: str
    options: str


@dataclass(frozen=True)
class AdamOptions:
    """AdamW's constants for an encoder. The defaults are PyTorch's.

    open_clip's for a ViT (Radford et al. 2021, table 18) forget squared gradients after some 50 steps instead of
    1,000, and their larger eps damps the first steps of parameters with tiny gradients.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8

    @classmethod
    def of_open_clip(cls, architecture: str) -> "AdamOptions":
        """Return open_clip's constants for `architecture`, by the rule of `open_clip_train.params` (3.3.0)."""
        return cls(beta2=0.98, eps=1e-6) if "vit" in architecture.lower() else cls()


class Encoder(nn.Module, ABC):
    """Two towers in one embedding space. Not thread-safe while weights are set.

    languages: two-letter codes of the languages that the text tower reads.
    built: description of everything but the weights; runs store it, because a different build gives different numbers.
    pad_id: token id of the padding, if dropping padding changes no embedding; else None.
    grad_checkpointing: in passes with gradients, store activations between blocks only and recompute the others.
    adam: AdamW's constants for training the encoder.
    """

    name: str
    embedding_dim: int
    languages: frozenset[str]
    preprocessing: str
    tokenization: str
    built: str = ""
    pad_id: int | None
    logit_scale: nn.Parameter
    grad_checkpointing: bool = False
    adam: AdamOptions = AdamOptions()

    def __init__(self) -> None:
        super().__init__()
        self._dtypes: dict[TowerName, torch.dtype] = dict.fromkeys(TOWERS, torch.float32)

    @property
    @abstractmethod
    def image_stages(self) -> tuple[Stage, ...]:
        """Stages from uint8 pixels [b, 3, H, W] to embeddings [b, d]."""

    @property
    @abstractmethod
    def text_stages(self) -> tuple[Stage, ...]:
        """Stages from tokens [b, L] to embeddings [b, d]."""

    @abstractmethod
    def preprocess(self, image: Image.Image) -> Tensor:
        """Resize and crop an RGB image: uint8 [3, H, W]. The first stage normalises."""

    @abstractmethod
    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Tokenize texts for the first text stage: [n, context], truncated to the encoder's context."""

    def stages(self, tower: TowerName) -> tuple[Stage, ...]:
        """Return the stages of one tower."""
        return self.image_stages if tower == "image" else self.text_stages

    def forward_between(
        self, tower: TowerName, x: Tensor, source: Tensor, start: int = 0, stop: int | None = None
    ) -> Tensor:
        """Run stages start … stop−1 of a tower on the activations `x` in front of stage `start`.

        source: the tower's input for the same rows (tokens; image stages after stage 0 ignore it).
        """
        for stage in self.stages(tower)[start:stop]:
            if x.is_floating_point():
                x = x.to(torch.float32 if stage.kind == "head" else self._dtypes[tower])
            if self.grad_checkpointing and stage.kind == "block" and torch.is_grad_enabled():
                x = checkpoint(stage.run, x, source, use_reentrant=False)
            else:
                x = stage.run(x, source)
        return x

    def compute_in(self, tower: TowerName, dtype: torch.dtype) -> None:
        """Cast a tower's weights to `dtype` and compute its stages in it; heads stay float32, being small and last.

        Casting back does not restore the rounded digits: set the weights again.
        """
        keys = tuple(key for stage in self.stages(tower) if stage.kind != "head" for key in stage.keys)
        for key, tensor in self.state_dict(keep_vars=True).items():
            if keys and key.startswith(keys) and tensor.is_floating_point():
                tensor.data = tensor.data.to(dtype)
        self._dtypes[tower] = dtype

    def computes_in(self, tower: TowerName) -> torch.dtype:
        """Return the dtype that `compute_in` set, float32 by default."""
        return self._dtypes[tower]

    def open_clip_checkpoint(self) -> "OpenClipCheckpoint":
        """Return the current weights for open_clip. Raises InputError if open_clip cannot load the model."""
        raise InputError(
            f"{self.name} cannot be exported for open_clip: it is not an open_clip model. Use a run with an open_clip "
            f"encoder."
        )

    def encode_image(self, pixels: Tensor) -> Tensor:
        """Embed pixels uint8 [b, 3, H, W]: float [b, d], of length one."""
        return functional.normalize(self.forward_between("image", pixels, pixels), dim=-1)

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Embed tokens [b, L]: float [b, d], of length one."""
        return functional.normalize(self.forward_between("text", tokens, tokens), dim=-1)

    def train(self, mode: bool = True) -> "Encoder":
        """Switch only `TuningDropout`: batch-norm statistics and pretrained dropout stay in evaluation mode."""
        super().train(False)
        for module in self.modules():
            if isinstance(module, TuningDropout):
                module.train(mode)
        return self

    def set_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Copy `weights` into the parameters and buffers of the same names; leave the others unchanged."""
        state = self.state_dict()
        with torch.no_grad():
            for key, tensor in weights.items():
                state[key].copy_(tensor)


class TuningDropout(nn.Dropout):
    """Dropout for fine-tuning, the only module that `Encoder.train` switches on."""


def first_changed_stage(encoder: Encoder, tower: TowerName, changed: set[str]) -> int:
    """Return the index of the first stage that owns a key of `changed`, or the number of stages if none does."""
    stages = encoder.stages(tower)
    for index, stage in enumerate(stages):
        if any(key.startswith(prefix) for prefix in stage.keys for key in changed):
            return index
    return len(stages)


def first_tuned_stages(encoder: Encoder, tune: str) -> dict[TowerName, int]:
    """Return the first stage that `--tune` trains in each tower; all later stages are trained too.

    head: the two heads. text: the whole text tower and the image head. last:N: the last N blocks of each tower and all
    later stages. lora:R: the heads, and adapters of rank R in all blocks that have linear layers. all: everything.
    Raises InputError: unknown value, a tower that is not cut into stages, or no layer that LoRA can adapt.
    """
    heads: dict[TowerName, int] = {
        "image": len(encoder.image_stages) - 1,
        "text": len(encoder.text_stages) - 1,
    }
    if tune == "all":
        return {"image": 0, "text": 0}
    whole = [tower for tower, head in heads.items() if encoder.stages(tower)[head].kind != "head"]
    if whole:
        raise InputError(
            f"--tune {tune} cannot be used with {encoder.name}: its {' and '.join(whole)} tower has no separate head. "
            f"Use --tune all."
        )
    if tune == "head":
        return heads
    if tune == "text":
        return {"image": heads["image"], "text": 0}
    word, _, number = tune.partition(":")
    if word in ("last", "lora") and number.isdecimal() and int(number) > 0:
        if word == "last":
            return {tower: _last_blocks(encoder.stages(tower), int(number)) for tower in heads}
        return _adapted(encoder, heads)
    raise InputError(
        f"--tune {tune} is not known. Use head, text, all, last:N or lora:R, with N and R from 1 (for example last:2)."
    )


def _last_blocks(stages: tuple[Stage, ...], count: int) -> int:
    blocks = [index for index, stage in enumerate(stages) if stage.kind == "block"]
    if not blocks:  # a frozen text model in front of a head: only the head can be tuned
        return len(stages) - 1
    return blocks[-count] if count <= len(blocks) else 0


def _adapted(encoder: Encoder, heads: dict[TowerName, int]) -> dict[TowerName, int]:
    first = {tower: min(block_linears(encoder, tower), default=head) for tower, head in heads.items()}
    if first == heads:
        raise InputError(
            f"LoRA cannot be used with {encoder.name}: its blocks have no linear layers that LoRA can adapt. "
            f"Use --tune head or last:N."
        )
    return first


def block_linears(encoder: Encoder, tower: TowerName) -> dict[int, list[str]]:
    """Return stage index → names of linear layers in that block, without those inside nn.MultiheadAttention."""
    modules = dict(encoder.named_modules())
    inside = tuple(f"{name}." for name, module in modules.items() if isinstance(module, nn.MultiheadAttention))
    linears = [name for name, module in modules.items() if isinstance(module, nn.Linear)]
    found: dict[int, list[str]] = {}
    for index, stage in enumerate(encoder.stages(tower)):
        in_stage = [name for name in linears if name.startswith(stage.keys) and not name.startswith(inside)]
        if stage.kind == "block" and in_stage:
            found[index] = in_stage
    return found
