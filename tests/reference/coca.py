"""CoCa's two contrastive towers (Yu et al. 2022) from a state dict, with plain functions."""

import torch
from torch import Tensor
from torch.nn import functional as F

Weights = dict[str, Tensor]


def _attention(
    x: Tensor, context: Tensor, weights: Weights, name: str, heads: int, mask: Tensor | None = None
) -> Tensor:
    width = x.shape[-1]
    bias = weights[f"{name}.in_proj_bias"].split(width)
    if f"{name}.in_proj_weight" in weights:
        matrices = weights[f"{name}.in_proj_weight"].split(width)
    else:
        matrices = tuple(weights[f"{name}.{part}_proj_weight"] for part in "qkv")
    q, k, v = (
        F.linear(values, matrix, b).unflatten(-1, (heads, -1)).transpose(1, 2)
        for values, matrix, b in zip((x, context, context), matrices, bias, strict=True)
    )
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores + mask
    mixed = (scores.softmax(dim=-1) @ v).transpose(1, 2).flatten(2)
    return F.linear(mixed, weights[f"{name}.out_proj.weight"], weights[f"{name}.out_proj.bias"])


def _norm(x: Tensor, weights: Weights, name: str) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"])


def _blocks(x: Tensor, weights: Weights, prefix: str, count: int, heads: int, mask: Tensor | None = None) -> Tensor:
    for number in range(count):
        name = f"{prefix}.resblocks.{number}"
        normed = _norm(x, weights, f"{name}.ln_1")
        x = x + _attention(normed, normed, weights, f"{name}.attn", heads, mask)
        wide = F.gelu(F.linear(_norm(x, weights, f"{name}.ln_2"), *_linear(weights, f"{name}.mlp.c_fc")))
        x = x + F.linear(wide, *_linear(weights, f"{name}.mlp.c_proj"))
    return x


def _linear(weights: Weights, name: str) -> tuple[Tensor, Tensor]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def encode_image(pixels: Tensor, weights: Weights, layers: int, heads: int, pool_heads: int) -> Tensor:
    """Normalised pixels [b, 3, H, W] → [b, d]: the first query of the attention pooling, projected."""
    kernel = weights["visual.conv1.weight"]
    patches = F.conv2d(pixels, kernel, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
    cls = weights["visual.class_embedding"].expand(len(pixels), 1, -1)
    x = _norm(torch.cat([cls, patches], dim=1) + weights["visual.positional_embedding"], weights, "visual.ln_pre")
    x = _blocks(x, weights, "visual.transformer", layers, heads)
    context = _norm(x, weights, "visual.attn_pool.ln_k")
    queries = _norm(weights["visual.attn_pool.query"], weights, "visual.attn_pool.ln_q").expand(len(x), -1, -1)
    pooled = _norm(
        _attention(queries, context, weights, "visual.attn_pool.attn", pool_heads), weights, "visual.ln_post"
    )
    return pooled[:, 0] @ weights["visual.proj"]


def encode_text(tokens: Tensor, weights: Weights, layers: int, heads: int) -> Tensor:
    """Tokens [b, L] → [b, d]: causal, with a CLS token behind all.

    The published weights were trained with a mask that lies one place too far right (open_clip's issue 549): CLS sees
    the tokens and one padding token behind them (id 0), and itself only where there is no padding. So does this.
    """
    batch, length = tokens.shape
    x = weights["text.token_embedding.weight"][tokens]
    x = torch.cat([x, weights["text.cls_emb"].expand(batch, 1, -1)], dim=1)
    x = x + weights["text.positional_embedding"][: length + 1]
    mask = torch.full((length + 1, length + 1), -torch.inf).triu(1).repeat(batch, 1, 1)
    mask[:, length, 1:].masked_fill_(tokens == 0, -torch.inf)
    x = _blocks(x, weights, "text.transformer", layers, heads, mask[:, None])
    return _norm(x[:, -1], weights, "text.ln_final") @ weights["text.text_projection"]
