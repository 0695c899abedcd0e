"""Adding a built-in encoder: its own module, a line in `LOADERS` and its name in `BUILT_IN`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from core.encoders import loading, name_checks
from core.encoders.base import Encoder, Stage


class Colours(Encoder):
    """Images by their mean colour, texts by their letters; both heads are linear."""

    name, preprocessing, tokenization = "colours", "mean colour", "letters"
    embedding_dim, pad_id = 8, None
    languages = frozenset({"en"})

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.image_head, self.text_head = nn.Linear(3, 8), nn.Linear(26, 8)
        self.logit_scale = nn.Parameter(torch.tensor(2.0))

    @property
    def image_stages(self) -> tuple[Stage, ...]:
        mean = Stage("mean", (), lambda pixels, _: pixels.float().mean(dim=(2, 3)) / 255)
        return mean, Stage("head", ("image_head.",), lambda colour, _: self.image_head(colour), "head")

    @property
    def text_stages(self) -> tuple[Stage, ...]:
        letters = Stage("letters", (), lambda tokens, _: nn.functional.one_hot(tokens, 27)[..., 1:].float().mean(1))
        return letters, Stage("head", ("text_head.",), lambda found, _: self.text_head(found), "head")

    def preprocess(self, image: Image.Image) -> Tensor:
        return torch.from_numpy(np.array(image.resize((4, 4)))).permute(2, 0, 1).contiguous()

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        letters = [[ord(letter) - 96 for letter in text.lower() if "a" <= letter <= "z"][:16] for text in texts]
        return torch.tensor([each + [0] * (16 - len(each)) for each in letters])


def build(cache: Path) -> Encoder:
    return Colours()


def test_it_is_trained_swept_and_asked_by_its_name(verb, shapes, monkeypatch):
    monkeypatch.setitem(loading.LOADERS, "colours", build)
    monkeypatch.setattr(name_checks, "BUILT_IN", (*name_checks.BUILT_IN, "colours"))
    assert verb("import", shapes, "--domain", "shapes", "--language", "en").status == 0
    words = ("train", "--domain", "shapes", "--encoder", "colours", "--tune", "head", "--epochs", 8, "--lr", 0.05)
    trained = verb(*words, "--batch-size", 16, "--json").record
    assert trained["history"][-1]["val_mrr@100"] > trained["history"][0]["val_mrr@100"]
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--json").record
    assert swept["rows"][-1]["mrr@100"] == trained["history"][-1]["val_mrr@100"]
