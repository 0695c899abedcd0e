"""An open_clip model cut into stages is still that model."""

from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants as hub
from PIL import Image
from safetensors.torch import load_file, save_file

from core.encoders.base import first_changed_stage, first_tuned_stages
from core.encoders.clip.encoder import load_clip
from core.errors import InputError
from core.hub.client import HubError
from tests.unplugged import unplug

TEXTS = [
    "a red circle",
    "",
    "a photo of three green triangles on a white table beside a river in the evening sun, 1999",
]


def noise(seed: int, size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8))


IMAGES = [noise(0, (32, 32)), noise(1, (90, 41)), noise(2, (20, 77))]


@pytest.fixture(params=["TinyClip", "TinyCustom", "TinyConv"])
def model_name(request: pytest.FixtureRequest) -> str:
    return request.param


@torch.inference_mode()
def test_the_towers_are_open_clips_own(model_name, tiny_names):
    encoder = load_clip(tiny_names[model_name])
    own, _, transform = open_clip.create_model_and_transforms(model_name)
    own.load_state_dict(load_file(tiny_names[model_name].partition(":")[2]))
    own.eval()
    pixels = torch.stack([encoder.preprocess(image) for image in IMAGES])
    assert pixels.dtype == torch.uint8
    expected = own.encode_image(torch.stack([transform(image) for image in IMAGES]), normalize=True)
    torch.testing.assert_close(encoder.encode_image(pixels), expected, atol=1e-5, rtol=0)

    tokens = encoder.tokenize(TEXTS)
    assert torch.equal(tokens, open_clip.get_tokenizer(model_name)(TEXTS))
    torch.testing.assert_close(encoder.encode_text(tokens), own.encode_text(tokens, normalize=True), atol=1e-5, rtol=0)


def test_preprocessing_is_open_clips_own_with_the_normalising_left_to_the_tower(tiny):
    _, _, transform = open_clip.create_model_and_transforms("TinyClip")
    for image in IMAGES:
        normalised = tiny._normalised(tiny.preprocess(image)[None])[0]
        torch.testing.assert_close(normalised, transform(image), atol=1e-6, rtol=0)


@torch.inference_mode()
def test_padding_left_out_changes_nothing(tiny):
    tokens = tiny.tokenize(["a red circle", "two blue squares"])
    length = int((tokens != tiny.pad_id).sum(dim=1).max())
    assert length < tokens.shape[1]
    torch.testing.assert_close(tiny.encode_text(tokens[:, :length]), tiny.encode_text(tokens), atol=1e-6, rtol=0)


def test_a_tower_is_cut_into_embeddings_blocks_pool_and_head(tiny):
    for stages in (tiny.image_stages, tiny.text_stages):
        assert [stage.name for stage in stages] == ["embeddings", "block.0", "block.1", "pool", "head"]
        assert [stage.kind for stage in stages] == ["body", "block", "block", "body", "head"]


def test_every_weight_belongs_to_one_stage(model_name, tiny_names):
    encoder = load_clip(tiny_names[model_name])
    stages = encoder.image_stages + encoder.text_stages
    for key in encoder.state_dict():
        owners = [stage for stage in stages if key.startswith(stage.keys)]
        assert len(owners) == (0 if key == "clip.logit_scale" else 1), key


@pytest.mark.parametrize("model", ["TinyCustom", "TinyConv"])
def test_a_tower_of_another_architecture_is_one_stage_that_only_all_tunes(tiny_names, model):
    encoder = load_clip(tiny_names[model])
    assert first_tuned_stages(encoder, "all") == {"image": 0, "text": 0}
    whole = "text" if model == "TinyCustom" else "image"
    assert len(encoder.stages(whole)) == 1
    for tune in ("head", "text", "last:1"):
        with pytest.raises(InputError, match=f"{whole} tower.*--tune all"):
            first_tuned_stages(encoder, tune)


@pytest.mark.parametrize(
    ("tune", "image", "text"),
    [("head", 4, 4), ("text", 4, 0), ("last:1", 2, 2), ("last:2", 1, 1), ("last:3", 0, 0), ("all", 0, 0)],
)
def test_where_tuning_starts(tiny, tune, image, text):
    assert first_tuned_stages(tiny, tune) == {"image": image, "text": text}


@pytest.mark.parametrize("tune", ["", "heads", "last", "last:", "last:0", "last:-1", "last:x", "head:1", "HEAD"])
def test_an_unknown_tune_is_refused_with_the_known_ones(tiny, tune):
    with pytest.raises(InputError, match=f"--tune {tune} .*last:N"):
        first_tuned_stages(tiny, tune)


def test_the_first_changed_stage_is_the_first_that_owns_a_changed_key(tiny):
    changed = {"clip.visual.transformer.resblocks.1.ln_1.weight", "clip.text_projection"}
    assert first_changed_stage(tiny, "image", changed) == 2
    assert first_changed_stage(tiny, "text", changed) == 4
    assert first_changed_stage(tiny, "image", {"clip.logit_scale"}) == 5


def test_ten_blocks_and_one_are_not_mixed_up(tiny):
    assert first_changed_stage(tiny, "text", {"clip.transformer.resblocks.10.ln_1.weight"}) == 5


def test_a_checkpoint_goes_in_and_comes_out_unchanged(tiny_name, tiny, tmp_path):
    carried = load_file(tiny_name.partition(":")[2])
    own = {key.removeprefix("clip."): tensor for key, tensor in tiny.state_dict().items()}
    assert own.keys() == carried.keys()
    assert all(torch.equal(own[key], carried[key]) for key in carried)
    save_file(own, tmp_path / "again.safetensors")
    again = load_clip(f"TinyClip:{tmp_path / 'again.safetensors'}")
    assert all(torch.equal(again.state_dict()[key], tensor) for key, tensor in tiny.state_dict().items())


def test_loading_a_file_logs_nothing_about_random_weights(tiny_name, caplog):
    load_clip(tiny_name)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoSuchModel", "unknown encoder 'NoSuchModel'.*lite-multilingual.*MODEL:WEIGHTS"),
        ("", "unknown encoder ''"),
        ("TinyClip", "no weights.*TinyClip:WEIGHTS"),
        ("TinyClip:openai", "weights 'openai'.*TinyClip:WEIGHTS"),
        ("TinyClip:/nowhere/weights.pt", "no file /nowhere"),
        ("ViT-B-32:opena", "weights 'opena'.*ViT-B-32:openai"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(name, message, tiny_names):
    with pytest.raises(InputError, match=message):
        load_clip(name)


@pytest.mark.parametrize(
    ("name", "from_disk"),
    [
        ("ViT-B-32:openai", "--encoder ViT-B-32:/path/weights.safetensors"),
        ("hf-hub:somebody/something", "--encoder local-dir:/path"),
        ("hf:somebody/something", "--encoder hf:/path"),
    ],
)
def test_weights_that_cannot_be_fetched_are_named_with_what_to_do(name, from_disk, monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path))
    unplug(monkeypatch)
    with pytest.raises(HubError, match=rf"{from_disk}.*lite") as raised:
        load_clip(name)
    assert raised.value.reason == "offline"


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no folder /nowhere"):
        load_clip("local-dir:/nowhere")


def test_weights_of_another_model_are_named(tiny_names, tmp_path):
    weights = load_file(tiny_names["TinyClip"].partition(":")[2])
    weights["visual.proj"] = torch.zeros(32, 8)
    del weights["ln_final.bias"]
    save_file(weights, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match=r"ln_final.bias.*visual.proj.*\(32, 8\).*\(32, 32\)"):
        load_clip(f"TinyClip:{tmp_path / 'other.safetensors'}")


def test_the_name_holds_the_whole_path(tiny_name, monkeypatch):
    path = Path(tiny_name.partition(":")[2])
    monkeypatch.chdir(path.parent)
    assert load_clip(f"TinyClip:{path.name}").name == tiny_name
