"""Every model is built with the activation of its weights' training, under each of its names."""

import json
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import open_clip
import pytest
import torch
from open_clip.pretrained import get_pretrained_cfg
from open_clip.transformer import QuickGELU
from safetensors.torch import save_file
from torch import nn

from core.encoders.clip import model_specs
from core.encoders.clip.activations import trained_activation
from core.encoders.clip.building import build_empty
from core.encoders.clip.encoder import load_clip
from core.encoders.clip.model_specs import find_spec
from core.encoders.languages import languages_by_name, languages_of
from core.errors import InputError
from core.workspace.builds import BUILT_WITH_GELU
from tests.families import write_family

PAIRS = open_clip.list_pretrained()


@pytest.fixture
def anything_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Replace the hub by one that has every requested file."""

    def hub_folder(repository: str, files: object, weights: object = (), **messages: object) -> Path:
        (tmp_path / "open_clip_model.safetensors").touch()
        (tmp_path / "pytorch_model.bin").touch()
        return tmp_path

    monkeypatch.setattr(model_specs, "hub_folder", hub_folder)


def test_every_built_in_pair_is_specified_as_open_clip_notes_it(anything_is_there):
    assert len(PAIRS) > 190
    for model, tag in PAIRS:
        spec, noted = find_spec(f"{model}:{tag}"), get_pretrained_cfg(model, tag)
        config = open_clip.get_model_config(model)
        quick = noted.get("quick_gelu", False) or config.get("quick_gelu", False)
        expected = "GELU with tanh" if tag == "webli" else "QuickGELU" if quick else "GELU"
        assert spec.activation == expected, spec.name
        for key in ("mean", "std", "interpolation", "resize_mode"):
            assert spec.preprocessing[key] == noted[key], (spec.name, key)
        assert spec.config["vision_cfg"] == config["vision_cfg"]
        text = {key: value for key, value in config["text_cfg"].items() if key != "hf_model_name"}
        assert {key: value for key, value in spec.config["text_cfg"].items() if key != "hf_model_name"} == text
        assert (spec.tokenizer is not None) == bool(text.get("hf_tokenizer_name"))
        assert spec.architecture in open_clip.list_models()
        if expected == "QuickGELU":
            assert open_clip.get_model_config(spec.architecture)["quick_gelu"], "an export must load with it, too"


def test_the_pairs_that_open_clip_builds_differently_are_the_known_ones():
    """If a new open_clip has more of them, check for each which side is right (`trained_activation`)."""
    apart = {
        f"{model}:{tag}"
        for model, tag in PAIRS
        if bool(open_clip.get_model_config(model).get("quick_gelu"))
        != bool(get_pretrained_cfg(model, tag).get("quick_gelu"))
    }
    assert apart == BUILT_WITH_GELU | {"roberta-ViT-B-32:laion2b_s12b_b32k"}
    assert all(trained_activation(*name.split(":")) == "QuickGELU" for name in apart)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ViT-B-32:openai", "QuickGELU"),
        ("ViT-B-32-quickgelu:openai", "QuickGELU"),
        ("ViT-B/32:OpenAI", "QuickGELU"),
        ("ViT-B-32:laion2b_s34b_b79k", "GELU"),
        ("ViT-B-32:laion2b-s34b-b79k", "GELU"),
        ("RN50:openai", "QuickGELU"),
        ("roberta-ViT-B-32:laion2b_s12b_b32k", "QuickGELU"),
        ("xlm-roberta-base-ViT-B-32:laion5b_s13b_b90k", "GELU"),
        ("ViT-B-16-SigLIP:webli", "GELU with tanh"),
        ("ViT-B-16-SigLIP2:webli", "GELU with tanh"),
    ],
)
def test_what_is_built_has_the_activation(name, expected, monkeypatch, anything_is_there):
    spec = find_spec(name)
    smaller = json.loads(json.dumps(spec.config))
    smaller["text_cfg"].pop("hf_tokenizer_name", None)
    if "hf_model_name" in smaller["text_cfg"]:  # its own activation is the text model's
        smaller["text_cfg"] = {"context_length": 8, "vocab_size": 10, "width": 8, "heads": 1, "layers": 1}
    monkeypatch.setattr(open_clip, "create_model", partial(open_clip.create_model, device="meta"))
    with torch.device("meta"):
        model, _ = build_empty(replace(spec, config=smaller, tokenizer=None))
    kinds = {(type(module), getattr(module, "approximate", "")) for module in model.modules()}
    assert ((QuickGELU, "") in kinds) == (expected == "QuickGELU")
    if expected == "GELU":
        assert (nn.GELU, "none") in kinds
    if expected == "GELU with tanh":
        assert (nn.GELU, "tanh") in kinds
        assert (nn.GELU, "none") not in kinds


def test_a_repository_of_a_built_in_tag_is_built_as_the_tag(monkeypatch, tmp_path):
    """Even if the repository's configuration omits the activation."""
    config = {"model_cfg": open_clip.get_model_config("ViT-B-32")}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(config))
    (tmp_path / "open_clip_model.safetensors").touch()
    monkeypatch.setattr(model_specs, "hub_folder", lambda *_, **__: tmp_path)
    assert find_spec("hf-hub:timm/vit_base_patch32_clip_224.openai").activation == "QuickGELU"
    assert find_spec("hf-hub:somebody/else").activation == "GELU"


def save(weights: dict[str, torch.Tensor], path: Path, **metadata: str) -> Path:
    save_file({key: tensor.contiguous().clone() for key, tensor in weights.items()}, path, metadata or None)
    return path


def test_a_file_that_names_its_activation_is_not_built_with_another(tmp_path):
    made = write_family("vit-gelu", tmp_path)
    weights = load_clip(made.name).clip.state_dict()
    file = save(weights, tmp_path / "a.safetensors", activation="QuickGELU")
    with pytest.raises(InputError, match=r"a.safetensors.*QuickGELU.*GELU"):
        load_clip(f"{made.architecture}:{file}")
    load_clip(f"{made.architecture}:{save(weights, tmp_path / 'b.safetensors', activation='GELU')}")


def test_an_export_of_an_earlier_version_names_its_encoder(tmp_path):
    weights = open_clip.create_model("ViT-S-32-alt").state_dict()
    save(weights, tmp_path / "mine.safetensors", encoder="ViT-B-32-quickgelu:/somewhere/q.safetensors")
    with pytest.raises(InputError, match=r"QuickGELU.*ViT-S-32-alt.*GELU"):
        load_clip(f"ViT-S-32-alt:{tmp_path / 'mine.safetensors'}")


def test_the_other_name_is_offered(tmp_path, monkeypatch):
    """OpenAI's state dicts hold three sizes in addition to their weights."""
    sizes = {"input_resolution": 224, "context_length": 77, "vocab_size": 49408}
    torch.save({key: torch.tensor(value) for key, value in sizes.items()} | {"x": torch.ones(2)}, tmp_path / "o.pt")
    with pytest.raises(InputError, match=r"OpenAI.*--encoder ViT-B-32-quickgelu:.*o\.pt"):
        load_clip(f"ViT-B-32:{tmp_path / 'o.pt'}")
    with pytest.raises(InputError, match="do not fit") as raised:
        load_clip(f"ViT-B-32-quickgelu:{tmp_path / 'o.pt'}")
    assert "input_resolution" not in str(raised.value)


def test_a_warning_of_open_clip_is_not_lost(tmp_path, monkeypatch):
    import warnings

    made = write_family("vit-gelu", tmp_path)
    real = open_clip.create_model

    def warn(*arguments: object, **options: object) -> object:
        warnings.warn_explicit("weights and model differ", UserWarning, "factory.py", 1, module="open_clip.factory")
        return real(*arguments, **options)

    monkeypatch.setattr(open_clip, "create_model", warn)
    with pytest.raises(Exception, match="weights and model differ"):
        load_clip(made.name)


def test_languages_follow_the_text_tower():
    def of(model: str) -> frozenset[str]:
        return languages_of(open_clip.get_model_config(model))

    for model in ("xlm-roberta-base-ViT-B-32", "ViT-B-16-SigLIP2", "ViT-B-16-SigLIP-i18n-256", "nllb-clip-base",
                  "mt5-base-ViT-B-32", "ViT-H-14-worldwide"):  # fmt: skip
        assert {"de", "en", "fr"} <= of(model), model
    for model in ("ViT-B-32", "roberta-ViT-B-32", "ViT-B-16-SigLIP", "ViT-L-14-CLIPA", "coca_ViT-B-32"):
        assert of(model) == {"en"}, model


def test_preprocessing_is_as_before_for_files(tmp_path):
    """The description is part of the cache's keys."""
    encoder = load_clip(write_family("vit-gelu", tmp_path).name)
    usual = open_clip.transform.PreprocessCfg(size=(40, 40))
    assert encoder.preprocessing == f"RGB, open_clip {usual}, uint8"
    assert asdict(usual)["interpolation"] == "bicubic"


def test_a_built_in_name_shows_its_languages():
    for model in open_clip.list_models():
        assert languages_by_name(f"{model}:tag") == languages_of(open_clip.get_model_config(model)), model
