"""CLIP and SigLIP as the library transformers stores them, read as models of open_clip.

The same computation under other names: attention as three matrices instead of one, projections transposed. The
configuration says what open_clip's model must be: activation, sizes, context, preprocessing.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import timm
from open_clip.transform import PreprocessCfg

from core.encoders.clip.activations import Activation
from core.encoders.clip.transformers_weights import Convert, convert_clip, convert_siglip
from core.errors import InputError
from core.hub.client import silent_logs
from core.storage.files import read_json

CONFIG_FILES = ("config.json", "preprocessor_config.json")
WEIGHT_FILES = ("model.safetensors", "model-*.safetensors", "pytorch_model.bin", "pytorch_model-*.bin")
_ACTIVATIONS: dict[str, Activation] = {
    "quick_gelu": "QuickGELU",
    "gelu": "GELU",
    "gelu_pytorch_tanh": "GELU with tanh",
    "gelu_new": "GELU with tanh",
}
_RESAMPLING = {0: "nearest", 2: "bilinear", 3: "bicubic"}  # Pillow's numbers
#: timm's names for SigLIP's image towers, by (width, layers).
SIGLIP_SIZES = {(768, 12): "base", (1024, 24): "large", (1152, 27): "so400m", (1536, 40): "giantopt"}
_CLIP_VOCABULARY = 49408


@dataclass(frozen=True)
class TransformersModel:
    """config, preprocessing: as open_clip describes it. tokenizer: folder; None: CLIP's own byte-pair encoding.

    convert: names of transformers → names of open_clip.
    """

    config: dict[str, Any]
    preprocessing: dict[str, Any]
    activation: Activation
    tokenizer: Path | None
    convert: Convert


def read_model(folder: Path) -> TransformersModel:
    """Read the configuration files of a CLIP or SigLIP model.

    Raises InputError: no or another configuration, or a model that open_clip cannot build.
    """
    table = read_json(folder / "config.json")
    kind = table.get("model_type")
    readers = {"clip": _clip, "siglip": _siglip}
    if kind not in readers:
        raise InputError(
            f"{folder / 'config.json'} describes a model of type '{kind}'; of transformers' models Rematch reads "
            f"{' and '.join(readers)}."
        )
    # What a configuration leaves out is transformers' default, which its own classes know.
    from transformers import CLIPConfig, SiglipConfig  # takes seconds

    with silent_logs():
        full: Any = (CLIPConfig if kind == "clip" else SiglipConfig).from_dict(table)
    vision, text = full.vision_config.to_dict(), full.text_config.to_dict()
    activation = _activation(folder, vision, text)
    config, tokenizer, convert = readers[kind](folder, full, vision, text)
    if activation == "QuickGELU":
        config["quick_gelu"] = True
    return TransformersModel(config, _preprocessing(folder, kind, vision["image_size"]), activation, tokenizer, convert)


def is_model(folder: Path) -> bool:
    """Is there a configuration that `read_model` reads?"""
    try:
        return read_json(folder / "config.json").get("model_type") in ("clip", "siglip")
    except InputError:
        return False


def _clip(
    folder: Path, full: Any, vision: dict[str, Any], text: dict[str, Any]
) -> tuple[dict[str, Any], Path | None, Convert]:
    config: dict[str, Any] = {
        "embed_dim": full.projection_dim,
        "vision_cfg": {
            "image_size": vision["image_size"],
            "patch_size": vision["patch_size"],
            "layers": vision["num_hidden_layers"],
            "width": vision["hidden_size"],
            "head_width": vision["hidden_size"] // vision["num_attention_heads"],
            "mlp_ratio": vision["intermediate_size"] / vision["hidden_size"],
            "norm_kwargs": {"eps": vision["layer_norm_eps"]},
        },
        "text_cfg": _text(text),
    }
    own_vocabulary = text["vocab_size"] != _CLIP_VOCABULARY
    if own_vocabulary:
        config["text_cfg"] |= {"pool_type": "eos", "eos_id": text["eos_token_id"]}
        config["text_cfg"]["hf_tokenizer_name"] = str(folder)
    return config, folder if own_vocabulary else None, convert_clip


def _siglip(
    folder: Path, full: Any, vision: dict[str, Any], text: dict[str, Any]
) -> tuple[dict[str, Any], Path | None, Convert]:
    size = SIGLIP_SIZES.get((vision["hidden_size"], vision["num_hidden_layers"]))
    tower = f"vit_{size}_patch{vision['patch_size']}_siglip_{vision['image_size']}"
    if size is None or not timm.is_model(tower):
        raise InputError(
            f"{folder / 'config.json'}: SigLIP with an image tower of width {vision['hidden_size']}, "
            f"{vision['num_hidden_layers']} layers, patches of {vision['patch_size']} and images of "
            f"{vision['image_size']} pixels is none that timm builds."
        )
    config = {
        "embed_dim": text.get("projection_size") or text["hidden_size"],
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {
            "image_size": vision["image_size"],
            "timm_model_name": tower,
            "timm_pool": "map",
            "timm_proj": "none",
        },
        "text_cfg": _text(text)
        | {
            "hf_tokenizer_name": str(folder),
            "tokenizer_kwargs": {"clean": "canonicalize"},
            "no_causal_mask": True,
            "proj_bias": True,
            "pool_type": "last",
        },
    }
    return config, folder, convert_siglip


def _text(text: dict[str, Any]) -> dict[str, Any]:
    return {
        "context_length": text["max_position_embeddings"],
        "vocab_size": text["vocab_size"],
        "width": text["hidden_size"],
        "heads": text["num_attention_heads"],
        "layers": text["num_hidden_layers"],
        "mlp_ratio": text["intermediate_size"] / text["hidden_size"],
        "norm_kwargs": {"eps": text["layer_norm_eps"]},
    }


def _activation(folder: Path, vision: dict[str, Any], text: dict[str, Any]) -> Activation:
    names = {vision["hidden_act"], text["hidden_act"]}
    if len(names) > 1 or not names <= _ACTIVATIONS.keys():
        raise InputError(
            f"{folder / 'config.json'}: the activations of its towers are {' and '.join(sorted(names))}; expected one "
            f"for both, of {', '.join(_ACTIVATIONS)}."
        )
    return _ACTIVATIONS[names.pop()]


def _preprocessing(folder: Path, kind: str, image_size: int) -> dict[str, Any]:
    """As preprocessor_config.json says; without that file, what the model's kind was published with."""
    usual = PreprocessCfg() if kind == "clip" else PreprocessCfg(mean=(0.5,) * 3, std=(0.5,) * 3, resize_mode="squash")
    own = asdict(usual) | {"size": image_size}
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return own
    table = read_json(file)
    own |= {name: tuple(table[key]) for name, key in (("mean", "image_mean"), ("std", "image_std")) if table.get(key)}
    own["interpolation"] = _RESAMPLING.get(table.get("resample", 3), "bicubic")
    # A size with one edge is resized to it and cropped; height and width are both set ("squashed").
    size = table.get("size", {})
    own["resize_mode"] = "squash" if isinstance(size, dict) and "height" in size else "shortest"
    return own
