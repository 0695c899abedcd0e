"""LoRA (Hu et al. 2022) with peft: a trained product of two thin matrices is added to each linear layer of the blocks.

Training ends by merging, so that a run stores full matrices and α has the same meaning. The projections of
nn.MultiheadAttention are omitted: peft merges and unmerges them in every pass, and rounding would accumulate in frozen
weights.
"""

import torch
from torch import nn

from core.encoders.base import TOWERS, Encoder, block_linears

#: Part of the names of the matrices that peft adds.
ADAPTER = "lora_"


def lora_rank(tune: str) -> int | None:
    """Return R of `--tune lora:R`, or None for other values."""
    word, _, rank = tune.partition(":")
    return int(rank) if word == "lora" else None


def add_adapters(encoder: Encoder, rank: int, seed: int) -> None:
    """Add adapters to all blocks, in place; outputs do not change, since one matrix of each product is zero."""
    from peft import LoraConfig, inject_adapter_in_model  # takes a second, and only LoRA needs it

    names = [name for tower in TOWERS for linears in block_linears(encoder, tower).values() for name in linears]
    torch.manual_seed(seed)
    # alpha = rank makes peft's scaling 1.
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=rank, target_modules=names), encoder)


def merge_adapters(encoder: Encoder) -> None:
    """Add each product to its layer's matrix and remove the adapters, which restores the names of the weights."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = {name: layer for name, layer in encoder.named_modules() if isinstance(layer, BaseTunerLayer)}
    for name, layer in adapted.items():
        layer.merge()
        parent, _, child = name.rpartition(".")
        base: nn.Module = layer.get_base_layer()
        setattr(encoder.get_submodule(parent), child, base)
    del encoder.peft_config  # peft's record of its adapters
