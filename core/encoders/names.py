"""What encoders and devices are called: known without loading torch, for pages and for verbs that need neither."""

from typing import Literal, get_args

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[DeviceChoice, ...] = get_args(DeviceChoice)
_SCHEMES = ("hf-hub", "local-dir", "hf")  # in front of a repository or folder


def short_name(encoder: str) -> str:
    """Return the model's own part of a name: `lite`, `ViT-B-32` of `ViT-B-32:openai`, NAME of `hf:ORG/NAME`."""
    scheme, _, rest = encoder.partition(":")
    return rest.rstrip("/").rpartition("/")[2] if scheme in _SCHEMES else scheme


def default_encoder_name(language: str, has_english: bool) -> str:
    """`lite` where the text is English or has an English version, else the one that reads other languages."""
    return "lite" if language == "en" or has_english else "lite-multilingual"
