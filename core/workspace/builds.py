"""Check that a run's encoder is built as it was at training: the same weights in another model give other numbers."""

from typing import Protocol

from core.errors import InputError

#: MODEL:TAG of open_clip that earlier versions built with GELU although the weights were trained with QuickGELU. Runs
#: of those versions do not record how their encoder was built. (`roberta-ViT-B-32` was correct: its configuration
#: decides.)
BUILT_WITH_GELU = frozenset(
    f"{model}:{tag}"
    for model, tags in {
        "RN50": "openai yfcc15m cc12m",
        "RN101": "openai yfcc15m",
        "RN50x4": "openai",
        "RN50x16": "openai",
        "RN50x64": "openai",
        "ViT-B-32": "openai laion400m_e31 laion400m_e32 metaclip_400m metaclip_fullcc",
        "ViT-B-16": "openai dfn2b metaclip_400m metaclip_fullcc",
        "ViT-L-14": "openai metaclip_400m metaclip_fullcc dfn2b",
        "ViT-L-14-336": "openai",
        "ViT-H-14": "metaclip_fullcc dfn5b",
        "ViT-H-14-378": "dfn5b",
        "ViT-bigG-14": "metaclip_fullcc",
        "ViT-H-14-worldwide": "metaclip2_worldwide",
    }.items()
    for tag in tags.split()
)
#: The tag of SigLIP's weights. The same versions built them with exact GELU; they need the tanh approximation.
_SIGLIP = ":webli"


class EncoderRecord(Protocol):
    """The fields about the encoder that runs and unfinished trainings share."""

    @property
    def domain(self) -> str:
        """Slug of the domain."""

    @property
    def encoder(self) -> str:
        """Name of the encoder."""

    @property
    def built(self) -> str | None:
        """Parts of the encoder (`Encoder.built`). None: recorded by a version before this field existed."""


def was_built_wrongly(made: EncoderRecord) -> bool:
    """Return whether an earlier version built the encoder with a wrong activation function."""
    return made.built is None and (made.encoder in BUILT_WITH_GELU or made.encoder.endswith(_SIGLIP))


def check_build(made: EncoderRecord, owner: str, built: str | None = None) -> None:
    """Raise InputError if the encoder was built wrongly, or differs from the current one.

    owner: the run or training, for the message. built: `Encoder.built` of the current encoder; None skips this check.
    """
    again = f"train again: rematch train --domain {made.domain} --encoder {made.encoder}"
    if was_built_wrongly(made):
        trained = "GELU approximated by tanh" if made.encoder.endswith(_SIGLIP) else "QuickGELU"
        raise InputError(
            f"{owner} cannot be used: an earlier version of Rematch built {made.encoder} with GELU, but these weights "
            f"were trained with {trained}, so the numbers are those of a worse model. Delete it and {again}"
        )
    if built is not None and made.built is not None and made.built != built:
        raise InputError(
            f"{owner} cannot be used: it was trained with {made.encoder} built as [{made.built}], but this version "
            f"builds it as [{built}], which changes the numbers. Use the version that trained it, or {again}"
        )
