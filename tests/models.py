"""Small models for tests: CLIP models with random weights, a translation model, and the built-in encoders.

Imports torch and open_clip, so fixtures import this module only when a test needs a model.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file

from core.encoders.base import TOWERS as TOWER_NAMES
from core.encoders.base import Encoder
from core.encoders.loading import load_encoder
from tests.shapes import COLOURS, SHAPES

MARIAN_CONTEXT = 40

TOWERS: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 16},
    "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}
TINY_MODELS: dict[str, dict[str, Any]] = {
    "TinyClip": TOWERS,
    "TinyCustom": TOWERS | {"custom_text": True},
    "TinyConv": TOWERS
    | {"vision_cfg": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16, "patch_size": None}},
}


def write_tiny_models(folder: Path) -> dict[str, str]:
    """Register the models of `TINY_MODELS` and write their weights. Return model → encoder name."""
    names = {}
    for number, (model, config) in enumerate(TINY_MODELS.items()):
        (folder / f"{model}.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder / f"{model}.json")
        torch.manual_seed(number)
        weights = open_clip.create_model(model).state_dict()
        save_file(weights, folder / f"{model}.safetensors")
        names[model] = f"{model}:{folder / model}.safetensors"
    return names


def load_on_cpu(name: str, cache: Path) -> Encoder:
    """Load a built-in encoder with its files in `cache`."""
    return load_encoder(name, torch.device("cpu"), cache)


def restored(encoder: Encoder) -> Iterator[Encoder]:
    """Yield `encoder`, then restore its weights, precision and mode."""
    before = {key: tensor.clone() for key, tensor in encoder.state_dict().items()}
    yield encoder
    for tower in TOWER_NAMES:
        encoder.compute_in(tower, torch.float32)
    encoder.set_weights(before)
    encoder.eval().requires_grad_(False)


def write_marian(folder: Path) -> None:
    """Write the files of an OPUS-MT model with random weights and a vocabulary learned from a few sentences."""
    import sentencepiece
    from transformers import MarianConfig, MarianMTModel

    corpus = folder / "sentences.txt"
    corpus.write_text(
        "\n".join(f"Ein {colour} {shape} steht am Wasser. One two." for colour in COLOURS for shape in SHAPES)
    )
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus), model_prefix=str(folder / side), vocab_size=64, hard_vocab_limit=False, minloglevel=2
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    words = [pieces.id_to_piece(number) for number in range(3, pieces.get_piece_size())]
    vocabulary = {piece: number for number, piece in enumerate(["</s>", "<unk>", *words, "<pad>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    names = {
        "source_lang": "de",
        "target_lang": "en",
        "model_max_length": MARIAN_CONTEXT,
        "tokenizer_class": "MarianTokenizer",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    torch.manual_seed(0)
    last = len(vocabulary) - 1
    config = MarianConfig(
        vocab_size=len(vocabulary), d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16, max_position_embeddings=MARIAN_CONTEXT,
        pad_token_id=last, eos_token_id=0, decoder_start_token_id=last, forced_eos_token_id=0,
        init_std=0.5,  # with the default of 0.02 the output would not depend on the input
    )  # fmt: skip
    MarianMTModel(config).save_pretrained(folder)
