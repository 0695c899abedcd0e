"""LoRA (Hu et al. 2022) through peft: beside each linear layer of the blocks a product of two thin matrices learns.

Merged when training ends, so that a run holds full matrices and α means the same. nn.MultiheadAttention's own
projections are left out: peft merges and unmerges those at every pass, whose rounding piles up in frozen weights.
"""

import torch
from torch import nn

from core.encoders.base import TOWERS, Encoder, block_linears

#: What peft has in the names of the matrices it adds.
ADAPTER = "lora_"


def lora_rank(tune: str) -> int | None:
    """R of `--tune lora:R`; None if it is something else."""
    word, _, rank = tune.partition(":")
    return int(rank) if word == "lora" else None


def add_adapters(encoder: Encoder, rank: int, seed: int) -> None:
    """Put adapters into all blocks, in place; outputs stay what they are, since one of each two matrices is zero."""
    from peft import LoraConfig, inject_adapter_in_model  # takes a second, and only LoRA needs it

    names = [name for tower in TOWERS for linears in block_linears(encoder, tower).values() for name in linears]
    torch.manual_seed(seed)
    # alpha = rank makes peft's scaling 1: the product is added as it is.
    inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=rank, target_modules=names), encoder)


def merge_adapters(encoder: Encoder) -> None:
    """Add each product to its layer's matrix and remove the adapters: the names of the weights are as they were."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    adapted = {name: layer for name, layer in encoder.named_modules() if isinstance(layer, BaseTunerLayer)}
    for name, layer in adapted.items():
        layer.merge()
        parent, _, own = name.rpartition(".")
        base: nn.Module = layer.get_base_layer()
        setattr(encoder.get_submodule(parent), own, base)
    del encoder.peft_config  # peft's note of which adapters are there
