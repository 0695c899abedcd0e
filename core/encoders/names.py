"""What encoders and devices are called: known without loading torch, for pages and for verbs that need neither."""

from typing import Literal, get_args

DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[DeviceChoice, ...] = get_args(DeviceChoice)


def default_encoder_name(language: str, has_english: bool) -> str:
    """`lite` where the text is English or has an English version, else the one that reads other languages."""
    return "lite" if language == "en" or has_english else "lite-multilingual"
