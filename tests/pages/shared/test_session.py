"""Session values and URL parameters: declared once, typed, and used by one module only."""

import ast
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.shared import session
from pages.shared.session import QueryParameter, SessionValue

PAGES = Path(session.__file__).parents[1]
DECLARED = [value for value in vars(session).values() if isinstance(value, SessionValue)] + [*session.SETTINGS.values()]


def names_a_state(node: ast.AST) -> bool:
    """Return whether a node is `st.session_state`, `st.query_params`, or the argument that binds a widget."""
    if isinstance(node, ast.keyword):
        return node.arg == "bind"
    return isinstance(node, ast.Attribute) and node.attr in ("session_state", "query_params")


@pytest.mark.parametrize("file", sorted(PAGES.rglob("*.py")), ids=lambda file: str(file.relative_to(PAGES)))
def test_only_one_module_names_what_a_session_or_an_address_holds(file: Path):
    found = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if names_a_state(node)]
    assert bool(found) == (file == Path(session.__file__)) or file.name == "__init__.py", [
        getattr(node, "lineno", None) for node in found
    ]


def test_no_key_stands_for_two_values():
    keys = [value.key for value in DECLARED]
    assert len(keys) > 40
    assert sorted(keys) == sorted(set(keys))


def app() -> None:
    import streamlit as st

    from pages.shared.session import ALPHA, ARTICLE, PRESENT, SAMPLE_SEED

    seen = [ALPHA.in_address(), ARTICLE.current(), PRESENT.current(), SAMPLE_SEED.get()]
    SAMPLE_SEED.set(SAMPLE_SEED.get() + 1)
    if ARTICLE.get() is None:
        ARTICLE.pin("5")
    else:
        ARTICLE.pin(None)
        ALPHA.write(0.5)
        SAMPLE_SEED.reset()
    st.json(seen)


def test_a_value_is_of_its_type_and_goes_from_the_address_to_the_session_and_back():
    page = AppTest.from_function(app)
    page.query_params["alpha"] = ["0.1", "7"]
    page.query_params["present"] = "true"
    assert page.run().json[0].value == "[null, null, true, 0]", "the last of several counts, and 7 is no alpha"
    assert page.query_params["article"] == "5"
    page.query_params["alpha"] = "0.25"
    assert page.run().json[0].value == '[0.25, "5", true, 1]'
    assert "article" not in page.query_params
    assert page.query_params["alpha"] == "0.5"
    assert page.run().json[0].value == "[0.5, null, true, 0]"


def test_a_parameter_is_bound_by_its_own_key():
    assert QueryParameter[str]("words").bound["key"] == "words"
