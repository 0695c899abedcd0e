"""Specification of a model by the encoder's name: configuration, activation, weights, tokenizer.

Forms of names:

- ``MODEL:TAG``: a model and weights that open_clip lists (`ViT-B-32:openai`, in any spelling that open_clip accepts).
- ``MODEL:FILE``: a model that open_clip lists, with weights from a file.
- ``hf-hub:ORG/NAME`` and ``local-dir:FOLDER``: a repository with an ``open_clip_config.json``.
- ``hf:ORG/NAME`` and ``hf:FOLDER``: a CLIP or SigLIP model of the library transformers.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import open_clip
from open_clip.hf_configs import arch_dict
from open_clip.pretrained import _clean_tag, get_pretrained_cfg
from open_clip.transform import PreprocessCfg, merge_preprocess_dict
from torch import Tensor

from core.encoders.choices import FOLDER, HUB, TRANSFORMERS
from core.encoders.clip import transformers_models
from core.encoders.clip.activations import (
    Activation,
    architecture_with,
    configured_activation,
    repository_activation,
    trained_activation,
)
from core.encoders.name_checks import architecture_of, check_encoder_name
from core.errors import InputError, listed
from core.hub.client import hub_folder
from core.storage.files import read_json

CONFIG_FILE = "open_clip_config.json"
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt",
    "*.model", "config.json",
)  # fmt: skip
#: In open_clip's order of preference.
WEIGHT_FILES = (
    "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin",
    "open_clip_pytorch_model.pth", "model.safetensors", "pytorch_model.bin",
)  # fmt: skip
_INSTEAD = "Download its repository on a machine with a network and use --encoder {}/path/of/its/folder, "
_BUILT_IN = "or use a built-in encoder: lite, lite-multilingual"


@dataclass(frozen=True)
class ModelSpec:
    """Everything needed to build a model as its weights were trained.

    name: as runs store it. architecture: name for ``open_clip.create_model`` outside Rematch; None if it has none.
    config, preprocessing: open_clip's model_cfg and preprocess_cfg. weights: one file, or the parts of one. tokenizer:
    folder of a transformers tokenizer; None: CLIP's byte-pair encoding. convert: function from the names in the files
    to open_clip's; None: the files have open_clip's names.
    """

    name: str
    architecture: str | None
    config: Mapping[str, Any]
    preprocessing: Mapping[str, Any]
    activation: Activation
    weights: Sequence[Path]
    tokenizer: Path | None
    convert: Callable[[dict[str, Tensor]], dict[str, Tensor]] | None = None


def find_spec(name: str) -> ModelSpec:
    """Return the specification of the encoder `name`; download files that are not on this machine.

    Raises InputError: unknown model or tag, no such file or folder, or a repository that cannot be downloaded.
    """
    check_encoder_name(name)
    for scheme, read in ((HUB, _from_hub), (FOLDER, _from_folder), (TRANSFORMERS, _from_transformers)):
        if name.startswith(scheme):
            return read(name.removeprefix(scheme))
    model, _, weights = name.partition(":")
    architecture = architecture_of(model)
    if get_pretrained_cfg(architecture, weights):
        return _from_tag(architecture, weights)
    return _from_file(architecture, weights)


def _from_tag(architecture: str, tag: str) -> ModelSpec:
    tag = _clean_tag(tag)
    name, trained = f"{architecture}:{tag}", get_pretrained_cfg(architecture, tag)
    repository, _, file = trained["hf_hub"].rpartition("/")
    names = (Path(file).with_suffix(".safetensors").name, file) if file else WEIGHT_FILES[:3]
    folder = hub_folder(
        repository,
        (),
        names,
        what=f"the weights of '{name}'",
        instead=f"Download them on a machine with a network and use --encoder "
        f"{architecture}:/path/weights.safetensors, " + _BUILT_IN,
    )
    config, tokenizer = _with_text_files(name, open_clip.get_model_config(architecture), None)
    activation = trained_activation(architecture, tag)
    preprocessing = merge_preprocess_dict(asdict(PreprocessCfg()), trained)
    return ModelSpec(
        name, architecture_with(architecture, activation), config, preprocessing, activation,
        weights_in(folder, names), tokenizer,
    )  # fmt: skip


def _from_file(architecture: str, weights: str) -> ModelSpec:
    path = Path(weights).expanduser()
    name = f"{architecture}:{path.absolute()}"
    config, tokenizer = _with_text_files(name, open_clip.get_model_config(architecture), path.parent)
    activation = configured_activation(config)
    return ModelSpec(name, architecture, config, asdict(PreprocessCfg()), activation, (path,), tokenizer)


def _from_hub(repository: str) -> ModelSpec:
    name = HUB + repository
    folder = hub_folder(
        repository,
        (CONFIG_FILE, *TOKENIZER_FILES),
        WEIGHT_FILES,
        what=f"the model '{name}'",
        instead=_INSTEAD.format(FOLDER) + _BUILT_IN,
    )
    return _from_repository(name, name, folder)


def _from_folder(folder: str) -> ModelSpec:
    path = Path(folder).expanduser().absolute()
    return _from_repository(FOLDER + str(path), FOLDER + str(path), path)


def _from_repository(name: str, architecture: str, folder: Path) -> ModelSpec:
    """Read a repository with open_clip's configuration, which names the activation."""
    if not (folder / CONFIG_FILE).is_file():
        transformers = transformers_models.is_model(folder)
        what_to_do = (
            f"It is a model of transformers: use --encoder {TRANSFORMERS}{name.partition(':')[2]}."
            if transformers
            else "Choose a folder with that file."
        )
        raise InputError(f"encoder '{name}' is not an open_clip model: its folder has no {CONFIG_FILE}. {what_to_do}")
    table = read_json(folder / CONFIG_FILE)
    if not isinstance(table.get("model_cfg"), dict):
        raise InputError(
            f"{folder / CONFIG_FILE} has no 'model_cfg', so it does not describe an open_clip model. Download it again."
        )
    config, tokenizer = _with_text_files(name, table["model_cfg"], folder)
    preprocessing = merge_preprocess_dict(asdict(PreprocessCfg()), table.get("preprocess_cfg", {}))
    return ModelSpec(
        name, architecture, config, preprocessing, repository_activation(name.removeprefix(HUB), config),
        weights_in(folder, WEIGHT_FILES), tokenizer,
    )  # fmt: skip


def _from_transformers(source: str) -> ModelSpec:
    path = Path(source).expanduser()
    name = TRANSFORMERS + (str(path.absolute()) if path.is_dir() else source)
    folder = hub_folder(
        str(path) if path.is_dir() else source,
        (*transformers_models.CONFIG_FILES, *TOKENIZER_FILES),
        transformers_models.WEIGHT_FILES,
        what=f"the model '{name}'",
        instead=_INSTEAD.format(TRANSFORMERS) + _BUILT_IN,
    )
    model = transformers_models.read_model(folder)
    weights = weights_in(folder, transformers_models.WEIGHT_FILES)
    return ModelSpec(
        name, None, model.config, model.preprocessing, model.activation, weights, model.tokenizer, model.convert
    )


def _with_text_files(
    name: str, config: Mapping[str, Any], preferred: Path | None
) -> tuple[dict[str, Any], Path | None]:
    """Return a copy of open_clip's `config` whose text tower needs no network, and the tokenizer's folder.

    preferred: a folder whose files, if it has them, are used instead of the hub's.
    """
    copied = deepcopy(dict(config))
    text, tokenizer = copied["text_cfg"], None
    if text.get("hf_tokenizer_name"):
        local = preferred if preferred is not None and _has_tokenizer(preferred) else None
        tokenizer = local or _text_files(name, text["hf_tokenizer_name"], "tokenizer", TOKENIZER_FILES)
    if text.get("hf_model_name"):
        local = preferred if preferred is not None and _has_text_model(preferred) else None
        files = ("config.json",)
        text["hf_model_name"] = str(local or _text_files(name, text["hf_model_name"], "text configuration", files))
    return copied, tokenizer


def _has_tokenizer(folder: Path) -> bool:
    return any(True for pattern in ("tokenizer.json", "*.model", "vocab.*") for _ in folder.glob(pattern))


def _has_text_model(folder: Path) -> bool:
    """Return whether config.json describes a text model; a repository may hold that of a whole CLIP instead."""
    file = folder / "config.json"
    return file.is_file() and read_json(file).get("model_type") in arch_dict


def _text_files(name: str, repository: str, what: str, files: Sequence[str]) -> Path:
    return hub_folder(
        repository,
        files,
        what=f"the {what} of '{name}', {repository},",
        instead=f"Download {', '.join(files[:2])} of {repository} on a machine with a network and put them into the "
        f"folder of the weights, " + _BUILT_IN,
    )


def weights_in(folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Return the files that match the first possible pattern of `names`: one file, or the parts of one.

    Raises InputError if no file matches or a part is missing.
    """
    for pattern in names:
        if found := sorted(folder.glob(pattern)):
            _check_parts(found)
            return tuple(found)
    raise InputError(f"{folder} has no weights. Put one of these files there: {', '.join(names)}.")


def _check_parts(files: Sequence[Path]) -> None:
    """Raise InputError naming missing parts (``model-00002-of-00003.safetensors``)."""
    stem, _, count = files[0].stem.rpartition("-of-")
    if not count.isdecimal():
        return
    prefix = stem.rpartition("-")[0]
    expected = {f"{prefix}-{number:05}-of-{count}{files[0].suffix}" for number in range(1, int(count) + 1)}
    if missing := sorted(expected - {file.name for file in files}):
        raise InputError(f"{files[0].parent} lacks parts of its weights: {listed(missing)}. Download it again.")
