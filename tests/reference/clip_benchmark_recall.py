"""Recall@k of zero-shot retrieval as CLIP_benchmark computes it, written out: all scores at once, top k, any right one.

Its text → image recall asks whether a text's image is among the k first images, its image → text recall whether any of
an image's texts is among the k first texts.
"""

import torch
from torch import Tensor


def recall(scores: Tensor, positive: Tensor, k: int) -> float:
    """Share of rows of `scores` [n, m] with at least one of `positive` (bool [n, m]) among the k highest."""
    top = scores.topk(k, dim=1).indices
    found = positive.gather(1, top).sum(dim=1)
    of_positives = found / positive.sum(dim=1)
    return float((of_positives > 0).float().mean())


def both_ways(texts: Tensor, images: Tensor, image_of: Tensor, k: int) -> tuple[float, float]:
    """Text → image and image → text recall. texts [N, d], images [G, d] of length one; image_of: int64 [N]."""
    scores = texts @ images.T
    positive = torch.zeros_like(scores, dtype=torch.bool)
    positive[torch.arange(len(texts)), image_of] = True
    return recall(scores, positive, k), recall(scores.T, positive.T, k)
