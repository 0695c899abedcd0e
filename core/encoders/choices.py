"""Names of encoders and devices, without importing torch (docs/decisions/pages-without-torch.md)."""

from typing import Literal

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
BUILT_IN = ("lite", "lite-multilingual")
#: Prefixes: an open_clip repository on a hub, a folder with one, a hub name or folder of transformers.
HUB, FOLDER, TRANSFORMERS = "hf-hub:", "local-dir:", "hf:"


def short_name(encoder: str) -> str:
    """Return the model part of an encoder's name: `lite`, `ViT-B-32` of `ViT-B-32:openai`, NAME of `hf:ORG/NAME`."""
    scheme, _, rest = encoder.partition(":")
    return rest.rstrip("/").rpartition("/")[2] if f"{scheme}:" in (HUB, FOLDER, TRANSFORMERS) else scheme


def default_encoder_name(language: str, has_english: bool) -> str:
    """Return `lite` for English texts or texts with an English version, else `lite-multilingual`."""
    return "lite" if language == "en" or has_english else "lite-multilingual"
