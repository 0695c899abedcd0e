"""CLIP and SigLIP models in the format of the library transformers, read as open_clip models.

The computation is the same under other names: attention as three matrices instead of one, projections transposed. The
configuration determines open_clip's model: activation, sizes, context, preprocessing.
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
    """A model of transformers, described in open_clip's terms.

    config, preprocessing: open_clip's model_cfg and preprocess_cfg. tokenizer: folder; None: CLIP's byte-pair encoding.
    convert: function from transformers' names of weights to open_clip's.
    """

    config: dict[str, Any]
    preprocessing: dict[str, Any]
    activation: Activation
    tokenizer: Path | None
    convert: Convert


def read_model(folder: Path) -> TransformersModel:
    """Read the configuration files of a CLIP or SigLIP model.

    Raises InputError: no configuration, another kind of model, or a model that open_clip cannot build.
    """
    table = read_json(folder / "config.json")
    kind = table.get("model_type")
    readers = {"clip": _clip, "siglip": _siglip}
    if kind not in readers:
        raise InputError(
            f"{folder / 'config.json'} describes a model of type '{kind}', which Rematch cannot read. Choose a "
            f"transformers model of type {' or '.join(readers)}."
        )
    # transformers' classes know the defaults of values that a configuration omits.
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
    """Return whether the folder has a configuration that `read_model` can read."""
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
    other_vocabulary = text["vocab_size"] != _CLIP_VOCABULARY
    if other_vocabulary:
        config["text_cfg"] |= {"pool_type": "eos", "eos_id": text["eos_token_id"]}
        config["text_cfg"]["hf_tokenizer_name"] = str(folder)
    return config, folder if other_vocabulary else None, convert_clip


def _siglip(
    folder: Path, full: Any, vision: dict[str, Any], text: dict[str, Any]
) -> tuple[dict[str, Any], Path | None, Convert]:
    size = SIGLIP_SIZES.get((vision["hidden_size"], vision["num_hidden_layers"]))
    tower = f"vit_{size}_patch{vision['patch_size']}_siglip_{vision['image_size']}"
    if size is None or not timm.is_model(tower):
        raise InputError(
            f"{folder / 'config.json'}: timm cannot build a SigLIP image tower of width {vision['hidden_size']}, "
            f"{vision['num_hidden_layers']} layers, patches of {vision['patch_size']} and images of "
            f"{vision['image_size']} pixels. Choose a published SigLIP model."
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
            f"{folder / 'config.json'}: Rematch cannot build towers with the activations "
            f"{' and '.join(sorted(names))}. Choose a model with the same one in both towers: "
            f"{', '.join(_ACTIVATIONS)}."
        )
    return _ACTIVATIONS[names.pop()]


def _preprocessing(folder: Path, kind: str, image_size: int) -> dict[str, Any]:
    """Read preprocessor_config.json; without that file, use the published values of the model's kind."""
    usual = PreprocessCfg() if kind == "clip" else PreprocessCfg(mean=(0.5,) * 3, std=(0.5,) * 3, resize_mode="squash")
    config = asdict(usual) | {"size": image_size}
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return config
    table = read_json(file)
    config |= {
        name: tuple(table[key]) for name, key in (("mean", "image_mean"), ("std", "image_std")) if table.get(key)
    }
    config["interpolation"] = _RESAMPLING.get(table.get("resample", 3), "bicubic")
    # One edge: resize the shorter side and crop. Height and width: resize both sides ("squash").
    size = table.get("size", {})
    config["resize_mode"] = "squash" if isinstance(size, dict) and "height" in size else "shortest"
    return config
