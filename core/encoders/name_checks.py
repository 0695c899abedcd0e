"""Whether the name of an encoder can lead to a model, as far as this machine knows without loading one or asking a hub.

It imports no torch, so that a page and the command line can refuse a name before any work begins.
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
_EXAMPLES = 3  # tags that an error names where none is near
_EXPECTED = (
    f"expected {', '.join(BUILT_IN)}, MODEL:WEIGHTS with a model of open_clip (such as ViT-B-32:openai or "
    f"ViT-B-32:/path/weights.safetensors), {HUB}ORGANISATION/NAME for a repository of open_clip, or "
    f"{TRANSFORMERS}ORGANISATION/NAME for one of transformers"
)


def check_encoder_name(name: str) -> None:
    """Raise InputError: no such model, tag, file or folder, with the nearest name where there is one."""
    if name in BUILT_IN:
        return
    if name.startswith(FOLDER):
        _check_folder(name, name.removeprefix(FOLDER))
    elif name.startswith(TRANSFORMERS) and looks_like_a_path(name.removeprefix(TRANSFORMERS)):
        _check_folder(name, name.removeprefix(TRANSFORMERS))
    elif name.startswith((HUB, TRANSFORMERS)):
        if not _REPOSITORY.fullmatch(name.partition(":")[2]):
            raise InputError(f"encoder '{name}': expected {name.partition(':')[0]}:ORGANISATION/NAME of a model hub.")
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
    """Return True for a folder or file, False for a name on a hub, of which ORGANISATION/NAME is the longest."""
    return name != "" and (
        name.startswith(("/", "\\", "~", "."))
        or name.count("/") > 1
        or Path(name).drive != ""
        or "\0" in name
        or Path(name).exists()
    )


def means_a_file(weights: str) -> bool:
    """Return True for weights of MODEL:WEIGHTS that are a path: no tag of open_clip has a slash or an ending."""
    return "/" in weights or "\\" in weights or weights.lower().endswith(_WEIGHT_SUFFIXES) or looks_like_a_path(weights)


def architecture_of(model: str) -> str:
    """Return open_clip's own spelling of a model's name, as it reads ViT-B/32."""
    return model.replace("/", "-")


def _check_folder(name: str, folder: str) -> None:
    path = _path(folder)
    if not folder or not path.is_dir():
        what = f"{path} is a file; name its folder" if folder and path.is_file() else f"there is no folder {path}"
        raise InputError(f"encoder '{name}': {what}.")


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
    missing = f"{model} has no weights '{weights}'" if weights else f"{model} is a model without weights"
    raise InputError(f"encoder '{name}': {missing}; write {model}:WEIGHTS with {some}the path of a file.")


def tag_of(weights: str) -> str:
    """Return a tag as open_clip spells it."""
    return weights.lower().replace("-", "_")


def _check_file(name: str, weights: str) -> None:
    path = _path(weights)
    if path.is_dir():
        raise InputError(f"encoder '{name}': {path} is a folder; name the file of the weights in it.")
    if not path.is_file():
        raise InputError(f"encoder '{name}': there is no file {path}.")


def _instead(name: str, catalogue: Catalogue) -> str:
    """What to name in place of an encoder whose model is not known."""
    model, colon, weights = name.partition(":")
    near = nearest(architecture_of(model), (*catalogue.models, *BUILT_IN))
    if near is not None:
        tags = catalogue.tags.get(near, ())
        tag = next((tag for tag in (tag_of(weights), nearest(weights, tags), *tags[:1]) if tag in tags), None)
        known = weights if means_a_file(weights) else tag
        return f"; did you mean {near}:{known}?" if near not in BUILT_IN and known else f"; did you mean {near}?"
    if not colon and _REPOSITORY.fullmatch(name) and "/" in name:
        return f"; for a repository write {HUB}{name} (of open_clip) or {TRANSFORMERS}{name} (of transformers)"
    return f": {_EXPECTED}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that `name` is most like in any case, None if none is like it."""
    by_lower = {each.lower(): each for each in sorted(names)}
    return next((by_lower[found] for found in get_close_matches(name.lower(), by_lower, n=1)), None)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:  # ~ of a user that is not there
        return Path(text)
