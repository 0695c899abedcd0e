"""The markers of tests, by their fixtures and the imports of their module."""

import ast
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

#: Marker → fixtures whose tests get it.
FIXTURES = {
    "app": {"open_page"},
    "model": {"tiny_names", "lite_cache", "marian"},
    "process": {"nobody", "stand_in"},
    "browser": {"browser"},
}
#: Marker → packages and modules; a test module that imports one of them, or a name from it, gets the marker.
IMPORTS = {
    "app": {"streamlit.testing", "tests.pages.conftest.open_at"},
    "model": {"torch", "open_clip", "safetensors", "core.experiment", "core.retrieval.ranking"},
    "process": {"subprocess", "multiprocessing", "tests.users", "tests.fresh"},
    "browser": {"playwright"},
}


def markers_of(item: pytest.Item) -> list[str]:
    """Return the markers of `item`."""
    fixtures = set(getattr(item, "fixturenames", ()))
    module = item.getparent(pytest.Module)
    origins = _origins(module.obj) if module else frozenset()
    return [
        marker
        for marker in FIXTURES
        if FIXTURES[marker] & fixtures or any(_within(origin, IMPORTS[marker]) for origin in origins)
    ]


@cache
def _origins(module: ModuleType) -> frozenset[str]:
    return frozenset(_origin(value) for value in vars(module).values())


def _origin(value: object) -> str:
    """Return the dotted name of a module, or of the module that defines `value`; "" for other values."""
    if isinstance(value, ModuleType):
        return value.__name__
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}"


def _within(origin: str, modules: set[str]) -> bool:
    return any(origin == module or origin.startswith(f"{module}.") for module in modules)


def starts_something(file: Path) -> bool:
    """Return whether every test of a file gets a marker, by the imports at its top: then it need not be imported."""
    tree = ast.parse(file.read_bytes())
    names = {
        name
        for node in tree.body
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [f"{node.module}.{alias.name}" for alias in node.names]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return any(_within(name, modules) for name in names for modules in IMPORTS.values())
