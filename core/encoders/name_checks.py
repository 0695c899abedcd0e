"""Checks of encoder names that need neither torch nor a network.

A page and the command line can refuse a wrong name before any work begins.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from core.encoders.catalogue import Catalogue, read_catalogue
from core.encoders.choices import BUILT_IN, FOLDER, HUB, TRANSFORMERS
from core.errors import InputError, listed

_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth", ".ckpt")
_REPOSITORY = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_EXAMPLES = 3  # tags in an error if none is similar
_EXPECTED = (
    f"use {', '.join(BUILT_IN)}, MODEL:WEIGHTS for an open_clip model (such as ViT-B-32:openai or "
    f"ViT-B-32:/path/weights.safetensors), {HUB}ORGANISATION/NAME for an open_clip repository, or "
    f"{TRANSFORMERS}ORGANISATION/NAME for a transformers repository"
)


def check_encoder_name(name: str) -> None:
    """Raise InputError for an unknown model, tag, file or folder, with the most similar known name."""
    if name in BUILT_IN:
        return
    if name.startswith(FOLDER):
        _check_folder(name, name.removeprefix(FOLDER))
    elif name.startswith(TRANSFORMERS) and looks_like_a_path(name.removeprefix(TRANSFORMERS)):
        _check_folder(name, name.removeprefix(TRANSFORMERS))
    elif name.startswith((HUB, TRANSFORMERS)):
        if not _REPOSITORY.fullmatch(name.partition(":")[2]):
            raise InputError(f"encoder '{name}': write {name.partition(':')[0]}:ORGANISATION/NAME as on the model hub.")
    else:
        _check_open_clip(name, read_catalogue())


def check_open_clip_loads(name: str) -> None:
    """Raise InputError if the encoder `name` is not a model of open_clip and cannot be exported."""
    if name in BUILT_IN or name.startswith(TRANSFORMERS):
        library = "transformers" if name.startswith(TRANSFORMERS) else "Rematch"
        raise InputError(
            f"{name} is a model of {library}, so open_clip cannot load it. Export a run of an open_clip model, "
            f"such as one trained with --encoder ViT-B-32:openai."
        )


def looks_like_a_path(name: str) -> bool:
    """Return whether `name` is a folder or file rather than NAME or ORGANISATION/NAME on a hub."""
    return name != "" and (
        name.startswith(("/", "\\", "~", "."))
        or name.count("/") > 1
        or Path(name).drive != ""
        or "\0" in name
        or Path(name).exists()
    )


def means_a_file(weights: str) -> bool:
    """Return whether WEIGHTS of MODEL:WEIGHTS is a path: open_clip's tags have neither slash nor file extension."""
    return "/" in weights or "\\" in weights or weights.lower().endswith(_WEIGHT_SUFFIXES) or looks_like_a_path(weights)


def architecture_of(model: str) -> str:
    """Return a model's name in open_clip's spelling (ViT-B/32 → ViT-B-32)."""
    return model.replace("/", "-")


def _check_folder(name: str, folder: str) -> None:
    path = _path(folder)
    if not folder or not path.is_dir():
        if folder and path.is_file():
            raise InputError(f"encoder '{name}': {path} is a file. Give the folder that holds it.")
        raise InputError(f"encoder '{name}': there is no folder {path}. Check the path.")


def _check_open_clip(name: str, catalogue: Catalogue) -> None:
    """Check MODEL:WEIGHTS."""
    model, _, weights = name.partition(":")
    architecture = architecture_of(model)
    if architecture not in catalogue.models:
        sentence = f"unknown encoder '{name}'{_instead(name, catalogue)}"
        raise InputError(sentence if sentence.endswith("?") else f"{sentence}.")
    tags = catalogue.tags.get(architecture, ())
    if tag_of(weights) in tags:
        return
    if means_a_file(weights):
        _check_file(name, weights)
        return
    near = nearest(weights, tags)
    if near is not None:
        raise InputError(f"encoder '{name}': {model} has no weights '{weights}'; did you mean {model}:{near}?")
    some = f"one of its {len(tags)} tags, such as {listed(tags[:_EXAMPLES])}, or " if tags else ""
    missing = f"{model} has no weights '{weights}'" if weights else "the name has no weights"
    raise InputError(f"encoder '{name}': {missing}. Write {model}:WEIGHTS with {some}the path of a file.")


def tag_of(weights: str) -> str:
    """Return a tag in open_clip's spelling."""
    return weights.lower().replace("-", "_")


def _check_file(name: str, weights: str) -> None:
    path = _path(weights)
    if path.is_dir():
        raise InputError(f"encoder '{name}': {path} is a folder. Give the weights file in it.")
    if not path.is_file():
        raise InputError(f"encoder '{name}': there is no file {path}. Check the path.")


def _instead(name: str, catalogue: Catalogue) -> str:
    """Return the end of the error about an unknown model: the most similar name, or the forms of names."""
    model, colon, weights = name.partition(":")
    near = nearest(architecture_of(model), (*catalogue.models, *BUILT_IN))
    if near is not None:
        tags = catalogue.tags.get(near, ())
        tag = next((tag for tag in (tag_of(weights), nearest(weights, tags), *tags[:1]) if tag in tags), None)
        known = weights if means_a_file(weights) else tag
        return f"; did you mean {near}:{known}?" if near not in BUILT_IN and known else f"; did you mean {near}?"
    if not colon and _REPOSITORY.fullmatch(name) and "/" in name:
        return f"; for a repository write {HUB}{name} (open_clip) or {TRANSFORMERS}{name} (transformers)"
    return f": {_EXPECTED}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the most similar of `names`, ignoring case; None if none is similar."""
    by_lower = {known.lower(): known for known in sorted(names)}
    return next((by_lower[found] for found in get_close_matches(name.lower(), by_lower, n=1)), None)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # ~ of an unknown user
        return Path(text)
