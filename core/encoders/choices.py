"""What encoders and devices are called: known without loading torch, for pages and for verbs that need neither."""

from typing import Literal

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
BUILT_IN = ("lite", "lite-multilingual")
#: In front of a repository of open_clip on a hub, a folder with one, and either of transformers.
HUB, FOLDER, TRANSFORMERS = "hf-hub:", "local-dir:", "hf:"


def short_name(encoder: str) -> str:
    """Return the model's own part of a name: `lite`, `ViT-B-32` of `ViT-B-32:openai`, NAME of `hf:ORG/NAME`."""
    scheme, _, rest = encoder.partition(":")
    return rest.rstrip("/").rpartition("/")[2] if f"{scheme}:" in (HUB, FOLDER, TRANSFORMERS) else scheme


def default_encoder_name(language: str, has_english: bool) -> str:
    """`lite` where the text is English or has an English version, else the one that reads other languages."""
    return "lite" if language == "en" or has_english else "lite-multilingual"
