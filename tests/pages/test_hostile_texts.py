"""Hostile texts of a domain: no page renders them as Markdown, HTML or a remote image, as CommonMark judges."""

import re

import pandas as pd
import pytest
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from core.data.domain import Domain
from core.data.importers import import_domain
from core.workspace.folders import Workspace
from tests.pages.conftest import Open
from tests.written_runs import write_run

HOST = "evil.example"
HOSTILE = (
    f"![x](http://{HOST}/pixel.png) [link](http://{HOST}) **bold** `code` :red[red] $x$ "
    f"<img src=http://{HOST}/x.png onerror=alert(1)> <script>alert(1)</script> www.{HOST} http://{HOST}/ me@{HOST}"
)
PAGES = ("overview", "alpha", "curves", "changes", "findings", "match", "train", "data")
_READER = MarkdownIt("gfm-like", {"linkify": False})
#: Streamlit reads as Markdown: the text of these blocks, and labels and help texts of widgets.
_BLOCKS = ("markdown", "caption", "title", "header", "subheader", "info", "warning", "error", "success", "toast")
_LABELLED = (
    "button", "selectbox", "text_input", "text_area", "checkbox", "toggle", "radio", "slider", "select_slider",
    "number_input", "multiselect", "expander", "tabs", "metric", "button_group",
)  # fmt: skip


@pytest.fixture
def hostile(workspace: Workspace, shapes, tmp_path) -> Domain:
    """Sixty articles whose every text is hostile, id and language among them; with a run."""
    table = pd.read_csv(shapes, dtype=str)
    table["title"] = [f"{HOSTILE} {number}" for number in table["article_id"]]
    table["text"] = table["title"]
    table["article_id"] = [f"<b>{number}</b> ![x](http://{HOST}/{number})" for number in table["article_id"]]
    table["language"] = f"<i>![](http://{HOST}/l)</i>"
    table.loc[0, "image_file"] = f"![gone](http://{HOST}/gone.png)"
    table.to_csv(tmp_path / "t.csv", index=False)
    domain = import_domain(
        tmp_path / "t.csv", workspace.domain_folder("hostile"), images=shapes.parent, title=HOSTILE
    ).domain
    write_run(workspace, domain)
    return domain


def markdown_of(app: AppTest) -> list[str]:
    """Return all texts of a page that the browser reads as Markdown."""
    texts = [element.value for name in _BLOCKS for element in app.get(name) if isinstance(element.value, str)]
    for element in (element for name in _LABELLED for element in app.get(name)):
        texts += [str(getattr(element, name)) for name in ("label", "help") if getattr(element, name, None)]
        texts += [str(option) for option in getattr(element, "options", None) or []]
    return texts


def made_of(text: str) -> list[str]:
    """Return the forbidden elements that a text renders to; the app's own texts never name the host."""
    html = _READER.render(text)
    made = re.findall(rf"<[^>]*{re.escape(HOST)}[^>]*>", html)
    made += re.findall(r"<(?:script|img|iframe|b|i)\b[^>]*>", html)
    return made + re.findall(r"<strong>bold|<code>code", html) + re.findall(r"(?<!\\):red\[|(?<!\\)\$x", text)


def test_the_judge_sees_what_is_not_escaped():
    assert len(made_of(HOSTILE)) >= 5


@pytest.mark.parametrize("page", PAGES)
def test_no_text_of_a_domain_is_more_than_text(page: str, open_page: Open, hostile: Domain):
    chosen = {"article": hostile.articles["article_id"].iloc[-1]} if page in ("changes", "match") else {}
    app = open_page(page, domain="hostile", **chosen)
    assert not app.exception
    texts = markdown_of(app)
    assert texts
    assert [(text[:200], made) for text in texts if (made := made_of(text))] == []
    assert [html.value for html in app.get("html") if HOST in str(html.proto)] == []
