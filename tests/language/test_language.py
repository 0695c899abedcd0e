"""The product's sentences are plain English: no word of the former idiom, imperative docstrings of functions."""

import ast

import pytest

from tests.language.idiom import hits, sources

#: First words of a docstring that describes a thing; a function's says what to do ("Return", "Write").
NOUNS = {
    "A",
    "An",
    "The",
    "What",
    "Whether",
    "How",
    "Why",
    "Where",
    "Which",
    "Who",
    "One",
    "All",
    "Each",
    "Those",
    "True",
    "False",
}


def test_no_word_of_the_former_idiom():
    assert not hits(), "\n".join(map(str, hits()))


def test_a_word_of_the_idiom_is_found(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text('"""What is kept of now."""\nx = "one"  # beside the door\n')
    monkeypatch.setattr("tests.language.idiom.ROOT", tmp_path)
    monkeypatch.setattr("tests.language.idiom.sources", lambda: [tmp_path / "a.py"])
    assert {hit.found for hit in hits()} == {"is kept", "of now", "beside", "door"}


@pytest.mark.parametrize("file", [file for file in sources() if file.suffix == ".py"], ids=lambda file: file.name)
def test_docstrings_of_functions_are_imperative(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        is_property = any("property" in ast.unparse(each) for each in getattr(node, "decorator_list", []))
        if isinstance(node, ast.FunctionDef) and not is_property and (text := ast.get_docstring(node)):
            assert text.split()[0].rstrip(",:") not in NOUNS, f"{file.name}:{node.lineno}: {text.splitlines()[0]}"
