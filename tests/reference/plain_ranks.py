"""The paper's three runs as a script would do them with open_clip alone.

Load two state dicts, blend them as the equation says, encode every image and every text in float32 at the context's
full length, one by one, multiply all with all, sort.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import open_clip
import torch
from PIL import Image
from torch import Tensor


def blended(zero_shot: dict[str, Tensor], fine_tuned: dict[str, Tensor], alpha: float) -> dict[str, Tensor]:
    """W = (1 − α) · W_zero-shot + α · W_fine-tuned; whole numbers (counters) as they are."""
    return {
        key: ((1 - alpha) * tensor + alpha * fine_tuned[key]) if tensor.is_floating_point() else tensor
        for key, tensor in zero_shot.items()
    }


@torch.no_grad()
def ranks(architecture: str, weights: dict[str, Tensor], files: Sequence[Path], texts: Sequence[str]) -> np.ndarray:
    """Rank of image i for text i among all `files`, int64 [n]; of equal scores the earlier file counts first."""
    model, _, preprocess = open_clip.create_model_and_transforms(architecture, pretrained_text=False)
    model.load_state_dict(weights)
    model.eval()
    tokenizer = open_clip.get_tokenizer(architecture)
    images = torch.cat([model.encode_image(preprocess(Image.open(file))[None]) for file in files])
    queries = torch.cat([model.encode_text(tokenizer([text])) for text in texts])
    scores = torch.nn.functional.normalize(queries, dim=-1) @ torch.nn.functional.normalize(images, dim=-1).T
    order = scores.argsort(dim=1, descending=True, stable=True)
    return (order == torch.arange(len(texts))[:, None]).int().argmax(dim=1).numpy() + 1
