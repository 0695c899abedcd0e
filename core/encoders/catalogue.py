"""Models and pretrained tags that open_clip lists, read without importing it, which takes seconds and loads torch.

Each model has a configuration file. The tags are in a table of open_clip's source, which is parsed, not executed.
"""

import ast
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.storage.files import read_json

_MODEL_PARTS = {"embed_dim", "vision_cfg", "text_cfg"}  # required keys of a model's configuration
_TABLE = "_PRETRAINED"
_QUICK_GELU = "quick_gelu"  # open_clip lists entries with it for the model's -quickgelu variant, too


@dataclass(frozen=True)
class Catalogue:
    """Models of open_clip and, for those that have weights, model → tags."""

    models: frozenset[str]
    tags: Mapping[str, tuple[str, ...]]


def read_catalogue() -> Catalogue:
    """Return open_clip's models and tags, including models added at run time if open_clip is loaded."""
    loaded = sys.modules.get("open_clip")
    if loaded is None:
        return _installed()
    tags: dict[str, tuple[str, ...]] = {}
    for model, tag in loaded.list_pretrained():
        tags[model] = (*tags.get(model, ()), tag)
    return Catalogue(frozenset(loaded.list_models()), tags)


@cache
def _installed() -> Catalogue:
    """Read the models and tags from the files of the installed open_clip."""
    spec = importlib.util.find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("open_clip is not installed")
    folder = Path(spec.origin).parent
    configs = folder.joinpath("model_configs").glob("*.json")
    models = frozenset(file.stem for file in configs if read_json(file).keys() >= _MODEL_PARTS)
    return Catalogue(models, tags_in((folder / "pretrained.py").read_text(encoding="utf-8")))


def tags_in(source: str) -> dict[str, tuple[str, ...]]:
    """Return model → tags from the table in open_clip's `source`, in its order."""
    tables = {
        target.id: node.value
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    models = _items(tables[_TABLE])
    entries = {
        model: _items(tables[table.id] if isinstance(table, ast.Name) else table) for model, table in models.items()
    }
    quick = {
        f"{model}-quickgelu": {tag: entry for tag, entry in tags.items() if _is_quick(entry)}
        for model, tags in entries.items()
    }
    return {model: tuple(tags) for model, tags in (entries | quick).items() if tags}


def _items(table: ast.expr) -> dict[str, ast.expr]:
    """Return the items of a table written as {…} or dict(…), with names as keys."""
    if isinstance(table, ast.Dict):
        pairs = zip(table.keys, table.values, strict=True)
        return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}
    if isinstance(table, ast.Call):
        return {word.arg: word.value for word in table.keywords if word.arg is not None}
    return {}


def _is_quick(entry: ast.expr) -> bool:
    value = _items(entry).get(_QUICK_GELU)
    return isinstance(value, ast.Constant) and value.value is True
