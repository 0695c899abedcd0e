"""The settings of a fine-tuning, with the reason beside each default: for who reads the code and for the Train page."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

from core.errors import InputError

STOP_METRICS = ("mrr@100", "recall@1")


def _because(default: Any, reason: str) -> Any:
    """A field with its default and the reason for it, which `reasons` gives back."""
    return field(default=default, metadata={"reason": reason})


@dataclass(frozen=True)
class Settings:
    """How an encoder is fine-tuned. The defaults are for an open_clip model; `default_settings` fits them to others.

    batch_size: what all processes of torchrun share, so that the same settings give the same training on any number
    of them. lr: the peak. backbone_lr_ratio: of `lr`, for weights in front of the heads. warmup: share of all steps.
    layer_decay: factor on the rate for each block further from the heads. chunk_size: pairs whose activations are
    in memory at once; None: the batch. grad_checkpointing: keep the activations between blocks only. augment: other
    crops of the images in every epoch. stop_after: epochs without a better `stop_metric` on val; None: never.
    """

    tune: str = _because("all", "The paper tunes the whole model.")
    epochs: int = _because(8, "Val mrr@100 has flattened by then on a few thousand pairs.")
    lr: float = _because(1e-5, "WiSE-FT (Wortsman et al. 2022, appendix) tunes CLIP at 1e-5 to 3e-5.")
    backbone_lr_ratio: float = _because(1.0, "All weights are pretrained, so all move at the same rate.")
    batch_size: int = _because(
        128, "The others of a batch are the negatives; this many ViT-B/32 activations fit into 24 GB."
    )
    weight_decay: float = _because(0.2, "CLIP's own (Radford et al. 2021, table 18).")
    warmup: float = _because(0.1, "Adam's first steps are noisy; after them the rate falls as a cosine to zero.")
    seed: int = _because(0, "Any number; the same one gives the same weights on the same machine.")
    layer_decay: float = _because(1.0, "The paper moves all layers at the same rate.")
    augment: bool = _because(False, "On: square crops of 90 to 100 % of an image, as open_clip trains; no flips.")
    stop_after: int | None = _because(
        None, "Off: α mends what was tuned for too long, and is chosen on the same articles."
    )
    stop_metric: str = _because("mrr@100", "It moves with every article, recall@1 only with the few at the top.")
    chunk_size: int | None = _because(None, "None: the whole batch at once, which is quickest where it fits.")
    grad_checkpointing: bool = _because(False, "A quarter more time (measured); needed only where memory runs out.")

    def __post_init__(self) -> None:
        checks = {
            "epochs": (self.epochs >= 0, "0 or more"),
            "lr": (0 < self.lr < 1, "between 0 and 1"),
            "batch-size": (self.batch_size >= 2, "at least 2, since the others of a batch are the negatives"),
            "weight-decay": (0 <= self.weight_decay <= 10, "from 0 to 10"),
            "warmup": (0 <= self.warmup <= 1, "a share of all steps, from 0 to 1"),
            "seed": (0 <= self.seed < 2**32, "a whole number from 0 to 4294967295"),
            "layer-decay": (0 < self.layer_decay <= 1, "a factor above 0, at most 1"),
            "patience": (self.stop_after is None or self.stop_after >= 1, "at least 1 epoch"),
            "stop-metric": (self.stop_metric in STOP_METRICS, f"one of {', '.join(STOP_METRICS)}"),
            "chunk-size": (self.chunk_size is None or self.chunk_size >= 1, "at least 1 pair"),
            "augment": (
                not self.augment or self.tune == "all",
                "--tune all with it, since only then are images read anew",
            ),
        }
        for name, (good, expected) in checks.items():
            if not good:
                value = self.stop_after if name == "patience" else getattr(self, name.replace("-", "_"))
                raise InputError(f"--{name} {value}: expected {expected}.")


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
    "warmup": "New heads meet a high rate, so it rises slowly; then it falls as a cosine to zero.",
}
_BUILT_IN_TOWER_REASONS = _BUILT_IN_REASONS | {
    "epochs": "Each takes about a minute here, and val mrr@100 has flattened by then.",
    "lr": "For the heads, which start new; the pretrained weights in front of them move at a twentieth of it.",
    "batch_size": "The others of a batch are the negatives; gradients through a tower take up to 0.1 GB a pair.",
}
_BUILT_IN_LORA_REASONS = _BUILT_IN_TOWER_REASONS | {
    "tune": "Adapters beside the linear layers of the text tower learn with the heads; merged at the end.",
    "lr": "For heads and adapters alike, since both start at zero or at the identity.",
    "backbone_lr_ratio": "Adapters start at zero, so they stand the rate of new heads.",
}
_CLIP_HEAD_REASONS = {
    "epochs": "An epoch of heads is quick, so more of them than for the whole model.",
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
    """For each setting, why its default for this encoder and `tune` is what it is: a sentence."""
    usual = {each.name: each.metadata["reason"] for each in fields(Settings)}
    if _is_built_in(encoder_name):
        own = {"head": _BUILT_IN_REASONS, "lora": _BUILT_IN_LORA_REASONS}
        return usual | own.get(tune.partition(":")[0], _BUILT_IN_TOWER_REASONS)
    return usual | {"head": _CLIP_HEAD_REASONS, "lora": _CLIP_LORA_REASONS}.get(tune.partition(":")[0], {})


def _is_built_in(encoder_name: str) -> bool:
    return encoder_name in ("lite", "lite-multilingual")
