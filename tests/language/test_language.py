"""The product's sentences are plain English: no word of the former idiom, imperative docstrings of functions."""

import ast

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


def test_docstrings_of_functions_are_imperative():
    described = [
        f"{file.name}:{node.lineno}: {text.splitlines()[0]}"
        for file in sources()
        if file.suffix == ".py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
        and not any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
        and (text := ast.get_docstring(node))
        and text.split()[0].rstrip(",:") in NOUNS
    ]
    assert not described, "\n".join(described)
