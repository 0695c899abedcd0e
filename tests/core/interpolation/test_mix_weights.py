"""Weights of every mix against its formula, and the parts of an encoder."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from core.errors import InputError
from core.interpolation.merges.model_stock import stock_alpha
from core.interpolation.merges.scores import mixed_scores
from core.interpolation.merges.spherical import slerp
from core.interpolation.mix import Mix
from core.interpolation.mix_weights import WeightPair, depths_of, parts_of, theta
from core.interpolation.wise_ft import interpolate

DEPTHS = {"a": 0.0, "b": 0.5, "c": 1.0}
KEYS = {"a": "image.early", "b": "image.late", "c": "text.late", "scale": ""}


def _weights(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {key: torch.randn(3, 4, generator=generator) for key in KEYS}


@pytest.fixture
def ends() -> WeightPair:
    importance = tuple({key: each.abs() for key, each in _weights(seed).items()} for seed in (8, 9))
    return WeightPair(
        _weights(0), {"one": _weights(1), "two": _weights(2), "three": _weights(3)}, KEYS, importance, DEPTHS
    )


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


def test_lines_rises_from_the_first_block_to_the_last(ends: WeightPair) -> None:
    mixed = theta(Mix(("one",), 0.8, merge="lines", shallow=0.2), ends)
    for key, alpha in {"a": 0.2, "b": 0.5, "c": 0.8, "scale": 0.8}.items():
        expected = (1 - alpha) * ends.zero_shot[key] + alpha * ends.fine_tuned["one"][key]
        torch.testing.assert_close(mixed[key], expected)


@pytest.mark.parametrize("alpha", [-0.5, 0.3, 1.5])
def test_extrapolation_goes_along_the_line_and_beyond_it(ends: WeightPair, alpha: float) -> None:
    mixed = theta(Mix(("one",), alpha, merge="extrapolation"), ends)
    for key in KEYS:
        torch.testing.assert_close(mixed[key], (1 - alpha) * ends.zero_shot[key] + alpha * ends.fine_tuned["one"][key])


def test_task_arithmetic_adds_the_differences_of_all_runs(ends: WeightPair) -> None:
    mixed = theta(Mix(("one", "two"), 0.3, merge="task-arithmetic"), ends)
    for key in KEYS:
        moves = ends.fine_tuned["one"][key] + ends.fine_tuned["two"][key] - 2 * ends.zero_shot[key]
        torch.testing.assert_close(mixed[key], ends.zero_shot[key] + 0.3 * moves)


def test_model_stock_is_the_point_of_the_plane_that_is_closest_to_the_centre() -> None:
    """Both models have the same distance from the centre, and their moves from it are at a right angle (section 3)."""
    generator = torch.Generator().manual_seed(0)
    zero_shot, centre = torch.zeros(2000, dtype=torch.float64), torch.randn(2000, generator=generator).double()
    noise, _ = torch.linalg.qr(torch.stack([centre, *torch.randn(2, 2000, generator=generator).double()]).T)
    first, second = (centre + 30 * noise[:, column] for column in (1, 2))
    basis = torch.stack([first, second]).T
    closest = basis @ torch.linalg.lstsq(basis, centre[:, None]).solution[:, 0]
    torch.testing.assert_close(
        stock_alpha(zero_shot, first, second) * (first + second) / 2, closest, atol=1e-5, rtol=1e-5
    )
    assert stock_alpha(zero_shot, first, -first) == 0
    assert stock_alpha(zero_shot, first, first) == pytest.approx(1)


def test_model_stock_has_an_alpha_for_each_tensor(ends: WeightPair) -> None:
    mixed = theta(Mix(("one", "two"), 1.0, merge="model-stock"), ends)
    for key in KEYS:
        both = ends.fine_tuned["one"][key], ends.fine_tuned["two"][key]
        alpha = stock_alpha(ends.zero_shot[key], *both)
        assert 0 < alpha < 1
        torch.testing.assert_close(mixed[key], (1 - alpha) * ends.zero_shot[key] + alpha * (both[0] + both[1]) / 2)


def test_slerp_moves_at_an_even_angle_and_stays_of_length_one() -> None:
    generator = torch.Generator().manual_seed(0)
    start, end = (functional.normalize(torch.randn(6, 8, generator=generator), dim=1) for _ in range(2))
    end[0] = start[0]
    end[1] = functional.normalize(start[1] + 1e-4, dim=0)
    whole = (start * end).sum(1).clamp(-1, 1).arccos()
    moved = slerp(start, end, 0.3)
    torch.testing.assert_close(moved.norm(dim=1), torch.ones(6))
    torch.testing.assert_close((start * moved).sum(1).clamp(-1, 1).arccos(), 0.3 * whole, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close((moved * end).sum(1).clamp(-1, 1).arccos(), 0.7 * whole, atol=1e-3, rtol=1e-4)
    assert torch.equal(slerp(start, end, 0.0), start)
    assert torch.equal(slerp(start, end, 1.0), end)


@pytest.mark.parametrize("merge", ["wise-ft", "fisher", "lines", "extrapolation"])
def test_the_ends_are_exact(ends: WeightPair, merge: str) -> None:
    for alpha, expected in ((0.0, ends.zero_shot), (1.0, ends.fine_tuned["two"])):
        mixed = theta(Mix(("two",), alpha, merge=merge), ends)
        assert all(torch.equal(mixed[key], expected[key]) for key in KEYS)


def test_one_towers_share_is_written_and_nothing_else(ends: WeightPair) -> None:
    out = {key: torch.full((3, 4), 7.0) for key in KEYS}
    theta(Mix(("one",), 0.5), ends.of("text"), out=out)
    assert {key for key in KEYS if not (out[key] == 7).all()} == {"c"}


def test_scores_have_no_weights(ends: WeightPair) -> None:
    with pytest.raises(InputError, match="combine"):
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


def test_depth_rises_evenly_from_the_first_block_to_the_last(lite, lite_multilingual) -> None:
    depths = depths_of(lite, lite.state_dict())
    layers = [
        {depth for key, depth in depths.items() if key.startswith(f"text_model.encoder.layer.{i}.")} for i in range(6)
    ]
    assert layers == [{layer / 5} for layer in range(6)]
    assert depths["text_model.embeddings.word_embeddings.weight"] == 0
    assert depths["text_head.linear.weight"] == depths["image_head.branch.weight"] == depths["logit_scale"] == 1
    assert depths_of(lite_multilingual, ["text_head.linear.weight"]) == {"text_head.linear.weight": 1}
