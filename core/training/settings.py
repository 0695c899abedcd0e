"""The settings of a fine-tuning, with the reason beside each default."""

from dataclasses import dataclass, replace

from core.errors import InputError


@dataclass(frozen=True)
class Settings:
    """How an encoder is fine-tuned. The defaults are for an open_clip model; `default_settings` fits them to others."""

    tune: str = "all"  # the paper tunes the whole model
    epochs: int = 8  # val mrr@100 has flattened by then on a few thousand pairs
    lr: float = 1e-5  # peak; WiSE-FT (Wortsman et al. 2022, appendix) tunes CLIP at 1e-5 to 3e-5
    backbone_lr_ratio: float = 1.0  # of `lr` for weights in front of the heads
    # Negatives come from the batch; this many ViT-B/32 activations fit into 24 GB. It is what all processes share
    # (torchrun), so that the same settings give the same training on any number of them.
    batch_size: int = 128
    weight_decay: float = 0.2  # CLIP's own (Radford et al. 2021, table 18)
    warmup: float = 0.1  # share of all steps; then cosine to zero
    seed: int = 0

    def __post_init__(self) -> None:
        checks = {
            "epochs": (self.epochs >= 0, "0 or more"),
            "lr": (0 < self.lr < 1, "between 0 and 1"),
            "batch-size": (self.batch_size >= 2, "at least 2, since the others of a batch are the negatives"),
        }
        for name, (good, expected) in checks.items():
            if not good:
                raise InputError(f"--{name} {getattr(self, name.replace('-', '_'))}: expected {expected}.")


# The heads of the built-in encoders start at zero and at the identity, so they stand twenty times the rate of
# pretrained weights; measured on news, tweets and photos (README).
_BUILT_IN_HEADS = Settings(tune="head", epochs=20, lr=5e-4, batch_size=256, weight_decay=0.5, warmup=0.3)
_BUILT_IN_TEXT = replace(_BUILT_IN_HEADS, epochs=6, backbone_lr_ratio=0.05, batch_size=128)
# Gradients through the image tower take 0.1 GB a picture (measured: 13 GB at 128), so half the batch.
_BUILT_IN_TOWERS = replace(_BUILT_IN_TEXT, batch_size=64)
_CLIP_HEADS = Settings(tune="head", epochs=12, lr=1e-4, batch_size=256)


def default_settings(encoder_name: str, tune: str | None) -> Settings:
    """The settings for `tune` (None: the encoder's usual choice: heads for the built-in ones, all for CLIP)."""
    built_in = encoder_name in ("lite", "lite-multilingual")
    tune = tune or ("head" if built_in else "all")
    if built_in:
        usual = {"head": _BUILT_IN_HEADS, "text": _BUILT_IN_TEXT}.get(tune, _BUILT_IN_TOWERS)
        return replace(usual, tune=tune)
    return replace(_CLIP_HEADS if tune == "head" else Settings(), tune=tune)
