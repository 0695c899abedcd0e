"""Every family of models against an independent implementation, not open_clip's, with the same weights."""

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from timm.models import byobnet
from torch import Tensor
from torch.nn.functional import normalize
from torchvision import transforms
from transformers import (
    CLIPImageProcessor,
    CLIPModel,
    SiglipConfig,
    SiglipModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from core.encoders.clip.encoder import ClipEncoder, load_clip
from tests.families import WORDS, clip_config, register_siglip_tower, saved, write_family, write_tokenizer
from tests.reference import coca

CLOSE = 1e-5
TEXTS = ["a red circle", "two dogs in the snow", "a pink triangle " * 12, "x"]


def pixels_of(encoder: ClipEncoder, count: int = 3) -> tuple[Tensor, Tensor]:
    """Return random bytes [n, 3, H, W] and their normalised floats for another implementation."""
    side = encoder.preprocess(Image.new("RGB", (64, 64))).shape[1:]
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (count, 3, *side), dtype=torch.uint8, generator=generator)
    return pixels, (pixels.float() / 255 - encoder.pixel_mean / 255) / (encoder.pixel_std / 255)


def largest(ours: Tensor, theirs: Tensor) -> float:
    assert ours.shape == theirs.shape
    assert not torch.allclose(ours[0], ours[1], atol=1e-3), "rows that are all alike would agree with anything"
    return float((ours - normalize(theirs, dim=-1)).abs().max())


def features(output: Any) -> Tensor:
    return output if isinstance(output, Tensor) else output.pooler_output


def siglip_config() -> SiglipConfig:
    sizes = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 3}
    vocabulary = {"vocab_size": len(WORDS) + 4, "max_position_embeddings": 16, "pad_token_id": 0}
    special = {"bos_token_id": 3, "eos_token_id": 1}
    return SiglipConfig(
        text_config=sizes | vocabulary | special, vision_config=sizes | {"patch_size": 8, "image_size": 40}
    )


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu", "gelu_pytorch_tanh"])
@torch.no_grad()
def test_clip_agrees_with_transformers(activation, tmp_path):
    theirs = CLIPModel(clip_config(activation))
    ours = load_clip(f"hf:{saved(theirs, tmp_path / 'clip')}")
    pixels, values = pixels_of(ours)
    tokens = ours.tokenize(TEXTS)
    images = features(theirs.get_image_features(pixel_values=values))
    assert largest(ours.encode_image(pixels), images) < CLOSE
    assert largest(ours.encode_text(tokens), features(theirs.get_text_features(input_ids=tokens))) < CLOSE
    assert float(ours.logit_scale) == pytest.approx(float(theirs.logit_scale), abs=1e-7)


@torch.no_grad()
def test_another_activation_would_be_seen(tmp_path):
    theirs = CLIPModel(clip_config("quick_gelu"))
    folder = saved(theirs, tmp_path / "clip")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("quick_gelu", "gelu"))
    ours = load_clip(f"hf:{folder}")
    pixels, values = pixels_of(ours)
    assert largest(ours.encode_image(pixels), features(theirs.get_image_features(pixel_values=values))) > 10 * CLOSE


@torch.no_grad()
def test_clip_with_a_vocabulary_of_its_own_agrees_with_transformers(tmp_path):
    special = {"vocab_size": len(WORDS) + 4, "bos_token_id": 3, "eos_token_id": 1, "pad_token_id": 0}
    theirs = CLIPModel(clip_config("gelu", **special))
    folder = saved(theirs, tmp_path / "clip")
    write_tokenizer(folder)
    ours = load_clip(f"hf:{folder}")
    tokens = torch.tensor([[3, 4, 5, 1, 0, 0], [3, 9, 8, 7, 1, 0]])
    tokens = torch.nn.functional.pad(tokens, (0, 14))
    assert largest(ours.encode_text(tokens), features(theirs.get_text_features(input_ids=tokens))) < CLOSE


@torch.no_grad()
def test_siglip_agrees_with_transformers(tmp_path):
    register_siglip_tower()
    theirs = SiglipModel(siglip_config())
    folder = saved(theirs, tmp_path / "siglip")
    write_tokenizer(folder)
    ours = load_clip(f"hf:{folder}")
    pixels, values = pixels_of(ours)
    tokens = ours.tokenize(TEXTS)
    images = features(theirs.get_image_features(pixel_values=values))
    assert largest(ours.encode_image(pixels), images) < CLOSE
    assert largest(ours.encode_text(tokens), features(theirs.get_text_features(input_ids=tokens))) < CLOSE
    assert float(ours.clip.logit_bias) == pytest.approx(float(theirs.logit_bias), abs=1e-6)
    assert torch.allclose(ours.pixel_mean, torch.tensor(127.5)), "SigLIP's images are scaled to −1 … 1"


@torch.no_grad()
def test_the_resnet_agrees_with_timm(tmp_path):
    made = write_family("resnet", tmp_path)
    ours = load_clip(made.name)
    blocks = tuple(
        byobnet.ByoBlockCfg(type="bottle", d=1, c=32 * 2**stage, s=1 + (stage > 0), br=0.25) for stage in range(4)
    )
    config = byobnet.ByoModelCfg(
        blocks=blocks, stem_chs=(4, 4, 8), stem_type="", stem_pool="avg2", downsample="avg", aa_layer="avg",
        head_type="attn_abs",
    )  # fmt: skip
    theirs = byobnet.ByobNet(config, num_classes=24, img_size=64).eval()
    weights = load_file(made.weights)
    theirs.load_state_dict(byobnet._convert_openai_clip(weights, theirs), strict=True)
    pixels, values = pixels_of(ours)
    assert largest(ours.encode_image(pixels), theirs(values)) < CLOSE


@torch.no_grad()
def test_coca_agrees_with_plain_functions(tmp_path):
    made = write_family("coca", tmp_path)
    ours, weights = load_clip(made.name), load_file(made.weights)
    pixels, values = pixels_of(ours)
    tokens = ours.tokenize(TEXTS)
    assert largest(ours.encode_image(pixels), coca.encode_image(values, weights, 2, 2, 2)) < CLOSE
    assert largest(ours.encode_text(tokens), coca.encode_text(tokens, weights, 2, 2)) < CLOSE


@torch.no_grad()
def test_the_multilingual_text_tower_agrees_with_transformers(tmp_path):
    tmp_path = tmp_path / "xlm-roberta-tiny"
    made = write_family("xlm-roberta", tmp_path)
    ours, weights = load_clip(made.name), load_file(made.weights)
    theirs = XLMRobertaModel(XLMRobertaConfig.from_pretrained(tmp_path), add_pooling_layer=False).eval()
    prefix = "text.transformer."
    theirs.load_state_dict({key.removeprefix(prefix): w for key, w in weights.items() if key.startswith(prefix)})
    tokens = ours.tokenize(["ein rotes Dreieck", "two dogs in the snow"])
    mask = (tokens != 0).long()
    hidden = theirs(input_ids=tokens, attention_mask=mask).last_hidden_state
    pooled = (hidden * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    projected = torch.nn.functional.gelu(pooled @ weights["text.proj.0.weight"].T) @ weights["text.proj.2.weight"].T
    assert largest(ours.encode_text(tokens), projected) < CLOSE
    assert {"de", "en", "sw"} <= ours.languages


@torch.no_grad()
def test_a_timm_tower_agrees_with_transformers_convnext(tmp_path):
    from transformers import ConvNextConfig, ConvNextModel

    made = write_family("timm", tmp_path)
    ours, weights = load_clip(made.name), load_file(made.weights)
    trunk = {key.removeprefix("visual.trunk."): w for key, w in weights.items() if key.startswith("visual.trunk.")}
    widths = [trunk[f"stages.{stage}.blocks.0.norm.weight"].numel() for stage in range(4)]
    depths = [len({key.split(".")[3] for key in trunk if key.startswith(f"stages.{s}.blocks.")}) for s in range(4)]
    activation = "gelu_pytorch_tanh" if "tanh" in repr(ours.clip.visual.trunk) else "gelu"
    config = ConvNextConfig(hidden_sizes=widths, depths=depths, hidden_act=activation, layer_norm_eps=1e-6)
    theirs = ConvNextModel(config).eval()
    theirs.load_state_dict({convnext_name(key): w for key, w in trunk.items()})
    pixels, values = pixels_of(ours)
    pooled = theirs(pixel_values=values).pooler_output
    assert largest(ours.encode_image(pixels), pooled @ weights["visual.head.proj.weight"].T) < CLOSE


def convnext_name(key: str) -> str:
    """Convert timm's name of a ConvNeXt weight to transformers'."""
    changes = {
        "stem.0": "embeddings.patch_embeddings", "stem.1": "embeddings.layernorm", "head.norm": "layernorm",
        ".blocks.": ".layers.", "conv_dw": "dwconv", ".norm.": ".layernorm.", "mlp.fc1": "pwconv1",
        "mlp.fc2": "pwconv2", "gamma": "layer_scale_parameter", ".downsample.": ".downsampling_layer.",
    }  # fmt: skip
    for timm, transformers in changes.items():
        key = key.replace(timm, transformers)
    return f"encoder.{key}" if key.startswith("stages") else key


def test_what_is_cropped_from_texts_changes_nothing(tmp_path):
    ours = load_clip(write_family("vit-quickgelu", tmp_path).name)
    tokens = ours.tokenize(["a red circle"])
    short = tokens[:, : int((tokens != 0).sum())]
    with torch.no_grad():
        assert np.allclose(ours.encode_text(tokens), ours.encode_text(short), atol=1e-6)


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (301, 225), (550, 400), (224, 224), (231, 1000), (50, 80)])
def test_preprocessing_is_openais_and_transformers_but_for_a_crop(size, tmp_path):
    """OpenAI's preprocessing is torchvision on Pillow images: the same bytes. Transformers' differs in two ways.

    With Pillow: only if the image exceeds the square by 4n + 3 pixels, because torchvision rounds half of that to the
    even number and transformers rounds down, so that the crop is shifted by a pixel. On tensors (its default): by a few
    of 255 steps (1 to 3 here), because it computes in a different precision.
    """
    encoder = load_clip(f"hf:{saved(CLIPModel(clip_config('gelu')), tmp_path / 'clip')}")
    noise = np.random.default_rng(0).integers(0, 256, (size[1] // 8 + 1, size[0] // 8 + 1, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    ours = encoder.preprocess(image).int()

    bicubic = transforms.InterpolationMode.BICUBIC
    openai = transforms.Compose(
        [transforms.Resize(40, interpolation=bicubic), transforms.CenterCrop(40), transforms.PILToTensor()]
    )
    assert torch.equal(ours, openai(image).int())

    raw = {"do_rescale": False, "do_normalize": False, "size": {"shortest_edge": 40}, "crop_size": 40}
    short, long = sorted(size)
    overhang = int(40 * long / short) - 40
    with_pillow = torch.as_tensor(np.asarray(CLIPImageProcessorPil(**raw)(image)["pixel_values"][0])).int()
    assert torch.equal(ours, with_pillow) == (overhang % 4 != 3)
    if overhang % 4 != 3:
        with_tensors = CLIPImageProcessor(**raw)(image, return_tensors="pt")["pixel_values"][0].int()
        assert int((ours - with_tensors).abs().max()) <= 4
