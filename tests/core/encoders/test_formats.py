"""Checkpoints of other tools load to the same weights, or the error says what to do."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPModel

from core.encoders.clip.encoder import load_clip
from core.errors import InputError
from tests.families import TinyModel, clip_config, saved, write_family

SIZES = ("input_resolution", "context_length", "vocab_size")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    return write_family("vit-quickgelu", tmp_path_factory.mktemp("family"))


@pytest.fixture
def weights(made: TinyModel) -> dict[str, Tensor]:
    return {key: tensor.clone() for key, tensor in load_clip(made.name).clip.state_dict().items()}


def loads(made: TinyModel, path: Path, weights: dict[str, Tensor]) -> bool:
    loaded = load_clip(f"{made.architecture}:{path}").clip.state_dict()
    return loaded.keys() == weights.keys() and all(torch.equal(loaded[key], weights[key]) for key in weights)


def test_training_checkpoints(made, weights, tmp_path):
    """Load checkpoints of open_clip, Lightning and a plain trainer, from distributed and compiled training."""
    optimizer = {"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": []}
    held = {
        "epoch_3.pt": {"epoch": 3, "name": "x", "state_dict": _prefixed(weights, "module."), "optimizer": optimizer},
        "lightning.ckpt": {"state_dict": _prefixed(weights, "model."), "global_step": 9},
        "trainer.pt": {"model_state_dict": weights, "epoch": 1},
        "model.pt": {"model": weights},
        "compiled.pt": {"state_dict": _prefixed(weights, "_orig_mod.module.")},
        "ddp-compiled.pt": {"state_dict": _prefixed(weights, "module._orig_mod.")},
    }
    for name, content in held.items():
        torch.save(content, tmp_path / name)
        assert loads(made, tmp_path / name, weights), name


def _prefixed(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + key: tensor for key, tensor in weights.items()}


def test_openai_state_dict(made, weights, tmp_path):
    torch.save(weights | {key: torch.tensor(77) for key in SIZES}, tmp_path / "openai.pt")
    assert loads(made, tmp_path / "openai.pt", weights)


def test_scale_of_another_shape_and_a_bias_that_the_model_lacks(made, weights, tmp_path):
    changed = weights | {"logit_scale": weights["logit_scale"].reshape(1), "logit_bias": torch.tensor(-10.0)}
    save_file(changed, tmp_path / "siglip-loss.safetensors")
    assert loads(made, tmp_path / "siglip-loss.safetensors", weights)


def test_half_precision_is_widened(made, weights, tmp_path):
    save_file({key: tensor.half() for key, tensor in weights.items()}, tmp_path / "half.safetensors")
    rounded = {key: tensor.half().float() for key, tensor in weights.items()}
    assert loads(made, tmp_path / "half.safetensors", rounded)


def test_torchscript_is_refused_with_what_helps(made, tmp_path):
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), tmp_path / "ViT-B-32.pt")
    with pytest.raises(InputError, match=r"TorchScript.*ViT-B-32:openai.*save_file"):
        load_clip(f"{made.architecture}:{tmp_path / 'ViT-B-32.pt'}")


class TestTransformersFolder:
    @pytest.fixture
    def theirs(self, tmp_path: Path) -> CLIPModel:
        model = CLIPModel(clip_config("quick_gelu"))
        saved(model, tmp_path / "one")
        return model

    def test_shards_and_pickles_load_as_one_file_does(self, theirs, tmp_path):
        one = load_clip(f"hf:{tmp_path / 'one'}").state_dict()
        theirs.save_pretrained(tmp_path / "shards", max_shard_size="100KB")
        assert len(list((tmp_path / "shards").glob("model-*.safetensors"))) > 2
        (tmp_path / "pickle").mkdir()
        (tmp_path / "pickle" / "config.json").write_text((tmp_path / "one" / "config.json").read_text())
        torch.save(theirs.state_dict(), tmp_path / "pickle" / "pytorch_model.bin")
        for folder in ("shards", "pickle"):
            other = load_clip(f"hf:{tmp_path / folder}").state_dict()
            assert other.keys() == one.keys()
            assert all(torch.equal(other[key], one[key]) for key in one)

    def test_a_shard_that_is_missing_is_named(self, theirs, tmp_path):
        theirs.save_pretrained(tmp_path / "shards", max_shard_size="100KB")
        sorted((tmp_path / "shards").glob("model-*.safetensors"))[1].unlink()
        with pytest.raises(InputError, match="model-00002-of"):
            load_clip(f"hf:{tmp_path / 'shards'}")

    def test_its_weights_alone_lead_to_the_folder(self, theirs, made, tmp_path):
        with pytest.raises(InputError, match=r"transformers.*--encoder hf:.*one"):
            load_clip(f"{made.architecture}:{tmp_path / 'one' / 'model.safetensors'}")
        with pytest.raises(InputError, match=r"open_clip_config.*--encoder hf:"):
            load_clip(f"local-dir:{tmp_path / 'one'}")

    def test_preprocessing_is_read(self, theirs, tmp_path):
        settings = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.6, 0.7], "resample": 2}
        file = tmp_path / "one" / "preprocessor_config.json"
        file.write_text(json.dumps(settings | {"size": {"height": 40, "width": 40}}))
        encoder = load_clip(f"hf:{tmp_path / 'one'}")
        assert torch.allclose(encoder.pixel_mean.flatten() / 255, torch.tensor([0.1, 0.2, 0.3]))
        assert "bilinear" in encoder.preprocessing
        assert "squash" in encoder.preprocessing
        file.write_text(json.dumps(settings | {"size": {"shortest_edge": 40}}))
        assert "shortest" in load_clip(f"hf:{tmp_path / 'one'}").preprocessing

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"model_type": "blip"}, "'blip'.*clip.*siglip"),
            ({"text_config": {"hidden_act": "relu"}}, "relu"),
        ],
    )
    def test_a_model_that_open_clip_cannot_build_is_named(self, theirs, tmp_path, change, message):
        file = tmp_path / "one" / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | change))
        with pytest.raises(InputError, match=message):
            load_clip(f"hf:{tmp_path / 'one'}")

    def test_a_folder_without_anything_is_named(self, tmp_path):
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match=r"config.json"):
            load_clip(f"hf:{tmp_path / 'empty'}")


def test_two_tokenizers_never_share_cached_tokens(tmp_path):
    """Both are open_clip's HFTokenizer and differ only in their files."""
    for name in ("one", "two"):
        write_family("siglip", tmp_path / name)
    file = tmp_path / "two" / "tokenizer.json"
    file.write_text(file.read_text().replace('"red"', '"rosso"'))
    one, two = (load_clip(f"Family-siglip:{tmp_path / name / 'siglip.safetensors'}") for name in ("one", "two"))
    assert one.tokenize(["red"]).tolist() != two.tokenize(["red"]).tolist()
    assert one.tokenization != two.tokenization
