"""Every example in a docstring of the API runs and gives the output shown."""

import ast
import doctest
from collections.abc import Iterator
from pathlib import Path

import pytest

import rematch

Documented = ast.ClassDef | ast.FunctionDef


def documented() -> Iterator[tuple[str, Documented]]:
    """Yield name and syntax of each public class and method, read from the files, because an import takes torch."""
    for file in sorted(Path(rematch.__file__).parent.glob("*.py")):
        for cls in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(cls, ast.ClassDef):
                yield cls.name, cls
                yield from (
                    (f"{cls.name}.{node.name}", node)
                    for node in cls.body
                    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
                )


DOCUMENTED = dict(documented())
DOCSTRINGS = {name: ast.get_docstring(node) or "" for name, node in DOCUMENTED.items()}
EXAMPLES = [name for name, docstring in DOCSTRINGS.items() if ">>>" in docstring]


def is_property(node: Documented) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)


def test_every_public_method_has_an_example() -> None:
    methods = [name for name, node in DOCUMENTED.items() if "." in name and not is_property(node)]
    assert {"Workspace.domain", "Run.at", "Model.find_images"} <= set(methods)
    assert [name for name in methods if name not in EXAMPLES] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_gives_what_it_shows(name, namespace) -> None:
    test = doctest.DocTestParser().get_doctest(DOCSTRINGS[name], dict(namespace), name, name, 0)
    output: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=output.append)
    assert results.attempted > 0
    assert results.failed == 0, "".join(output)
