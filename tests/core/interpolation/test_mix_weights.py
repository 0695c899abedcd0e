"""Weights of every mix against its formula, and the parts of an encoder."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.errors import InputError
from core.interpolation.mix import Mix
from core.interpolation.mix_weights import WeightPair, mixed_scores, parts_of, theta
from core.interpolation.wise_ft import interpolate

KEYS = {"a": "image.early", "b": "image.late", "c": "text.late", "scale": ""}


def _weights(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {key: torch.randn(3, 4, generator=generator) for key in KEYS}


@pytest.fixture
def ends() -> WeightPair:
    importance = tuple({key: each.abs() for key, each in _weights(seed).items()} for seed in (8, 9))
    return WeightPair(_weights(0), {"one": _weights(1), "two": _weights(2), "three": _weights(3)}, KEYS, importance)


def test_the_mix_with_one_alpha_is_wise_ft(ends: WeightPair) -> None:
    for alpha in (0.0, 0.3, 1.0):
        expected = interpolate(ends.zero_shot, ends.fine_tuned["one"], alpha)
        mixed = theta(Mix(("one",), alpha), ends)
        assert all(torch.equal(mixed[key], expected[key]) for key in KEYS)


def test_a_part_has_its_own_alpha_or_its_towers_or_the_mixs(ends: WeightPair) -> None:
    mixed = theta(Mix(("one",), 0.2, {"image": 0.9, "image.early": 0.0}), ends)
    for key, alpha in {"a": 0.0, "b": 0.9, "c": 0.2, "scale": 0.2}.items():
        expected = (1 - alpha) * ends.zero_shot[key] + alpha * ends.fine_tuned["one"][key]
        torch.testing.assert_close(mixed[key], expected)


def test_a_soup_is_the_mean_of_the_runs_mixed_with_zero_shot(ends: WeightPair) -> None:
    mixed = theta(Mix(("one", "two", "three"), 0.4), ends)
    for key in KEYS:
        mean = sum(ends.fine_tuned[run][key] for run in ("one", "two", "three")) / 3
        torch.testing.assert_close(mixed[key], 0.6 * ends.zero_shot[key] + 0.4 * mean)


def test_fisher_weighs_each_number_by_its_importance(ends: WeightPair) -> None:
    mixed = theta(Mix(("one",), 0.3, merge="fisher"), ends)
    assert ends.importance is not None
    for key in KEYS:
        to_start, to_end = 0.7 * ends.importance[0][key], 0.3 * ends.importance[1][key]
        expected = (to_start * ends.zero_shot[key] + to_end * ends.fine_tuned["one"][key]) / (to_start + to_end)
        torch.testing.assert_close(mixed[key], expected, atol=1e-4, rtol=1e-4)


def test_where_all_numbers_are_as_important_or_none_is_fisher_is_wise_ft(ends: WeightPair) -> None:
    for value in (0.0, 1.0):
        alike = {key: torch.full((3, 4), value) for key in KEYS}
        mixed = theta(
            Mix(("one",), 0.3, merge="fisher"), WeightPair(ends.zero_shot, ends.fine_tuned, KEYS, (alike, alike))
        )
        expected = theta(Mix(("one",), 0.3), ends)
        for key in KEYS:
            torch.testing.assert_close(mixed[key], expected[key])


@pytest.mark.parametrize("merge", ["wise-ft", "fisher"])
def test_the_ends_are_exact(ends: WeightPair, merge: str) -> None:
    for alpha, expected in ((0.0, ends.zero_shot), (1.0, ends.fine_tuned["two"])):
        mixed = theta(Mix(("two",), alpha, merge=merge), ends)
        assert all(torch.equal(mixed[key], expected[key]) for key in KEYS)


def test_one_towers_share_is_written_and_nothing_else(ends: WeightPair) -> None:
    out = {key: torch.full((3, 4), 7.0) for key in KEYS}
    theta(Mix(("one",), 0.5), ends.of("text"), out=out)
    assert {key for key in KEYS if not (out[key] == 7).all()} == {"c"}


def test_scores_have_no_weights(ends: WeightPair) -> None:
    with pytest.raises(InputError, match="mixed_scores"):
        theta(Mix(("one",), 0.5, merge="scores"), ends)


def test_mixed_scores_are_both_models_cosines_mixed() -> None:
    generator = torch.Generator().manual_seed(0)
    texts, tuned_texts, images, tuned_images = (
        functional.normalize(torch.randn(5, 8, generator=generator), dim=-1) for _ in range(4)
    )
    for alpha in (0.0, 0.3, 1.0):
        both = mixed_scores(texts, tuned_texts, alpha), mixed_scores(images, tuned_images, alpha)
        expected = (1 - alpha) * texts @ images.T + alpha * tuned_texts @ tuned_images.T
        torch.testing.assert_close(both[0] @ both[1].T, expected)
        torch.testing.assert_close(both[0].norm(dim=-1), torch.ones(5))


def test_blocks_are_cut_into_thirds_and_other_stages_belong_to_the_nearest(tiny, lite, lite_multilingual) -> None:
    def parts(encoder, *keys: str) -> list[str]:
        named = parts_of(encoder, encoder.state_dict())
        return [next(part for key, part in named.items() if key.startswith(start)) for start in keys]

    assert parts(tiny, "clip.logit_scale", "clip.visual.conv1", "clip.visual.proj") == ["", "image.early", "image.late"]
    blocks = [f"clip.transformer.resblocks.{block}." for block in range(2)]
    assert parts(tiny, *blocks) == ["text.early", "text.middle"]
    layers = [f"text_model.encoder.layer.{layer}." for layer in range(6)]
    assert parts(lite, *layers) == [f"text.{depth}" for depth in ("early", "early", "middle", "middle", "late", "late")]
    assert parts(lite, "text_model.embeddings", "text_head") == ["text.early", "text.late"]
    assert parts(lite_multilingual, "text_head") == ["text"]
