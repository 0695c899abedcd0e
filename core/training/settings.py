"""Settings of a fine-tuning: the single source of command-line options, Train page, checks and files."""

from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from core.encoders.choices import BUILT_IN
from core.errors import InputError


@dataclass(frozen=True)
class Setting:
    """Description of a field of `Settings`.

    kind: type with bounds. has_option: True for `--NAME`, False for the rarer `--set NAME=VALUE`. label: on the Train
    page. help: effect of the setting. expected: allowed values, in words. reason: for the default of open_clip models.
    """

    name: str
    kind: Any
    has_option: bool
    label: str
    help: str
    expected: str
    reason: str

    @property
    def option(self) -> str:
        """Text in front of the value on the command line."""
        return f"--{self.name.replace('_', '-')} " if self.has_option else f"--set {self.name}="

    def checked(self, value: Any, strict: bool = True) -> Any:
        """Return `value` (not `strict`: parsed from text). Raises InputError that lists the allowed values."""
        try:
            return msgspec.convert(value, self.kind, strict=strict)
        except msgspec.ValidationError:
            raise InputError(f"{self.option}{value}: expected {self.expected}.") from None


def _option(default: Any, label: str, help: str, expected: str, reason: str, has_option: bool = True) -> Any:
    """Return a field of `Settings`; see `Setting`."""
    about = {"label": label, "help": help, "expected": expected, "reason": reason, "has_option": has_option}
    return field(default=default, metadata=about)


_rarer = partial(_option, has_option=False)


@dataclass(frozen=True)
class Settings:
    """Settings of a fine-tuning, with the defaults of open_clip models; `default_settings` has those of others.

    batch_size counts the pairs of all torchrun processes together, so that any number of them gives the same training.
    Raises InputError for a value that the field does not allow.
    """

    tune: str = _option(
        "all", "What to tune",
        "Tune the heads (head), the text tower (text), the last N blocks of each tower (last:N), adapters of rank R "
        "(lora:R) or all weights (all).",
        "head, text, last:N, lora:R or all", "The paper tunes the whole model.",
    )  # fmt: skip
    epochs: Annotated[int, Meta(ge=0)] = _option(
        8, "Epochs", "Passes over the train split.", "0 or more",
        "By then val mrr@100 has levelled off on a few thousand pairs.",
    )  # fmt: skip
    lr: Annotated[float, Meta(gt=0.0, lt=1.0)] = _option(
        1e-5, "Learning rate", "Highest learning rate, reached after warm-up.", "between 0 and 1",
        "Wortsman et al. (2022, appendix) fine-tune CLIP with 1e-5 to 3e-5.",
    )  # fmt: skip
    batch_size: Annotated[int, Meta(ge=2)] = _option(
        128, "Batch size", "Pairs per step, of all processes together; each pair's negatives are the other pairs.",
        "at least 2, because the other pairs of a batch are the negatives",
        "More pairs give more negatives; 128 pairs of ViT-B/32 fit into 24 GB of memory.",
    )  # fmt: skip
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = _option(
        0, "Seed", "Random seed of the order of pairs and of dropout.", "a whole number from 0 to 4294967295",
        "Any number works; the same seed gives the same weights on the same machine.",
    )  # fmt: skip
    patience: Annotated[int, Meta(ge=1)] | None = _option(
        None, "Patience",
        "Stop after this many epochs without a better val metric and restore the best one; off if not given.",
        "at least 1 epoch", "Off, because α, chosen on the same val articles, also corrects for too long a training.",
    )  # fmt: skip
    stop_metric: Literal["mrr@100", "recall@1"] = _rarer(
        "mrr@100", "Stop metric", "Val metric for patience: mrr@100 or recall@1.", "one of mrr@100, recall@1",
        "mrr@100 changes with the rank of every article, recall@1 only with first places.",
    )  # fmt: skip
    weight_decay: Annotated[float, Meta(ge=0.0, le=10.0)] = _rarer(
        0.2,
        "Weight decay",
        "Weight decay of AdamW, on matrices only.",
        "from 0 to 10",
        "The value of CLIP's pretraining (Radford et al. 2021, table 18).",
    )
    warmup: Annotated[float, Meta(ge=0.0, le=1.0)] = _rarer(
        0.1, "Warm-up share", "Share of all steps in which the learning rate rises.",
        "a share of all steps, from 0 to 1",
        "Adam's first steps are noisy, so the rate rises slowly, then falls to zero along a cosine.",
    )  # fmt: skip
    layer_decay: Annotated[float, Meta(gt=0.0, le=1.0)] = _rarer(
        1.0, "Layer decay", "Factor on the learning rate for each block further from the heads; 1 for equal rates.",
        "a factor above 0, at most 1", "The paper trains all layers at the same rate.",
    )  # fmt: skip
    backbone_lr_ratio: Annotated[float, Meta(gt=0.0, le=1.0)] = _rarer(
        1.0, "Backbone rate", "Learning rate of the weights in front of the heads, as a share of the heads' rate.",
        "a share above 0, at most 1", "All weights are pretrained, so all train at the same rate.",
    )  # fmt: skip
    augment: bool = _rarer(
        False, "Augment images", "Apply random crops to images each epoch; requires tune all.",
        "true or false",
        "Off. The crops are square, 90 to 100 % of an image, as in open_clip's training; no flips.",
    )  # fmt: skip
    chunk_size: Annotated[int, Meta(ge=1)] | None = _rarer(
        None, "Chunk size", "Pairs in memory at once; the same loss and gradients, with one more forward pass.",
        "at least 1 pair",
        "Not set: the whole batch at once is fastest if it fits into memory.",
    )  # fmt: skip
    grad_checkpointing: bool = _rarer(
        False, "Gradient checkpointing", "Store only the activations between blocks: less memory, more time.",
        "true or false",
        "Off: it takes a quarter more time (measured) and helps only if memory runs out.",
    )  # fmt: skip
    pull: Annotated[float, Meta(ge=0.0, le=1000.0)] = _rarer(
        0.0, "Pull to zero-shot",
        "Decay towards the zero-shot weights (L2-SP): each step undoes this times the learning rate of the change.",
        "from 0 to 1000", "Off: mixing zero-shot back in with α gives as much and can be undone (docs/results.md).",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for setting in all_settings():
            setting.checked(getattr(self, setting.name))
        if self.augment and self.tune != "all":
            raise InputError(
                "--set augment=true: expected --tune all, because only then each epoch reads the images again."
            )

    def as_options(self) -> list[str]:
        """Return these settings as options of `rematch train`."""
        values = {setting.option.replace(" ", "=", 1): getattr(self, setting.name) for setting in all_settings()}
        return [f"{option}{value}" for option, value in values.items() if value is not None]


@cache
def all_settings() -> tuple[Setting, ...]:
    """Return all settings, in the order of the fields."""
    kinds = get_type_hints(Settings, include_extras=True)
    return tuple(Setting(item.name, kinds[item.name], **item.metadata) for item in fields(Settings))


# The heads of the built-in encoders start at zero and at the identity, so they tolerate twenty times the rate of
# pretrained weights; measured on news, tweets and photos (docs/results.md).
_BUILT_IN_HEADS = Settings(tune="head", epochs=20, lr=5e-4, batch_size=256, weight_decay=0.5, warmup=0.3)
_BUILT_IN_TEXT = replace(_BUILT_IN_HEADS, epochs=6, backbone_lr_ratio=0.05, batch_size=128)
# Gradients through the image tower take 0.1 GB per image (measured: 13 GB at 128), so half the batch.
_BUILT_IN_TOWERS = replace(_BUILT_IN_TEXT, batch_size=64)
# Only the text tower has adapters; they start at zero, like the heads.
_BUILT_IN_LORA = replace(_BUILT_IN_TEXT, backbone_lr_ratio=1.0)
_CLIP_HEADS = Settings(tune="head", epochs=12, lr=1e-4, batch_size=256)
_CLIP_LORA = Settings(tune="lora:8", lr=2e-4)

_MANY_PAIRS = "More pairs give more negatives, and heads need little memory."
_NO_BACKBONE = "No effect, because only the heads train."
_BUILT_IN_REASONS = {
    "tune": "Heads train in seconds on stored features and gave most of the gain on news, tweets and photos.",
    "epochs": "An epoch of heads takes about a second; by then val mrr@100 has levelled off.",
    "lr": "The heads start untrained, so they tolerate twenty times the rate of pretrained weights.",
    "batch_size": _MANY_PAIRS,
    "weight_decay": "High, because a model soon memorises a few hundred pairs (measured on news, tweets and photos).",
    "backbone_lr_ratio": _NO_BACKBONE,
    "warmup": "Untrained heads and a high rate need a slow start; then the rate falls to zero along a cosine.",
}
_BUILT_IN_TOWER_REASONS = _BUILT_IN_REASONS | {
    "epochs": "An epoch takes about a minute (measured); by then val mrr@100 has levelled off.",
    "lr": "For the heads, which start untrained; the pretrained weights train at a twentieth of it.",
    "backbone_lr_ratio": "The weights in front of the heads are pretrained, so they train at a twentieth of the rate.",
    "batch_size": "More pairs give more negatives, but gradients through a tower take up to 0.1 GB per pair.",
}
_BUILT_IN_LORA_REASONS = _BUILT_IN_TOWER_REASONS | {
    "tune": "Trains small adapters on the linear layers of the text tower, and the heads; merged into the weights.",
    "lr": "For heads and adapters, because both start untrained.",
    "backbone_lr_ratio": "Adapters start at zero, so they train at the rate of the heads.",
}
_CLIP_HEAD_REASONS = {
    "epochs": "An epoch of heads is fast, so there are more of them than for the whole model.",
    "backbone_lr_ratio": _NO_BACKBONE,
    "lr": "The heads alone tolerate ten times the rate of the whole model.",
    "batch_size": _MANY_PAIRS,
}
_CLIP_LORA_REASONS = {
    "tune": "Trains only small adapters on the linear layers of all blocks; merged into the weights at the end.",
    "lr": "CLIP-LoRA (Zanella and Ben Ayed 2024) uses 2e-4: adapters start at zero and tolerate a higher rate.",
}


def default_settings(encoder_name: str, tune: str | None) -> Settings:
    """Return the settings for `tune`; None means heads for built-in encoders and all weights for others."""
    tune = tune or ("head" if _is_built_in(encoder_name) else "all")
    if _is_built_in(encoder_name):
        usual = {"head": _BUILT_IN_HEADS, "text": _BUILT_IN_TEXT, "lora": _BUILT_IN_LORA}
        return replace(usual.get(tune.partition(":")[0], _BUILT_IN_TOWERS), tune=tune)
    return replace({"head": _CLIP_HEADS, "lora": _CLIP_LORA}.get(tune.partition(":")[0], Settings()), tune=tune)


def reasons(encoder_name: str, tune: str) -> dict[str, str]:
    """Return the reason for the default of each setting with this encoder and `tune`: setting → sentence."""
    usual = {setting.name: setting.reason for setting in all_settings()}
    if _is_built_in(encoder_name):
        built_in = {"head": _BUILT_IN_REASONS, "lora": _BUILT_IN_LORA_REASONS}
        return usual | built_in.get(tune.partition(":")[0], _BUILT_IN_TOWER_REASONS)
    return usual | {"head": _CLIP_HEAD_REASONS, "lora": _CLIP_LORA_REASONS}.get(tune.partition(":")[0], {})


def _is_built_in(encoder_name: str) -> bool:
    return encoder_name in BUILT_IN
