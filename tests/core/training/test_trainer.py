"""Fine-tuning: loss, schedule, trained parameters and reproducibility."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.data.domain import query_texts
from core.data.query_text import Reading
from core.encoders.base import first_tuned_stages
from core.encoders.clip.encoder import load_clip
from core.encoders.embedding import embed, image_activations, text_activations
from core.errors import InputError, RematchError
from core.retrieval.ranking import ranks_of
from core.training.augmentation import random_crops
from core.training.loss import contrastive_loss
from core.training.pairs import Pairs
from core.training.param_groups import parameter_groups
from core.training.pull import Pull
from core.training.settings import Settings, default_settings
from core.training.trainer import Training, finetune, warmup_cosine

LEARNING = Settings(tune="all", epochs=15, lr=3e-3, batch_size=24)
SHORT = Settings(tune="all", epochs=2, lr=3e-3, batch_size=16)


def plain_loss(images: torch.Tensor, texts: torch.Tensor, scale: float) -> float:
    """Compute the formula with loops: minus the log of the partner's share, both ways."""
    total = 0.0
    for i in range(len(images)):
        by_text = [math.exp(scale * float(images[i] @ text)) for text in texts]
        by_image = [math.exp(scale * float(image @ texts[i])) for image in images]
        total -= math.log(by_text[i] / sum(by_text)) + math.log(by_image[i] / sum(by_image))
    return total / (2 * len(images))


def unit(seed: int, count: int = 7) -> torch.Tensor:
    return functional.normalize(torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)), dim=-1)


@pytest.mark.parametrize("scale", [1.0, 14.3, 60.0])
def test_the_loss_is_the_formula(scale):
    ours = contrastive_loss(unit(0), unit(1), torch.tensor(scale).log())
    assert ours.item() == pytest.approx(plain_loss(unit(0), unit(1), scale), rel=1e-4)


def loss_without(images: torch.Tensor, texts: torch.Tensor, scale: float, groups: list[list[int]]) -> float:
    """Compute the formula with loops; pairs that share an image (groups[0]) or text (groups[1]) do not compete."""
    total = 0.0
    for i in range(len(images)):
        rivals = [j for j in range(len(images)) if j == i or all(group[j] != group[i] for group in groups)]
        by_text = sum(math.exp(scale * float(images[i] @ texts[j])) for j in rivals)
        by_image = sum(math.exp(scale * float(images[j] @ texts[i])) for j in rivals)
        pair = math.exp(scale * float(images[i] @ texts[i]))
        total -= math.log(pair / by_text) + math.log(pair / by_image)
    return total / (2 * len(images))


ALIKE = {
    "none": [[0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]],
    "images": [[0, 1, 0, 3, 0, 5, 6], [0, 1, 2, 3, 4, 5, 6]],
    "texts": [[0, 1, 2, 3, 4, 5, 6], [0, 0, 2, 3, 4, 3, 6]],
    "both, in a chain": [[0, 1, 1, 3, 4, 5, 6], [0, 0, 2, 2, 4, 5, 6]],
    "all": [[0] * 7, [0, 1, 2, 3, 4, 5, 6]],
}


@pytest.mark.parametrize("alike", ALIKE)
def test_identical_images_or_texts_are_not_each_others_negatives(alike):
    groups = ALIKE[alike]
    pairs = Pairs(list("abcdefg"), np.arange(7), np.arange(7), *(np.array(group) for group in groups))
    order = np.array([3, 0, 6, 1, 5, 2, 4])
    images, texts = unit(0)[order].requires_grad_(), unit(1)[order]
    found = contrastive_loss(images, texts, torch.tensor(2.0).log(), torch.from_numpy(pairs.same(order)))
    expected = loss_without(unit(0), unit(1), 2.0, groups)
    assert found.item() == pytest.approx(expected, rel=1e-4, abs=1e-6)
    found.backward()
    assert images.grad.isfinite().all()
    assert (expected == 0) == (alike == "all")


def test_the_loss_does_not_mind_which_side_is_which():
    scale = torch.tensor(2.0)
    assert contrastive_loss(unit(0), unit(1), scale).item() == pytest.approx(
        contrastive_loss(unit(1), unit(0), scale).item()
    )


@pytest.mark.parametrize("scale", [100.0, 500.0])
def test_the_loss_clamps_nothing_so_that_the_temperature_can_move_at_the_cap(scale):
    log_scale = torch.tensor(math.log(scale), requires_grad=True)
    loss = contrastive_loss(unit(0), unit(1), log_scale)
    assert loss.item() == pytest.approx(plain_loss(unit(0), unit(1), scale), rel=1e-4)
    loss.backward()
    assert log_scale.grad.item() > 1


def test_the_rate_rises_straight_and_falls_as_half_a_cosine():
    factor = warmup_cosine(0.1, 100)
    rates = [factor(step) for step in range(101)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10] == pytest.approx(1.0)
    assert rates[55] == pytest.approx(0.5)
    assert rates[100] == pytest.approx(0.0, abs=1e-12)
    assert all(earlier >= later for earlier, later in itertools.pairwise(rates[9:]))


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 1.0])
def test_a_schedule_of_few_steps_is_still_one(warmup, steps):
    rates = [warmup_cosine(warmup, steps)(step) for step in range(steps + 1)]
    assert all(0 <= rate <= 1 for rate in rates)
    assert rates[0] > 0


def all_different(rows: np.ndarray) -> Pairs:
    """Make pairs of the same row in both towers, no two of them alike."""
    groups = np.arange(len(rows))
    return Pairs([f"article {row}" for row in rows], rows, rows, groups, groups)


class Tuned:
    """A fine-tuning of the tiny CLIP on the shapes."""

    def __init__(self, name, domain, cache, settings):
        self.encoder = load_clip(name).eval()
        self.before = {key: tensor.clone() for key, tensor in self.encoder.state_dict().items()}
        articles, starts = domain.articles, first_tuned_stages(self.encoder, settings.tune)
        texts = query_texts(articles, Reading(), english=False)
        files = [domain.images_root / file for file in articles["image_file"]]
        self.activations = {
            "image": image_activations(self.encoder, starts["image"], files, list(articles["image_hash"]), cache),
            "text": text_activations(self.encoder, starts["text"], texts, cache),
        }
        self.train = np.flatnonzero(articles["split"] == "train")
        self.val = np.flatnonzero(articles["split"] == "val")
        # Eighteen captions for sixty images: any image with the right caption counts.
        self.texts = np.array(texts)
        self.epochs = []
        self.changed = finetune(
            self.encoder, self.activations, all_different(self.train), self.ranks, settings, self.epochs.append
        )

    def ranks(self, encoder):
        images = embed(encoder, self.activations["image"], self.val)
        texts = embed(encoder, self.activations["text"], self.val)
        return ranks_of(texts, images, np.arange(len(self.val)), np.arange(len(self.val)))


@pytest.fixture
def tune(tiny_name, shapes_domain, workspace):
    return lambda settings: Tuned(tiny_name, shapes_domain, workspace.cache, settings)


def test_the_loss_falls_and_the_images_are_found(tune):
    epochs = tune(LEARNING).epochs
    assert [epoch.epoch for epoch in epochs] == list(range(16))
    assert epochs[0].loss is None
    assert epochs[-1].loss < 0.75 * epochs[1].loss
    assert epochs[-1].val_mrr > epochs[0].val_mrr + 0.2


def test_the_same_seed_gives_the_same_weights_to_the_bit(tune):
    first, second = tune(SHORT), tune(SHORT)
    assert first.changed.keys() == second.changed.keys()
    assert all(torch.equal(first.changed[key], second.changed[key]) for key in first.changed)
    assert first.epochs == second.epochs


def test_the_seed_alone_decides_not_what_was_drawn_before(tune):
    first = tune(SHORT)
    torch.rand(100)
    np.random.default_rng().random(7)
    assert torch.equal(first.changed["clip.text_projection"], tune(SHORT).changed["clip.text_projection"])


def test_another_seed_gives_other_weights(tune):
    other = Settings(tune="all", epochs=2, lr=3e-3, batch_size=16, seed=1)
    assert not torch.equal(tune(SHORT).changed["clip.text_projection"], tune(other).changed["clip.text_projection"])


def test_the_seed_decides_the_dropout_too(lite, shapes_domain, workspace):
    # One batch an epoch, so that the order of the pairs does not matter and only the dropout differs.
    settings = Settings(tune="head", epochs=2, lr=1e-2, batch_size=24)
    before = {key: tensor.clone() for key, tensor in lite.state_dict().items()}
    articles = shapes_domain.articles.iloc[:24]
    files = [shapes_domain.images_root / file for file in articles["image_file"]]
    starts = first_tuned_stages(lite, "head")
    activations = {
        "image": image_activations(lite, starts["image"], files, list(articles["image_hash"]), workspace.cache),
        "text": text_activations(lite, starts["text"], list(articles["title"]), workspace.cache),
    }
    rows = np.arange(24)
    seen = []
    for seed in (0, 0, 1):
        lite.set_weights(before)
        again = Settings(**{**vars(settings), "seed": seed})
        seen.append(finetune(lite, activations, all_different(rows), lambda _: rows + 1, again, lambda epoch: None))
    assert seen[0].keys() == {"image_head.branch.weight", "image_head.branch.bias", "text_head.linear.weight",
                              "text_head.linear.bias", "logit_scale"}  # fmt: skip
    assert all(torch.equal(seen[0][key], seen[1][key]) for key in seen[0])
    assert not torch.equal(seen[0]["image_head.branch.weight"], seen[2]["image_head.branch.weight"])


BLOCK_1 = ("clip.visual.transformer.resblocks.1.", "clip.transformer.resblocks.1.")
HEADS = ("clip.visual.proj", "clip.text_projection", "clip.logit_scale")
TUNED = {
    "head": HEADS,
    "last:1": (*HEADS, *BLOCK_1, "clip.visual.ln_post.", "clip.ln_final."),
    "text": (*HEADS, "clip.transformer.", "clip.token_embedding.", "clip.positional_embedding", "clip.ln_final."),
    "all": ("clip.",),
}


@pytest.mark.parametrize("what", list(TUNED))
def test_only_what_is_tuned_changes(tune, what):
    tuned = tune(Settings(tune=what, epochs=1, lr=3e-3, batch_size=16))
    after = tuned.encoder.state_dict()
    changed = {key for key in after if not torch.equal(after[key], tuned.before[key])}
    expected = {key for key in after if key.startswith(TUNED[what])}
    # A key bias shifts all scores of a query alike, so it may stay; every other tensor changes.
    assert changed <= expected
    assert {key for key in expected - changed if "bias" not in key} == set()
    assert tuned.changed.keys() == changed
    assert all(torch.equal(tuned.changed[key], after[key]) for key in changed)
    assert not any(parameter.requires_grad for parameter in tuned.encoder.parameters())
    assert not tuned.encoder.training


def test_returned_tensors_are_copies(tune):
    tuned = tune(SHORT)
    copies = {key: tensor.clone() for key, tensor in tuned.changed.items()}
    tuned.encoder.set_weights(tuned.before)
    assert all(torch.equal(tuned.changed[key], copies[key]) for key in copies)


def test_no_epochs_change_nothing(tune):
    tuned = tune(Settings(tune="all", epochs=0))
    assert tuned.changed == {}
    assert len(tuned.epochs) == 1


def test_the_last_line_of_the_history_is_the_returned_model(tune):
    tuned = tune(SHORT)
    last = tuned.epochs[-1]
    assert last.logit_scale == pytest.approx(tuned.changed["clip.logit_scale"].exp().item())
    assert last.val_mrr == float(np.mean(1 / tuned.ranks(tuned.encoder)))


def test_biases_norms_and_the_temperature_have_no_decay(tiny):
    groups = parameter_groups(tiny, {"image": 0, "text": 0}, "", Settings(lr=1e-3, backbone_lr_ratio=0.1))
    names = {parameter: name for name, parameter in tiny.named_parameters()}
    heads = {names[parameter] for group in groups if group["lr"] == 1e-3 for parameter in group["params"]}
    assert heads == set(HEADS)
    without = {names[parameter] for group in groups if group["weight_decay"] == 0 for parameter in group["params"]}
    assert without == {
        name for name in names.values()
        if name.endswith("bias") or "ln_" in name or name.endswith(("logit_scale", "class_embedding"))
    }  # fmt: skip
    assert {group["lr"] for group in groups} == {1e-3, 1e-4}
    assert sum(len(group["params"]) for group in groups) == len(names)


def test_a_loss_that_is_not_finite_stops_at_once(tune, monkeypatch):
    monkeypatch.setattr("core.training.trainer.contrastive_loss", lambda *_: torch.tensor(float("inf")))
    with pytest.raises(RematchError, match=r"inf in epoch 1 .*--lr below 0\.003"):
        tune(SHORT)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"epochs": -1}, "--epochs -1: expected 0 or more"),
        ({"lr": 0.0}, "--lr 0.0: expected between 0 and 1"),
        ({"lr": 1.0}, "--lr 1.0: expected between 0 and 1"),
        ({"lr": float("nan")}, "--lr nan: expected between 0 and 1"),
        ({"batch_size": 1}, "--batch-size 1: expected at least 2"),
        ({"layer_decay": 0.0}, "--set layer_decay=0.0: expected a factor above 0"),
        ({"layer_decay": 1.1}, "--set layer_decay=1.1: expected a factor above 0"),
        ({"pull": -1.0}, "--set pull=-1.0: expected from 0 to 1000"),
        ({"patience": 0}, "--patience 0: expected at least 1 epoch"),
        ({"stop_metric": "mrr"}, "--set stop_metric=mrr: expected one of mrr@100, recall@1"),
        ({"chunk_size": 0}, "--set chunk_size=0: expected at least 1 pair"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        Settings(**wrong)


@pytest.mark.parametrize("name", ["lite", "lite-multilingual"])
def test_the_built_in_encoders_tune_their_heads_by_default(name):
    assert default_settings(name, None).tune == "head"
    assert default_settings(name, "text").backbone_lr_ratio < 1


def test_clip_is_tuned_as_a_whole_by_default():
    assert default_settings("ViT-B-32:openai", None).tune == "all"
    assert default_settings("ViT-B-32:openai", "head").lr > default_settings("ViT-B-32:openai", "all").lr


@pytest.mark.parametrize("name", ["lite", "ViT-B-32:openai"])
def test_adapters_have_separate_defaults(name):
    assert default_settings(name, "lora:4").tune == "lora:4"
    assert default_settings(name, "lora:4").lr > default_settings("ViT-B-32:openai", "all").lr


def rates(encoder: torch.nn.Module, **settings: float) -> dict[str, float]:
    """Return parameter → peak rate if everything is tuned."""
    groups = parameter_groups(encoder, {"image": 0, "text": 0}, "", Settings(lr=1.0 - 1e-9, **settings))
    of = {parameter: group["lr"] for group in groups for parameter in group["params"]}
    return {name: round(of[parameter], 6) for name, parameter in encoder.named_parameters()}


def test_the_rate_falls_with_each_block_further_from_the_heads(tiny):
    found = rates(tiny, layer_decay=0.5, backbone_lr_ratio=0.1)
    expected = {
        "clip.visual.proj": 1.0, "clip.text_projection": 1.0, "clip.logit_scale": 1.0,
        "clip.visual.ln_post.weight": 0.1, "clip.ln_final.weight": 0.1,
        "clip.visual.transformer.resblocks.1.mlp.c_fc.weight": 0.05,
        "clip.visual.transformer.resblocks.0.mlp.c_fc.weight": 0.025,
        "clip.transformer.resblocks.0.mlp.c_fc.bias": 0.025,
        "clip.visual.conv1.weight": 0.0125, "clip.token_embedding.weight": 0.0125,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert set(rates(tiny).values()) == {1.0}


def test_a_tower_that_is_one_piece_has_one_rate(tiny_names):
    found = rates(load_clip(tiny_names["TinyConv"]), layer_decay=0.5, backbone_lr_ratio=0.1)
    assert {rate for name, rate in found.items() if ".visual." in name} == {0.1}


def test_a_loss_that_is_not_finite_names_the_batch(tune, monkeypatch):
    monkeypatch.setattr("core.training.trainer.contrastive_loss", lambda *_: torch.tensor(float("nan")))
    with pytest.raises(RematchError, match=r"epoch 1 .*(article \d+, ){4}article \d+ and 11 more"):
        tune(SHORT)


def test_a_gradient_that_is_not_finite_stops_before_any_weight_changes(tune, monkeypatch):
    def steep(images, *_):
        loss = images.sum() * 0.0
        loss.register_hook(lambda gradient: gradient * float("inf"))
        return loss

    encoders = []
    monkeypatch.setattr("core.training.trainer.contrastive_loss", steep)

    class Watched(Training):
        def __init__(self, encoder, *arguments):
            encoders.append((encoder, {key: tensor.clone() for key, tensor in encoder.state_dict().items()}))
            super().__init__(encoder, *arguments)

    monkeypatch.setattr("core.training.trainer.Training", Watched)
    with pytest.raises(RematchError, match="nan in epoch 1"):
        tune(SHORT)
    encoder, before = encoders[0]
    assert all(torch.equal(tensor, before[key]) for key, tensor in encoder.state_dict().items())


def test_pull_moves_back_by_its_share_of_the_way_and_the_rate():
    moved, start = torch.nn.Parameter(torch.tensor([1.0, -2.0])), torch.tensor([1.0, -2.0])
    optimiser = torch.optim.SGD([moved], lr=0.1)
    pull = Pull(optimiser, 3.0)
    with torch.no_grad():
        moved += torch.tensor([1.0, 10.0])
    pull()
    torch.testing.assert_close(moved.data, start + 0.7 * torch.tensor([1.0, 10.0]))
    optimiser.param_groups[0]["lr"] = 0.5  # lr · strength above one
    pull()
    torch.testing.assert_close(moved.data, start)


def test_the_stronger_the_pull_the_less_a_training_changes(tune):
    def change(**settings: float) -> float:
        tuned = tune(replace(SHORT, **settings))
        return sum(float((tuned.changed[key] - tuned.before[key]).norm()) for key in tuned.changed)

    free, held, still = change(), change(pull=100.0), change(pull=1000.0)
    assert 0.9 * free > held > still


def test_cached_gradients_and_checkpoints_between_blocks_train_the_same_model(tune):
    plain = tune(SHORT)
    for settings in ({"chunk_size": 5}, {"grad_checkpointing": True}, {"chunk_size": 3, "grad_checkpointing": True}):
        other = tune(replace(SHORT, **settings))
        assert other.encoder.grad_checkpointing is False, "it is set for training only"
        assert [epoch.loss for epoch in other.epochs[1:]] == pytest.approx([e.loss for e in plain.epochs[1:]], rel=1e-4)


def test_lora_gives_full_matrices_of_what_it_adapted_and_the_heads(tune):
    tuned = tune(replace(LEARNING, tune="lora:4", epochs=6))
    adapted = {key for key in tuned.changed if ".mlp.c_" in key and key.endswith("weight")}
    assert len(adapted) == 8
    assert tuned.changed.keys() == adapted | set(HEADS)
    assert all(tuned.changed[key].shape == tuned.before[key].shape for key in tuned.changed)
    difference = tuned.changed["clip.transformer.resblocks.0.mlp.c_fc.weight"]
    difference = difference - tuned.before["clip.transformer.resblocks.0.mlp.c_fc.weight"]
    values = torch.linalg.svdvals(difference)
    assert values[3] > 1e-4 > 10 * values[4], "of rank four"
    assert tuned.epochs[-1].loss < tuned.epochs[1].loss
    assert tuned.epochs[-1].val_mrr == float(np.mean(1 / tuned.ranks(tuned.encoder))), "merged ranks as measured"


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_mixed_precision_learns_too(tune, monkeypatch, dtype):
    """Train as on CUDA, but on the CPU; loss and weights stay in 32 bits."""
    plain = tune(SHORT)
    monkeypatch.setattr("core.training.trainer.training_dtype", lambda device: dtype)
    mixed = tune(SHORT)
    assert [epoch.loss for epoch in mixed.epochs[1:]] == pytest.approx([e.loss for e in plain.epochs[1:]], rel=0.02)
    assert mixed.epochs[1].loss != plain.epochs[1].loss
    assert {tensor.dtype for tensor in mixed.changed.values()} == {torch.float32}


def test_crops_are_other_ones_each_time_and_nearly_the_whole_image():
    pixels = torch.arange(64 * 64, dtype=torch.float).view(1, 1, 64, 64).expand(2, 3, 64, 64) / 16
    crops = random_crops(pixels.to(torch.uint8))
    assert (crops.shape, crops.dtype) == ((2, 3, 64, 64), torch.uint8)
    assert not torch.equal(crops[0], crops[1])
    assert (crops.float() - pixels).abs().mean() < 0.06 * 256
    assert crops[0, 0, 0, 0] < crops[0, 0, -1, -1], "not upside down"
    assert crops[0, 0, 5, 0] <= crops[0, 0, 5, -1], "not mirrored"
    torch.manual_seed(3)
    first = random_crops(pixels.to(torch.uint8))
    torch.manual_seed(3)
    assert torch.equal(random_crops(pixels.to(torch.uint8)), first)


def test_augmentation_needs_pixels(tune):
    augmented = tune(replace(SHORT, augment=True))
    assert augmented.epochs[1].loss != tune(SHORT).epochs[1].loss
    with pytest.raises(InputError, match=r"augment=true.*--tune all"):
        Settings(tune="head", augment=True)
