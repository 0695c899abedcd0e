"""Ten steps of a whole fine-tuning equal those of open_clip's training script to 1e-5.

Both compute in float64: at a scale of 100 ten steps enlarge float32's rounding a thousandfold, and Adam changes a
parameter whose gradient is only rounding (a bias of the keys) as much as any other.
"""

import json
import math
from dataclasses import dataclass, field

import numpy as np
import open_clip
import pytest
import torch
from open_clip.loss import ClipLoss
from open_clip_train.params import get_default_params
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torchvision.transforms import Compose, PILToTensor

from core.data.images.decoding import open_image
from core.encoders.base import TOWERS, AdamOptions, Encoder, TowerName
from core.encoders.clip.encoder import load_clip
from core.encoders.embedding import Activations, image_activations, text_activations
from core.training.loss import clamp_scale
from core.training.pairs import Pairs
from core.training.param_groups import parameter_groups
from core.training.settings import Settings
from core.training.trainer import Training, finetune
from tests.models import TINY_MODELS
from tests.reference.open_clip_loop import train

# open_clip chooses AdamW's constants by the name: these have "vit" in it, or not.
MODELS = {
    "ViT-parity": TINY_MODELS["TinyClip"],
    "RN-parity": TINY_MODELS["TinyConv"],
    "ViT-parity-sigmoid": TINY_MODELS["TinyClip"] | {"init_logit_bias": -10},
}
CAP = math.log(100.0)
PAIRS = 12
SETTINGS = Settings(tune="all", epochs=5, lr=5e-4, batch_size=6, warmup=0.2, weight_decay=0.2)
STEPS, WARMUP_STEPS = 10, 2


@pytest.fixture(scope="module")
def inputs(shapes) -> tuple[Tensor, Tensor]:
    """Images, float64 [n, 3, 32, 32], and tokens [n, 16] from open_clip's transform and tokenizer."""
    config = open_clip.transform.PreprocessCfg(size=32)
    *resize_and_crop, _, _ = open_clip.transform.image_transform_v2(config, is_train=False).transforms
    mean, std = (torch.tensor(values, dtype=torch.float64).view(3, 1, 1) for values in (config.mean, config.std))
    images = []
    for number in range(1, PAIRS + 1):
        image = Compose([*resize_and_crop, PILToTensor()])(open_image(shapes.parent / "images" / f"{number}.png"))
        images.append((image.double() / 255 - mean) / std)
    titles = [line.split(",")[1] for line in shapes.read_text().splitlines()[1 : PAIRS + 1]]
    return torch.stack(images), open_clip.get_tokenizer("ViT-B-32")(titles, context_length=16)


@pytest.fixture(scope="module")
def names(inputs, tmp_path_factory) -> dict[str, str]:
    """Model → encoder name of weights on disk that fit the pairs a little, with a scale of exactly 100.

    Because most pairs are found, the scale first rises over the cap; then the rising rate spoils the fit, and the scale
    falls.
    """
    folder = tmp_path_factory.mktemp("parity")
    found = {}
    for name, config in MODELS.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder / f"{name}.json")
        torch.manual_seed(0)
        model = open_clip.create_model(name, output_dict=True).double().eval()
        optimizer, loss = torch.optim.AdamW(model.parameters(), lr=1e-3), torch.tensor(math.inf)
        while loss > 0.4:
            loss = ClipLoss()(**model(*inputs))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            model.logit_scale.fill_(CAP)
            if model.logit_bias is not None:
                model.logit_bias.fill_(-10)
        save_file(model.float().state_dict(), folder / f"{name}.safetensors")
        found[name] = f"{name}:{folder / name}.safetensors"
    return found


@dataclass
class Ours:
    """Record of a fine-tuning by Rematch, in the terms of `tests.reference.open_clip_loop`."""

    encoder: Encoder
    activations: dict[TowerName, Activations]
    losses: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    batches: list[np.ndarray] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)
    groups: dict[str, tuple[float, float]] = field(default_factory=dict)
    constants: tuple[float, ...] = ()


@pytest.fixture
def fine_tuned(names, shapes_domain, workspace, monkeypatch):
    """Model → its fine-tuning by Rematch."""

    def run(name: str) -> Ours:
        encoder = in_float64(load_clip(names[name]).eval())
        articles, rows = shapes_domain.articles[:PAIRS], np.arange(PAIRS)
        files = [shapes_domain.images_root / file for file in articles["image_file"]]
        ours = Ours(
            encoder,
            {
                "image": image_activations(encoder, 0, files, list(articles["image_hash"]), workspace.cache),
                "text": text_activations(encoder, 0, list(articles["title"]), workspace.cache),
            },
        )
        parameters = {parameter: key.removeprefix("clip.") for key, parameter in encoder.named_parameters()}

        class Watched(Training):
            def step(self, batch):
                [rate] = {group["lr"] for group in self._optimiser.param_groups}
                for group in self._optimiser.param_groups:
                    ours.groups |= {parameters[tensor]: (group["weight_decay"], rate) for tensor in group["params"]}
                defaults = self._optimiser.defaults
                ours.constants = (*defaults["betas"], defaults["eps"])
                ours.rates.append(rate)
                ours.batches.append(batch)
                ours.losses.append(super().step(batch))
                return ours.losses[-1]

        pairs = Pairs([str(row) for row in rows], rows, rows, rows, rows)  # no two are alike, as open_clip assumes
        with monkeypatch.context() as patch:
            patch.setattr("core.training.trainer.Training", Watched)
            patch.setattr(torch, "float32", torch.float64)  # of heads and embeddings
            patch.setattr(Tensor, "float", Tensor.double)
            finetune(
                encoder, ours.activations, pairs, lambda _: rows + 1, SETTINGS,
                lambda epoch: ours.scales.append(epoch.logit_scale),
            )  # fmt: skip
        return ours

    return run


def in_float64(encoder: Encoder) -> Encoder:
    """Convert weights and constants to float64."""
    encoder.double()
    for tower in TOWERS:
        encoder.compute_in(tower, torch.float64)
    config = open_clip.transform.PreprocessCfg(size=32)
    for buffer, values in ((encoder.pixel_mean, config.mean), (encoder.pixel_std, config.std)):
        buffer.copy_(torch.tensor(values, dtype=torch.float64).view(1, 3, 1, 1) * 255)
    return encoder


def reference(name: str, names: dict[str, str]) -> nn.Module:
    model = open_clip.create_model(name, output_dict=True)
    model.load_state_dict(load_file(names[name].partition(":")[2]))
    return model.double()


@pytest.mark.parametrize("name", ["ViT-parity", "RN-parity"])
def test_ten_steps_are_those_of_open_clip(fine_tuned, names, inputs, name):
    ours, model = fine_tuned(name), reference(name, names)
    images, tokens = inputs
    batches = [(images[batch], tokens[batch]) for batch in ours.batches]
    theirs = train(model, name, batches, SETTINGS.lr, SETTINGS.weight_decay, WARMUP_STEPS)
    assert max(theirs.unclamped) > CAP + 1e-4, "the scale runs into the cap"
    assert min(theirs.unclamped) < CAP - 5e-4, "and comes down from it"

    assert len(ours.losses) == STEPS
    assert ours.losses == pytest.approx(theirs.losses, rel=1e-5, abs=1e-5)
    assert ours.rates == pytest.approx(theirs.rates, rel=1e-9)
    assert ours.groups.keys() == theirs.groups.keys()
    for key, (decay, rate) in theirs.groups.items():
        assert ours.groups[key] == (decay, pytest.approx(rate, rel=1e-9)), key
    assert ours.constants == theirs.constants

    after = {key.removeprefix("clip."): tensor for key, tensor in ours.encoder.state_dict().items()}
    expected = model.state_dict()  # batch-norm statistics are among them
    assert after.keys() == expected.keys()
    for key, tensor in expected.items():
        torch.testing.assert_close(after[key], tensor, atol=1e-5, rtol=1e-5, msg=key)


def test_the_history_has_the_clamped_scale(fine_tuned):
    scales = fine_tuned("ViT-parity").scales
    assert scales[0] == pytest.approx(100.0)
    assert max(scales) <= 100.0 + 1e-4
    assert min(scales) < 99.95


def test_the_bias_of_a_sigmoid_model_stays_as_loaded(fine_tuned):
    ours = fine_tuned("ViT-parity-sigmoid")
    after = ours.encoder.state_dict()
    assert after["clip.logit_bias"].item() == -10
    assert "logit_bias" not in ours.groups
    assert ours.scales[-1] != ours.scales[0], "while the rest was trained"


@pytest.mark.parametrize(("scale", "expected"), [(0.5, 1.0), (1.0, 1.0), (50.0, 50.0), (100.0, 100.0), (117.3, 100.0)])
def test_a_scale_is_clamped_in_place(scale, expected):
    parameter = nn.Parameter(torch.tensor(scale).log())
    clamp_scale(parameter)
    assert parameter.exp().item() == pytest.approx(expected, rel=1e-6)
    assert parameter.requires_grad


@pytest.mark.parametrize(
    ("architecture", "is_vit"),
    [("ViT-B-32", True), ("coca_ViT-L-14", True), ("hf-hub:timm/ViT-B-16-SigLIP", True), ("RN50", False),
     ("convnext_base_w", False), ("EVA02-B-16", False)],
)  # fmt: skip
def test_the_constants_are_those_of_open_clip(architecture, is_vit):
    expected = get_default_params(architecture)
    found = AdamOptions.of_open_clip(architecture)
    assert (found.beta1, found.beta2, found.eps) == (expected["beta1"], expected["beta2"], expected["eps"])
    assert (found != AdamOptions()) == is_vit


def test_a_folder_called_vit_makes_no_vit(tiny_names):
    assert load_clip(tiny_names["TinyConv"]).adam == AdamOptions()


def test_the_built_in_encoders_have_pytorchs_constants_and_decay_matrices_only(lite):
    defaults = torch.optim.AdamW([nn.Parameter(torch.zeros(1))]).defaults
    assert (lite.adam.beta1, lite.adam.beta2, lite.adam.eps) == (*defaults["betas"], defaults["eps"])
    names = {parameter: name for name, parameter in lite.named_parameters()}
    for group in parameter_groups(lite, {"image": 0, "text": 0}, "", SETTINGS):
        for parameter in group["params"]:
            assert (group["weight_decay"] > 0) == (parameter.ndim >= 2), names[parameter]
