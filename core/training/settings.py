"""The settings of a fine-tuning: the one list that options, the Train page, checks and files are made from."""

from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from core.errors import InputError


@dataclass(frozen=True)
class Setting:
    """A field of `Settings` and what is known of it.

    has_option: it has an option of its own; the others, which few need, are given by `--set`. label: on the Train page.
    help: what it does. expected: the values that `kind`, the type with its bounds, allows. reason: for the default of
    an open_clip model.
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
        """What stands before the value on the command line."""
        return f"--{self.name.replace('_', '-')} " if self.has_option else f"--set {self.name}="

    def checked(self, value: Any, strict: bool = True) -> Any:
        """Return `value`; not `strict`: the value that a text means. Raises InputError that names what is expected."""
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
    """How an encoder is fine-tuned. The defaults are for an open_clip model; `default_settings` fits them to others.

    batch_size is what all processes of torchrun share, so that the same settings give the same training on any number
    of them. Raises InputError for a value that its field does not allow.
    """

    tune: str = _option(
        "all", "What to tune",
        "Tune the heads (head), the text tower (text), the last N blocks of each tower (last:N), adapters of rank R "
        "(lora:R) or all weights (all).",
        "head, text, last:N, lora:R or all", "The paper tunes the whole model.",
    )  # fmt: skip
    epochs: Annotated[int, Meta(ge=0)] = _option(
        8, "Epochs", "Pass this many times over the train split.", "0 or more",
        "Val mrr@100 has flattened by then on a few thousand pairs.",
    )  # fmt: skip
    lr: Annotated[float, Meta(gt=0.0, lt=1.0)] = _option(
        1e-5, "Learning rate", "Set the peak learning rate.", "between 0 and 1",
        "WiSE-FT (Wortsman et al. 2022, appendix) tunes CLIP at 1e-5 to 3e-5.",
    )  # fmt: skip
    batch_size: Annotated[int, Meta(ge=2)] = _option(
        128, "Batch size", "Use this many pairs per step, all processes together.",
        "at least 2, since the others of a batch are the negatives",
        "The others of a batch are the negatives; this many ViT-B/32 activations fit into 24 GB.",
    )  # fmt: skip
    seed: Annotated[int, Meta(ge=0, le=2**32 - 1)] = _option(
        0, "Seed", "Set the random seed of pair order and dropout.", "a whole number from 0 to 4294967295",
        "Any number; the same one gives the same weights on the same machine.",
    )  # fmt: skip
    patience: Annotated[int, Meta(ge=1)] | None = _option(
        None, "Patience",
        "Stop after this many epochs without a better val metric and restore the best epoch.",
        "at least 1 epoch", "Off: α corrects for training too long, and is chosen on the same articles.",
    )  # fmt: skip
    stop_metric: Literal["mrr@100", "recall@1"] = _rarer(
        "mrr@100", "Stop metric", "Val metric that patience watches.", "one of mrr@100, recall@1",
        "It moves with every article, recall@1 only with the few at the top.",
    )  # fmt: skip
    weight_decay: Annotated[float, Meta(ge=0.0, le=10.0)] = _rarer(
        0.2,
        "Weight decay",
        "Weight decay of AdamW on matrices.",
        "from 0 to 10",
        "CLIP's own (Radford et al. 2021, table 18).",
    )
    warmup: Annotated[float, Meta(ge=0.0, le=1.0)] = _rarer(
        0.1, "Warm-up share",
        "Share of all steps in which the learning rate rises.", "a share of all steps, from 0 to 1",
        "Adam's first steps are noisy; after them the rate falls as a cosine to zero.",
    )  # fmt: skip
    layer_decay: Annotated[float, Meta(gt=0.0, le=1.0)] = _rarer(
        1.0, "Layer decay",
        "Factor on the learning rate for each block further from the heads; 1 means none.",
        "a factor above 0, at most 1", "The paper moves all layers at the same rate.",
    )  # fmt: skip
    backbone_lr_ratio: Annotated[float, Meta(gt=0.0, le=1.0)] = _rarer(
        1.0, "Backbone rate",
        "Learning rate of the weights in front of the heads, as a share of the learning rate.",
        "a share above 0, at most 1", "All weights are pretrained, so all move at the same rate.",
    )  # fmt: skip
    augment: bool = _rarer(
        False, "Augment images", "Crop the images randomly in every epoch; needs tune all.", "true or false",
        "On: square crops of 90 to 100 % of an image, as open_clip trains; no flips.",
    )  # fmt: skip
    chunk_size: Annotated[int, Meta(ge=1)] | None = _rarer(
        None, "Chunk size",
        "Pairs in memory at once. Fewer pairs need less memory and one more forward pass; the gradients are the same.",
        "at least 1 pair",
        "Not set: the whole batch at once, which is quickest where it fits.",
    )  # fmt: skip
    grad_checkpointing: bool = _rarer(
        False, "Gradient checkpointing",
        "Store only the activations between blocks: less memory, more time.", "true or false",
        "A quarter more time (measured); needed only where memory runs out.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for setting in all_settings():
            setting.checked(getattr(self, setting.name))
        if self.augment and self.tune != "all":
            raise InputError("--set augment=true: expected --tune all with it, since only then are images read anew.")

    def as_options(self) -> list[str]:
        """Return the options of `rematch train` that give these settings."""
        values = {setting.option.replace(" ", "=", 1): getattr(self, setting.name) for setting in all_settings()}
        return [f"{option}{value}" for option, value in values.items() if value is not None]


@cache
def all_settings() -> tuple[Setting, ...]:
    """Return all settings, in the order of the fields."""
    kinds = get_type_hints(Settings, include_extras=True)
    return tuple(Setting(each.name, kinds[each.name], **each.metadata) for each in fields(Settings))


# The heads of the built-in encoders start at zero and at the identity, so they stand twenty times the rate of
# pretrained weights; measured on news, tweets and photos (README).
_BUILT_IN_HEADS = Settings(tune="head", epochs=20, lr=5e-4, batch_size=256, weight_decay=0.5, warmup=0.3)
_BUILT_IN_TEXT = replace(_BUILT_IN_HEADS, epochs=6, backbone_lr_ratio=0.05, batch_size=128)
# Gradients through the image tower take 0.1 GB an image (measured: 13 GB at 128), so half the batch.
_BUILT_IN_TOWERS = replace(_BUILT_IN_TEXT, batch_size=64)
# Adapters exist in the text tower only; they start at zero, as the heads do.
_BUILT_IN_LORA = replace(_BUILT_IN_TEXT, backbone_lr_ratio=1.0)
_CLIP_HEADS = Settings(tune="head", epochs=12, lr=1e-4, batch_size=256)
_CLIP_LORA = Settings(tune="lora:8", lr=2e-4)

_BUILT_IN_REASONS = {
    "tune": "Heads train in seconds on kept features, and gave most of the gain on news, tweets and photos.",
    "epochs": "An epoch of heads takes a second or so; val mrr@100 has flattened by then.",
    "lr": "The heads start at zero and at the identity, so they stand twenty times the rate of pretrained weights.",
    "batch_size": "The others of a batch are the negatives; heads need little memory, so many fit.",
    "weight_decay": "Strong, since a few hundred pairs are soon learnt by heart (measured on news, tweets and photos).",
    "backbone_lr_ratio": "Without effect: nothing in front of the heads is tuned.",
    "warmup": "New heads meet a high rate, so it rises slowly; then it falls as a cosine to zero.",
}
_BUILT_IN_TOWER_REASONS = _BUILT_IN_REASONS | {
    "epochs": "Each takes about a minute here, and val mrr@100 has flattened by then.",
    "lr": "For the heads, which start new; the pretrained weights in front of them move at a twentieth of it.",
    "backbone_lr_ratio": "What stands in front of the heads is pretrained, so it moves at a twentieth of the rate.",
    "batch_size": "The others of a batch are the negatives; gradients through a tower take up to 0.1 GB a pair.",
}
_BUILT_IN_LORA_REASONS = _BUILT_IN_TOWER_REASONS | {
    "tune": "Adapters beside the linear layers of the text tower learn with the heads; merged at the end.",
    "lr": "For heads and adapters alike, since both start at zero or at the identity.",
    "backbone_lr_ratio": "Adapters start at zero, so they stand the rate of new heads.",
}
_CLIP_HEAD_REASONS = {
    "epochs": "An epoch of heads is quick, so more of them than for the whole model.",
    "backbone_lr_ratio": "Without effect: nothing in front of the heads is tuned.",
    "lr": "The heads alone stand ten times the rate of the whole model.",
    "batch_size": "The others of a batch are the negatives; heads need little memory, so many fit.",
}
_CLIP_LORA_REASONS = {
    "tune": "Adapters beside the linear layers of all blocks learn, the model itself stays; merged at the end.",
    "lr": "CLIP-LoRA (Zanella and Ben Ayed 2024) takes 2e-4: adapters start at zero and stand more than the model.",
}


def default_settings(encoder_name: str, tune: str | None) -> Settings:
    """The settings for `tune` (None: the encoder's usual choice: heads for the built-in ones, all for CLIP)."""
    tune = tune or ("head" if _is_built_in(encoder_name) else "all")
    if _is_built_in(encoder_name):
        usual = {"head": _BUILT_IN_HEADS, "text": _BUILT_IN_TEXT, "lora": _BUILT_IN_LORA}
        return replace(usual.get(tune.partition(":")[0], _BUILT_IN_TOWERS), tune=tune)
    return replace({"head": _CLIP_HEADS, "lora": _CLIP_LORA}.get(tune.partition(":")[0], Settings()), tune=tune)


def reasons(encoder_name: str, tune: str) -> dict[str, str]:
    """Return for each setting the reason for its default with this encoder and `tune`, a sentence."""
    usual = {setting.name: setting.reason for setting in all_settings()}
    if _is_built_in(encoder_name):
        own = {"head": _BUILT_IN_REASONS, "lora": _BUILT_IN_LORA_REASONS}
        return usual | own.get(tune.partition(":")[0], _BUILT_IN_TOWER_REASONS)
    return usual | {"head": _CLIP_HEAD_REASONS, "lora": _CLIP_LORA_REASONS}.get(tune.partition(":")[0], {})


def _is_built_in(encoder_name: str) -> bool:
    return encoder_name in ("lite", "lite-multilingual")
