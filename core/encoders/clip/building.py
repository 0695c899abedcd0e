"""Building of a model with weights and tokenizer from its specification, with open_clip's code and no network."""

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import open_clip
from open_clip.convert import convert_state_dict
from open_clip.model import convert_to_custom_text_state_dict
from torch import Tensor, nn

from core.encoders.clip.activations import check_activation, use_tanh_gelu
from core.encoders.clip.model_specs import CONFIG_FILE, ModelSpec
from core.encoders.weights import WeightsFile, load_into, read_weights_file
from core.errors import InputError, RematchError
from core.extras import missing_extra
from core.hub.client import silent_logs


class Tokenizer(Protocol):
    """Common interface of open_clip's tokenizers."""

    context_length: int

    def __call__(self, texts: list[str]) -> Tensor:
        """Tokenize texts: int64 [n, context_length]."""
        ...


_TEXT_MODEL = "text.transformer.embeddings.position_ids"  # in checkpoints made with transformers before 4.31


@dataclass(frozen=True)
class BuiltModel:
    """A model built from its specification, in evaluation mode."""

    spec: ModelSpec
    model: Any  # open_clip's model classes share no typed base
    tokenizer: Tokenizer


def build(spec: ModelSpec) -> BuiltModel:
    """Build the model and load its weights. Raises InputError: files that do not fit or are damaged."""
    files = [read_weights_file(path) for path in spec.weights]
    if spec.convert is None:
        for path, file in zip(spec.weights, files, strict=True):
            _check_names(path, file)
            check_activation(path, spec.architecture, file.metadata, file.entries)
    model, tokenizer = build_empty(spec)
    weights = {name: tensor for file in files for name, tensor in file.tensors.items()}
    what = f"{spec.name} ({spec.weights[0].name})" if spec.weights else spec.name
    load_into(model, _fit(model, weights if spec.convert is None else spec.convert(weights)), what)
    return BuiltModel(spec, model, tokenizer)


def build_empty(spec: ModelSpec) -> tuple[Any, Tokenizer]:
    """Build the model with random weights, and its tokenizer.

    open_clip reads both from a temporary folder, written from the specification, as it would from a download. Raises
    RematchError for a warning of open_clip, since its warnings mean that the built model differs from the trained one.
    """
    with TemporaryDirectory(prefix="rematch-model-") as folder, silent_logs(), warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"open_clip\b")
        table = {"model_cfg": dict(spec.config), "preprocess_cfg": dict(spec.preprocessing)}
        table["model_cfg"]["quick_gelu"] = spec.activation == "QuickGELU"
        (Path(folder) / CONFIG_FILE).write_text(json.dumps(table), encoding="utf-8")
        for file in spec.tokenizer.iterdir() if spec.tokenizer is not None else ():
            if file.name != CONFIG_FILE and file.is_file():
                (Path(folder) / file.name).symlink_to(file.resolve())
        try:
            model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False)
        except UserWarning as warning:
            raise RematchError(
                f"{spec.name} cannot be built as it was trained. open_clip warns: {warning}. Choose another encoder, "
                f"or install the version of open_clip in requirements.txt."
            ) from None
        tokenizer = _tokenizer(spec, folder)
    if spec.activation == "GELU with tanh":
        use_tanh_gelu(model)
    return model.eval(), tokenizer


def _tokenizer(spec: ModelSpec, folder: str) -> Tokenizer:
    try:
        return open_clip.get_tokenizer(f"local-dir:{folder}")
    except Exception as error:  # transformers' many tokenizers raise many kinds
        if (missing := missing_extra(error, f"the tokenizer of '{spec.name}'")) is not None:
            raise missing from None
        raise InputError(
            f"the tokenizer of '{spec.name}' in {spec.tokenizer} cannot be read ({type(error).__name__}: {error}). "
            f"Put the tokenizer's files there as transformers stores them."
        ) from error


def _check_names(path: Path, file: WeightsFile) -> None:
    """Raise InputError for weights under transformers' names, which need transformers' configuration."""
    if any(name.startswith(("text_model.", "vision_model.")) for name in file.tensors):
        raise InputError(
            f"the weights in {path} have the names of the library transformers, not open_clip's. Give the folder with "
            f"their config.json instead: --encoder hf:{path.parent}."
        )


def _fit(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convert weights of other open_clip versions to the names and shapes of `model`, as its `load_checkpoint` does."""
    weights = convert_state_dict(model, weights)
    state = model.state_dict()
    if "positional_embedding" in weights and "positional_embedding" not in state:
        weights = convert_to_custom_text_state_dict(weights)
    weights = {name: tensor for name, tensor in weights.items() if name != _TEXT_MODEL or name in state}
    for name in ("logit_scale", "logit_bias"):
        if name in weights and name in state and weights[name].numel() == state[name].numel() == 1:
            weights[name] = weights[name].reshape(state[name].shape)
    if "logit_bias" in state:
        weights.setdefault("logit_bias", state["logit_bias"].new_zeros(state["logit_bias"].shape))
    else:
        weights.pop("logit_bias", None)  # a constant added to every score changes no rank
    return weights
