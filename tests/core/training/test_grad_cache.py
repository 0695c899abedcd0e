"""Cached gradients and checkpoints between blocks: the loss and the gradients of one big batch, dropout included."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from core.encoders.base import Encoder
from core.training.grad_cache import cached_gradients
from core.training.loss import contrastive_loss

COUNT = 7


class Towers(nn.Module):
    """Two small towers with dropout; counts the rows whose activations are stored for backward."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        torch.manual_seed(2)
        self.towers = nn.ModuleList(
            nn.Sequential(nn.Linear(5, 9), nn.Tanh(), nn.Dropout(dropout), nn.Linear(9, 4)) for _ in range(2)
        )
        self.log_scale = nn.Parameter(torch.tensor(1.0))
        self.inputs = torch.randn(2, COUNT, 5)

    def embed(self, side: int, rows: np.ndarray) -> torch.Tensor:
        return functional.normalize(self.towers[side](self.inputs[side][rows]), dim=-1)


def gradients(towers: Towers, cut) -> list[torch.Tensor]:
    """Compute loss and gradients. cut: wraps the embedding function that gets the whole batch."""
    towers.zero_grad()
    torch.manual_seed(8)
    sides = [cut(lambda rows, side=side: towers.embed(side, rows))(np.arange(COUNT)) for side in (0, 1)]
    loss = contrastive_loss(*sides, towers.log_scale)
    loss.backward()
    return [loss.detach(), *(parameter.grad.clone() for parameter in towers.parameters())]


def stored_in_pieces(size: int):
    """Embed in pieces with all activations stored, which draws the same dropout noise."""
    return lambda embed: lambda rows: torch.cat([embed(part) for part in np.array_split(rows, -(-COUNT // size))])


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 100])
def test_chunks_give_the_loss_and_the_gradients_of_the_whole_batch(size):
    towers = Towers(dropout=0.0)
    torch.testing.assert_close(
        gradients(towers, lambda embed: cached_gradients(embed, size)), gradients(towers, lambda e: e)
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_both_passes_of_a_chunk_have_the_same_dropout(size):
    towers = Towers(dropout=0.5)
    found = gradients(towers, lambda embed: cached_gradients(embed, size))
    torch.testing.assert_close(found, gradients(towers, stored_in_pieces(size)))


def test_no_activations_are_stored_and_each_chunk_runs_forward_again():
    towers, seen = Towers(dropout=0.0), []

    def noting(embed):
        def noted(rows):
            seen.append((len(rows), torch.is_grad_enabled()))
            return embed(rows)

        return cached_gradients(noted, 3)

    gradients(towers, noting)
    assert len(seen) == 2 * 2 * 3, "three chunks of either side, twice"
    assert max(count for count, _ in seen) == 3


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_checkpoints_between_blocks_change_no_gradient(tiny: Encoder, dtype):
    pixels = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    tokens = tiny.tokenize(["a red circle", "b", "a blue square"])
    found = []
    for grad_checkpointing in (False, True):
        tiny.grad_checkpointing = grad_checkpointing
        tiny.requires_grad_(True).zero_grad()
        with torch.autocast("cpu", dtype, enabled=dtype is not None):
            images, texts = tiny.encode_image(pixels), tiny.encode_text(tokens)
        contrastive_loss(images.float(), texts.float(), tiny.logit_scale).backward()
        found.append({name: parameter.grad.clone() for name, parameter in tiny.named_parameters()})
    torch.testing.assert_close(found[1], found[0])


def test_blocks_are_computed_again_only_where_there_are_gradients(tiny: Encoder, monkeypatch):
    calls = []
    forward = type(tiny.clip.visual.transformer.resblocks[0]).forward

    def counted(block, *arguments, **options):
        calls.append(block)
        return forward(block, *arguments, **options)

    monkeypatch.setattr(type(tiny.clip.visual.transformer.resblocks[0]), "forward", counted)
    tiny.grad_checkpointing = True
    tiny.requires_grad_(True)
    pixels = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    with torch.inference_mode():
        tiny.encode_image(pixels)
    assert len(calls) == 2
    tiny.encode_image(pixels).sum().backward()
    assert len(calls) == 6
