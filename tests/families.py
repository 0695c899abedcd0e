"""One tiny model of each family of encoders, with random weights, for tests of agreement with other libraries."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import timm
import torch
from safetensors.torch import save_file
from timm.models import register_model
from timm.models.vision_transformer import VisionTransformer, _create_vision_transformer
from torch import nn
from transformers import CLIPConfig, PreTrainedTokenizerFast, XLMRobertaConfig

from core.encoders.clip import transformers_models

TEXT = {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
VISION = {"image_size": 40, "patch_size": 8, "layers": 2, "width": 32, "head_width": 16}
WORDS = [
    "a",
    "red",
    "green",
    "blue",
    "yellow",
    "black",
    "pink",
    "circle",
    "square",
    "triangle",
    "two",
    "dogs",
    "in",
    "the",
    "snow",
    "ein",
    "rotes",
    "Dreieck",
]
SIGLIP_TOWER = "vit_tiny_patch8_siglip_40"

FAMILIES: dict[str, dict[str, Any]] = {
    "vit-gelu": {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": TEXT},
    "vit-quickgelu": {"embed_dim": 24, "quick_gelu": True, "vision_cfg": VISION, "text_cfg": TEXT},
    "resnet": {
        "embed_dim": 24,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "patch_size": None},
        "text_cfg": TEXT,
    },
    "timm": {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 160, "timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "linear"},
        "text_cfg": TEXT,
    },
    "siglip": {
        "embed_dim": 48,
        "init_logit_bias": -10,
        "custom_text": True,
        "vision_cfg": {
            "image_size": 40,
            "timm_model_name": SIGLIP_TOWER,
            "timm_pool": "map",
            "timm_proj": "none",
        },
        "text_cfg": TEXT
        | {
            "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
            "tokenizer_kwargs": {"clean": "canonicalize"},
            "vocab_size": len(WORDS) + 4,
            "width": 48,
            "no_causal_mask": True,
            "proj_bias": True,
            "pool_type": "last",
            "norm_kwargs": {"eps": 1e-6},
        },
    },
    "coca": {
        "embed_dim": 24,
        "custom_text": True,
        "vision_cfg": VISION | {"attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True},
        "text_cfg": TEXT | {"embed_cls": True, "output_tokens": True},
        "multimodal_cfg": TEXT | {"attn_pooler_heads": 2},
    },
    "xlm-roberta": {
        "embed_dim": 24,
        "vision_cfg": VISION,
        "text_cfg": {
            "hf_model_name": "xlm-roberta-base",
            "hf_tokenizer_name": "xlm-roberta-base",
            "hf_pooler_type": "mean_pooler",
            "hf_proj_type": "mlp",
            "context_length": 20,
        },
    },
}


@dataclass(frozen=True)
class TinyModel:
    """A model on disk. name: of the encoder. architecture: in open_clip. weights: the zero-shot file."""

    name: str
    architecture: str
    weights: Path


def write_family(family: str, folder: Path) -> TinyModel:
    """Register the family's configuration with open_clip; write random weights and tokenizer files.

    Every tensor gets noise, so that no normalisation or zero hides a part that is not computed.
    """
    register_siglip_tower()
    architecture = f"Family-{family}"
    config = json.loads(json.dumps(FAMILIES[family]))
    folder.mkdir(parents=True, exist_ok=True)
    here = {}
    if "hf_tokenizer_name" in config["text_cfg"]:
        write_tokenizer(folder)
        here["hf_tokenizer_name"] = str(folder)
    if "hf_model_name" in config["text_cfg"]:
        XLMRobertaConfig(
            vocab_size=len(WORDS) + 4, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=40, pad_token_id=0, type_vocab_size=1,
        ).save_pretrained(folder)  # fmt: skip
        here["hf_model_name"] = str(folder)
    named = config | {"text_cfg": config["text_cfg"] | here}
    (folder / f"{architecture}.json").write_text(json.dumps(named))
    open_clip.add_model_config(folder / f"{architecture}.json")
    torch.manual_seed(len(family))
    model = open_clip.create_model(architecture, pretrained_text=False)
    spread(model)
    file = folder / f"{family}.safetensors"
    save_file({key: tensor.contiguous().clone() for key, tensor in model.state_dict().items()}, file)
    return TinyModel(f"{architecture}:{file}", architecture, file)


@torch.no_grad()
def spread(model: nn.Module) -> None:
    """Add noise to every floating-point tensor, including batch-norm statistics."""
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point() and key not in ("logit_scale", "logit_bias"):
            if not tensor.isfinite().all() or tensor.abs().max() > 10:
                tensor.zero_()  # open_clip does not initialise some of CoCa's tensors
            noise = 0.05 * torch.randn_like(tensor)
            tensor.add_(noise.abs() if key.endswith("running_var") else noise)


def write_tokenizer(folder: Path, **special: str) -> None:
    """Write the files of a small word-level tokenizer in the format of transformers."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["<pad>", "</s>", "<unk>", "<s>", *WORDS]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "bos_token": "<s>"} | special
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)


def register_siglip_tower() -> None:
    """Register a small SigLIP image tower with timm and with Rematch's table of sizes."""

    def vit_tiny_patch8_siglip_40(pretrained: bool = False, **options: Any) -> VisionTransformer:
        sizes = {"img_size": 40, "patch_size": 8, "embed_dim": 48, "depth": 2, "num_heads": 3, "mlp_ratio": 2}
        return _create_vision_transformer(
            "vit_base_patch16_siglip_224",
            pretrained=False,
            class_token=False,
            **sizes | {"global_pool": "map"} | options,
        )

    if not timm.is_model(SIGLIP_TOWER):
        vit_tiny_patch8_siglip_40.__module__ = "timm.models.vision_transformer"
        register_model(vit_tiny_patch8_siglip_40)
    transformers_models.SIGLIP_SIZES[48, 2] = "tiny"


def clip_config(activation: str, **text: Any) -> CLIPConfig:
    """Return the configuration of a tiny CLIP of transformers with unusual sizes."""
    sizes = {"num_hidden_layers": 3, "num_attention_heads": 4, "hidden_act": activation}
    return CLIPConfig(
        text_config={"hidden_size": 64, "intermediate_size": 160, "max_position_embeddings": 20} | sizes | text,
        vision_config={"hidden_size": 96, "intermediate_size": 192, "patch_size": 8, "image_size": 40} | sizes,
        projection_dim=48,
    )


def saved(model: Any, folder: Path) -> Path:
    """Add noise to a model of transformers and save it in `folder`."""
    spread(model.eval())
    model.save_pretrained(folder)
    return folder
