"""Help texts: the glossary's definitions word for word, and one on every title and control that uses a term."""

import re
from pathlib import Path

import pytest

from core.data.importers import import_domain
from pages.shared.help_texts import TERMS, help_for

GLOSSARY = Path(__file__).parents[3] / "docs" / "glossary.md"
ALL = ("overview", "alpha", "curves", "changes", "findings", "match", "train", "data")
#: Kinds of controls that have a label and can have a help text.
CONTROLS = ("selectbox", "number_input", "multiselect", "toggle", "checkbox", "button_group", "file_uploader")
#: Words of labels that are terms of the glossary.
WORDS = re.compile(
    r"\b(domain|run|split|article|images?|slug|ground truth|encoder|tower|model|zero-shot|fine-tuned|WiSE-FT|α|rank|"
    r"slice|shape|tagged|tags|note|question|sweep|metric|blocks?|query text|re-rank)\b",
    re.IGNORECASE,
)


def defined() -> dict[str, str]:
    """Return the definition of each term of the glossary as plain text on one line."""
    entries = re.findall(r"^- \*\*(.+?)\.\*\* (.+?)(?=\n- |\n\n|\Z)", GLOSSARY.read_text(), re.MULTILINE | re.DOTALL)
    return {term.replace("\\*", "*"): " ".join(text.replace("\\*", "*").split()) for term, text in entries}


@pytest.mark.parametrize("term", TERMS)
def test_a_definition_is_the_glossarys(term):
    entries = defined()
    name = "Mean rank, median rank" if term not in entries and "rank" in term else term
    assert TERMS[term] in entries[name]


def test_a_help_text_has_the_definitions_of_its_terms():
    text = help_for("Run", "α*", also="First.")
    assert text.startswith("First.\n\n**Run**: ")
    assert "**α\\***: " in text
    with pytest.raises(KeyError):
        help_for("no term")


@pytest.mark.parametrize("page", ALL)
def test_titles_and_controls_with_a_term_have_a_help_text(page, open_page, run):
    app = open_page(page)
    assert not app.exception
    assert app.title[0].help
    controls = [control for kind in CONTROLS for control in app.get(kind) if WORDS.search(control.label)]
    assert [control.label for control in controls if not control.help] == []


@pytest.mark.parametrize("page", ALL)
def test_an_empty_page_links_to_the_next_step(page, open_page, workspace, shapes):
    app = open_page(page)
    assert page == "data" or [link.proto.page for link in app.get("page_link")] == ["data"]
    import_domain(shapes, workspace.domain_folder("shapes"))
    app = open_page(page)
    if page not in ("train", "data"):
        assert "train" in [link.proto.page for link in app.get("page_link")]
