"""Conversion of CLIP and SigLIP weights from transformers' names to open_clip's."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from core.encoders.weights import read_weights

Convert = Callable[[dict[str, Tensor]], dict[str, Tensor]]

_BLOCK = re.compile(r"(?P<tower>text|vision)_model\.encoder\.layers\.(?P<number>\d+)\.(?P<rest>.+)")
_IN_BLOCKS = {
    "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}  # fmt: skip
_IN_TIMM = {
    "layer_norm1": "norm1", "layer_norm2": "norm2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
    "self_attn.out_proj": "attn.proj",
}  # fmt: skip


def converter_of(files: Sequence[Path]) -> Convert | None:
    """Return the function that converts the weights in `files`; None if they have open_clip's names."""
    names = {name for path in files for name in read_weights(path)}
    if not any(name.startswith("vision_model.") for name in names):
        return None
    return convert_siglip if "vision_model.head.probe" in names else convert_clip


def convert_clip(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convert weights of transformers' CLIPModel to open_clip's names."""
    names = {
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
        "text_model.final_layer_norm.weight": "ln_final.weight",
        "text_model.final_layer_norm.bias": "ln_final.bias",
        "vision_model.embeddings.class_embedding": "visual.class_embedding",
        "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
        "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
        "vision_model.pre_layrnorm.weight": "visual.ln_pre.weight",
        "vision_model.pre_layrnorm.bias": "visual.ln_pre.bias",
        "vision_model.post_layernorm.weight": "visual.ln_post.weight",
        "vision_model.post_layernorm.bias": "visual.ln_post.bias",
        "logit_scale": "logit_scale",
    }
    blocks = {"text": "transformer.resblocks", "vision": "visual.transformer.resblocks"}
    converted = _rename(weights, names, blocks, {"text": _IN_BLOCKS, "vision": _IN_BLOCKS}, "attn.in_proj_")
    for name, new_name in (("text_projection.weight", "text_projection"), ("visual_projection.weight", "visual.proj")):
        if name in converted:
            converted[new_name] = converted.pop(name).T.contiguous()
    return converted


def convert_siglip(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convert weights of transformers' SiglipModel to open_clip's names, with timm's image tower."""
    trunk, head = "visual.trunk", "vision_model.head"
    names = {
        "text_model.embeddings.token_embedding.weight": "text.token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "text.positional_embedding",
        "vision_model.embeddings.patch_embedding.weight": f"{trunk}.patch_embed.proj.weight",
        "vision_model.embeddings.patch_embedding.bias": f"{trunk}.patch_embed.proj.bias",
        f"{head}.probe": f"{trunk}.attn_pool.latent",
        "logit_scale": "logit_scale",
        "logit_bias": "logit_bias",
    }
    for kind in ("weight", "bias"):
        names |= {
            f"text_model.final_layer_norm.{kind}": f"text.ln_final.{kind}",
            f"text_model.head.{kind}": f"text.text_projection.{kind}",
            f"vision_model.post_layernorm.{kind}": f"{trunk}.norm.{kind}",
            f"{head}.attention.out_proj.{kind}": f"{trunk}.attn_pool.proj.{kind}",
            f"{head}.layernorm.{kind}": f"{trunk}.attn_pool.norm.{kind}",
            f"{head}.mlp.fc1.{kind}": f"{trunk}.attn_pool.mlp.fc1.{kind}",
            f"{head}.mlp.fc2.{kind}": f"{trunk}.attn_pool.mlp.fc2.{kind}",
        }
    blocks = {"text": "text.transformer.resblocks", "vision": f"{trunk}.blocks"}
    converted = _rename(weights, names, blocks, {"text": _IN_BLOCKS, "vision": _IN_TIMM}, "attn.in_proj_")
    for key in [key for key in converted if key.startswith(trunk) and "attn.in_proj_" in key]:
        converted[key.replace("in_proj_", "qkv.")] = converted.pop(key)
    if (positions := converted.pop("vision_model.embeddings.position_embedding.weight", None)) is not None:
        converted[f"{trunk}.pos_embed"] = positions[None]
    for kind in ("weight", "bias"):
        if (joined := converted.pop(f"{head}.attention.in_proj_{kind}", None)) is not None:
            query, key_and_value = joined.split([len(joined) // 3, 2 * len(joined) // 3])
            converted[f"{trunk}.attn_pool.q.{kind}"] = query.contiguous()
            converted[f"{trunk}.attn_pool.kv.{kind}"] = key_and_value.contiguous()
    return converted


def _rename(
    weights: dict[str, Tensor],
    names: dict[str, str],
    blocks: dict[str, str],
    in_blocks: dict[str, dict[str, str]],
    joined: str,
) -> dict[str, Tensor]:
    """Rename `weights` and join queries, keys and values of each block in one tensor.

    Weights without a new name keep the old one, so that loading reports them as unknown. Position ids are not weights.
    """
    converted: dict[str, Tensor] = {}
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in weights.items():
        found = _BLOCK.fullmatch(name)
        if found is None:
            if not name.endswith(".position_ids"):
                converted[names.get(name, name)] = tensor
            continue
        prefix = f"{blocks[found['tower']]}.{found['number']}."
        module, _, kind = found["rest"].rpartition(".")
        if module in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"):
            parts.setdefault(prefix + joined + kind, {})[module[10]] = tensor
        else:
            converted[prefix + in_blocks[found["tower"]].get(module, module) + "." + kind] = tensor
    for name, three in parts.items():
        if three.keys() == {"q", "k", "v"}:
            converted[name] = torch.cat([three["q"], three["k"], three["v"]])
    return converted
