"""θ(α) against the formula of the paper, and checkpoints that cannot be mixed."""

import re

import pytest
import torch
from torch import Tensor

from core.errors import InputError
from core.interpolation.wise_ft import check_compatible, interpolate


def checkpoint(seed: int, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        "matrix": torch.randn(7, 5, generator=generator).to(dtype),
        "bias": (torch.randn(5, generator=generator) * 1e3).to(dtype),
        "scale": torch.randn((), generator=generator).to(dtype),
    }


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_both_ends_are_exact(alpha, dtype):
    zero_shot, fine_tuned = checkpoint(0, dtype), checkpoint(1, dtype)
    mixed = interpolate(zero_shot, fine_tuned, alpha)
    end = fine_tuned if alpha else zero_shot
    assert list(mixed) == list(zero_shot)
    for key in end:
        assert mixed[key].dtype == dtype
        assert torch.equal(mixed[key], end[key])


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_the_ends_are_exact_where_their_difference_overflows(alpha):
    ends = {"w": torch.tensor([-3e38, 1e-45])}, {"w": torch.tensor([3e38, 3e38])}
    assert torch.equal(interpolate(*ends, alpha)["w"], ends[int(alpha)]["w"])


@pytest.mark.parametrize("alpha", [0.05, 0.3, 0.5, 0.95])
def test_between_the_ends_it_is_the_formula(alpha):
    zero_shot, fine_tuned = checkpoint(0), checkpoint(1)
    mixed = interpolate(zero_shot, fine_tuned, alpha)
    for key in zero_shot:
        expected = (1 - alpha) * zero_shot[key].double() + alpha * fine_tuned[key].double()
        torch.testing.assert_close(mixed[key].double(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_mixed_in_single_precision(dtype):
    zero_shot, fine_tuned = checkpoint(0, dtype), checkpoint(1, dtype)
    mixed = interpolate(zero_shot, fine_tuned, 0.3)
    in_single = interpolate(
        {key: tensor.float() for key, tensor in zero_shot.items()},
        {key: tensor.float() for key, tensor in fine_tuned.items()},
        0.3,
    )
    for key in zero_shot:
        assert torch.equal(mixed[key], in_single[key].to(dtype))


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_into_given_tensors_it_is_mixed_in_single_precision_and_rounded_once(alpha, dtype):
    zero_shot, fine_tuned = checkpoint(0), checkpoint(1)
    given = {key: torch.full_like(tensor, 9.0, dtype=dtype) for key, tensor in zero_shot.items()}
    other = torch.tensor([1.0, 2.0])
    mixed = interpolate(zero_shot, fine_tuned, alpha, out=given | {"frozen": other})
    expected = interpolate(zero_shot, fine_tuned, alpha)
    for key in zero_shot:
        assert mixed[key] is given[key]
        assert torch.equal(given[key], expected[key].to(dtype))
    assert other.tolist() == [1.0, 2.0]


def test_a_long_step_in_half_precision_does_not_overflow():
    zero_shot, fine_tuned = {"w": torch.tensor([-60000.0]).half()}, {"w": torch.tensor([60000.0]).half()}
    assert interpolate(zero_shot, fine_tuned, 0.5)["w"].item() == 0.0


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
def test_nothing_is_shared_with_the_checkpoints(alpha):
    zero_shot, fine_tuned = checkpoint(0), checkpoint(1)
    for tensor in interpolate(zero_shot, fine_tuned, alpha).values():
        tensor.fill_(9.0)
    assert all(torch.equal(zero_shot[key], checkpoint(0)[key]) for key in zero_shot)
    assert all(torch.equal(fine_tuned[key], checkpoint(1)[key]) for key in fine_tuned)


@pytest.mark.parametrize("buffer", [torch.tensor(10**15 + 1), torch.tensor([True, False]), torch.arange(3)])
def test_integer_buffers_are_copied(buffer):
    mixed = interpolate({"steps": buffer}, {"steps": buffer.clone()}, 0.3)["steps"]
    assert mixed.dtype == buffer.dtype
    assert torch.equal(mixed, buffer)
    assert mixed is not buffer


def test_integer_buffers_that_differ_are_refused():
    with pytest.raises(InputError, match=r"steps .*torch\.int64.* differ"):
        check_compatible({"steps": torch.tensor(1)}, {"steps": torch.tensor(2)})


def test_every_mismatch_is_named():
    zero_shot = checkpoint(0) | {"lost": torch.zeros(1)}
    fine_tuned = checkpoint(0) | {"new": torch.zeros(1), "matrix": torch.zeros(5, 7), "bias": torch.zeros(5).half()}
    with pytest.raises(InputError) as error:
        check_compatible(zero_shot, fine_tuned)
    problems = str(error.value).partition("mixed: ")[2].split("; ")
    for expected in (
        r"lost .*zero-shot",
        r"new .*fine-tuned",
        r"matrix .*\(7, 5\) .*\(5, 7\)",
        r"bias .*torch\.float32 .*torch\.float16",
    ):
        assert any(re.match(expected, problem) for problem in problems), expected


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_refused(value):
    damaged = checkpoint(1)
    damaged["matrix"][2, 2] = value
    with pytest.raises(InputError, match=r"matrix .*not finite"):
        check_compatible(checkpoint(0), damaged)
    with pytest.raises(InputError, match=r"matrix .*not finite"):
        check_compatible(damaged, checkpoint(0))


@pytest.mark.parametrize("alpha", [-0.01, 1.01, float("nan"), float("inf")])
def test_an_alpha_outside_is_refused(alpha):
    with pytest.raises(InputError, match="alpha"):
        interpolate(checkpoint(0), checkpoint(1), alpha)
