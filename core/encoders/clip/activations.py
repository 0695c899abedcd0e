"""Activation that a model's weights were trained with; tensors do not show it, and a wrong one raises no error.

open_clip 3.3.0 builds 28 of its 196 (model, tag) pairs with a different activation than it records for the weights, and
only warns ("QuickGELU mismatch"); it builds a part of SigLIP with a different GELU than in training, silently.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import open_clip
from open_clip.pretrained import _clean_tag, get_pretrained_cfg
from torch import nn

from core.errors import InputError

Activation = Literal["GELU", "QuickGELU", "GELU with tanh"]

#: The tag of all SigLIP weights.
_SIGLIP = "webli"


def trained_activation(architecture: str, tag: str) -> Activation:
    """Return the activation that the weights of a built-in (model, tag) pair were trained with.

    QuickGELU if the tag or the model's configuration has it. Tags record it for weights under a plain model name
    (OpenAI, DFN, MetaCLIP, LAION-400M …); `roberta-ViT-B-32` was trained from its configuration, which has it although
    the tag does not. SigLIP comes from big_vision, whose GELU is the tanh approximation; transformers' SiglipConfig has
    it, open_clip omits it from some towers ("for simplicity", its pull request 660).
    """
    if _clean_tag(tag) == _SIGLIP:
        return "GELU with tanh"
    trained = get_pretrained_cfg(architecture, tag).get("quick_gelu", False)
    return configured_activation(open_clip.get_model_config(architecture) | ({"quick_gelu": True} if trained else {}))


def configured_activation(config: Mapping[str, Any]) -> Activation:
    """Return the activation with which open_clip builds a model of this configuration by default."""
    return "QuickGELU" if config.get("quick_gelu") else "GELU"


def repository_activation(repository: str, config: Mapping[str, Any]) -> Activation:
    """Return the activation of a hub repository's weights: that of its built-in tag, else the configured one.

    Thus the same weights give the same model under each of their names.
    """
    for architecture, tag in open_clip.list_pretrained():
        if get_pretrained_cfg(architecture, tag)["hf_hub"].strip("/") == repository:
            return trained_activation(architecture, tag)
    return configured_activation(config)


def architecture_with(architecture: str, activation: Activation) -> str:
    """Return the name under which open_clip builds this model with this activation, or `architecture` if none."""
    quick = f"{architecture}-quickgelu"
    return quick if activation == "QuickGELU" and quick in open_clip.list_models() else architecture


def loading_options(architecture: str, activation: Activation) -> str:
    """Return further arguments for ``open_clip.create_model_and_transforms``, as source text.

    It has no option for SigLIP's tanh approximation: it builds an exact GELU, whose numbers differ slightly.
    """
    config = open_clip.get_model_config(architecture) if architecture in open_clip.list_models() else None
    needs_option = activation == "QuickGELU" and config is not None and configured_activation(config) != activation
    return ", force_quick_gelu=True" if needs_option else ""


def use_tanh_gelu(model: nn.Module) -> None:
    """Replace every exact GELU in `model` by its tanh approximation, in place."""
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.GELU):
                setattr(module, name, nn.GELU(approximate="tanh"))


def check_activation(path: Path, architecture: str | None, metadata: Mapping[str, str], entries: set[str]) -> None:
    """Raise InputError if a weights file shows that it was trained with a different activation than `architecture`'s.

    Models that open_clip does not list are not checked: their configuration has the activation. metadata: of a
    safetensors file; Rematch's exports name the activation or the encoder. entries: names in the file that are not
    weights; only OpenAI's state dicts have the three sizes.
    """
    if architecture is None or architecture not in open_clip.list_models():
        return
    built = configured_activation(open_clip.get_model_config(architecture))
    trained, shown_by = _evidence(path, metadata, entries)
    if trained is None or trained == built:
        return
    plain = architecture.removesuffix("-quickgelu")
    other = architecture_with(plain, trained)
    instead = f"Use --encoder {other}:{path}." if other != architecture else f"open_clip has no {plain} with {trained}."
    raise InputError(
        f"the weights in {path} were trained with {trained} ({shown_by}), but {architecture} is built with {built}. "
        f"The results would be worse without an error. {instead}"
    )


def _evidence(path: Path, metadata: Mapping[str, str], entries: set[str]) -> tuple[Activation | None, str]:
    """Return the activation that a file shows and the reason, or None if it shows none."""
    if metadata.get("activation") == "QuickGELU":
        return "QuickGELU", "according to its metadata"
    if metadata.get("activation") == "GELU":
        return "GELU", "according to its metadata"
    model, _, tag = metadata.get("encoder", "").partition(":")  # exports of Rematch 0.1 name only the encoder
    if model in open_clip.list_models():
        known = bool(get_pretrained_cfg(model, tag))
        trained = trained_activation(model, tag) if known else configured_activation(open_clip.get_model_config(model))
        return trained, f"it was exported from {model}:{Path(tag).name}"
    if {"input_resolution", "context_length", "vocab_size"} <= entries:
        return "QuickGELU", "it holds the sizes that only OpenAI's files hold"
    return None, ""
