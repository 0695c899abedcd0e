"""From a specification to a model with its weights and tokenizer, by open_clip's own code and without a network."""

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
    """What open_clip's tokenizers have in common."""

    context_length: int

    def __call__(self, texts: list[str]) -> Tensor: ...


_TEXT_MODEL = "text.transformer.embeddings.position_ids"  # of checkpoints made with transformers before 4.31


@dataclass(frozen=True)
class BuiltModel:
    """A model as its specification says, in evaluation mode."""

    spec: ModelSpec
    model: Any  # open_clip's model classes share no typed base
    tokenizer: Tokenizer


def build(spec: ModelSpec) -> BuiltModel:
    """Build the model and load its weights. Raises InputError: files that do not fit, or are damaged."""
    files = [read_weights_file(path) for path in spec.weights]
    if spec.convert is None:
        for path, file in zip(spec.weights, files, strict=True):
            _check_names(path, file)
            check_activation(path, spec.architecture, file.metadata, file.entries)
    model, tokenizer = build_empty(spec)
    weights = {name: tensor for file in files for name, tensor in file.tensors.items()}
    what = f"{spec.name} ({spec.weights[0].name})" if spec.weights else spec.name
    load_into(model, _fitted(model, weights if spec.convert is None else spec.convert(weights)), what)
    return BuiltModel(spec, model, tokenizer)


def build_empty(spec: ModelSpec) -> tuple[Any, Tokenizer]:
    """Build the model with random weights, and its tokenizer.

    open_clip reads both from a folder as it would from a download: the folder is made here of the specification.
    Raises RematchError for a warning of open_clip, since its warnings say that what is built is not what was trained.
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
                f"{spec.name} cannot be built as it was trained: open_clip warns that {warning}."
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
            f"the tokenizer of '{spec.name}' in {spec.tokenizer} cannot be read ({type(error).__name__}: {error}); "
            f"expected the tokenizer's files as transformers stores them."
        ) from error


def _check_names(path: Path, file: WeightsFile) -> None:
    """Raise InputError for weights under transformers' names, which only its own configuration can describe."""
    if any(name.startswith(("text_model.", "vision_model.")) for name in file.tensors):
        raise InputError(
            f"the weights in {path} are named as the library transformers names them. Give the folder with its "
            f"config.json instead: --encoder hf:{path.parent}."
        )


def _fitted(model: nn.Module, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights under the names and shapes of `model`, where open_clip's versions differ (as its `load_checkpoint`)."""
    weights = convert_state_dict(model, weights)
    own = model.state_dict()
    if "positional_embedding" in weights and "positional_embedding" not in own:
        weights = convert_to_custom_text_state_dict(weights)
    weights = {name: tensor for name, tensor in weights.items() if name != _TEXT_MODEL or name in own}
    for name in ("logit_scale", "logit_bias"):
        if name in weights and name in own and weights[name].numel() == own[name].numel() == 1:
            weights[name] = weights[name].reshape(own[name].shape)
    if "logit_bias" in own:
        weights.setdefault("logit_bias", own["logit_bias"].new_zeros(own["logit_bias"].shape))
    else:
        weights.pop("logit_bias", None)  # the same number added to every score changes no rank
    return weights
