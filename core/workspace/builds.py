"""Was a run made with its encoder built as it is built today? The same weights in another model give other numbers."""

from typing import Protocol

from core.errors import InputError

#: Built-in (model, tag) pairs that Rematch built with GELU although their weights were trained with QuickGELU, before
#: runs noted what their encoder was built of. (`roberta-ViT-B-32` was built rightly: its configuration decides.)
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
#: The tag of SigLIP's weights, which were built with an exact GELU at that time, where theirs is approximated by tanh.
_SIGLIP = ":webli"


class Made(Protocol):
    """What a run and an unfinished training say about their encoder."""

    @property
    def domain(self) -> str: ...
    @property
    def encoder(self) -> str: ...
    @property
    def built(self) -> str | None: ...


def was_built_wrongly(made: Made) -> bool:
    """Was it made by a version of Rematch that built this encoder with another activation than it was trained with?"""
    return made.built is None and (made.encoder in BUILT_WITH_GELU or made.encoder.endswith(_SIGLIP))


def check_build(made: Made, whose: str, built: str | None = None) -> None:
    """Raise InputError if `whose` encoder was built wrongly, or otherwise than it is built now (`built`, if given)."""
    again = f"train again: rematch train --domain {made.domain} --encoder {made.encoder}"
    if was_built_wrongly(made):
        trained = "GELU approximated by tanh" if made.encoder.endswith(_SIGLIP) else "QuickGELU"
        raise InputError(
            f"{whose} was made with {made.encoder} built with GELU, but these weights were trained with {trained}: an "
            f"earlier Rematch built the model wrongly, and its numbers are those of a worse one. Delete it, and {again}"
        )
    if built is not None and made.built is not None and made.built != built:
        raise InputError(
            f"{whose} was made with {made.encoder} built as [{made.built}]; it is built as [{built}] now, so its "
            f"numbers would change. Use the version that made it, or {again}"
        )
