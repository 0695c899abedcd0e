"""External text stays text in Markdown, as tested with a CommonMark parser."""

import pytest
from markdown_it import MarkdownIt

from core.presentation.markdown_escaping import inline, plain

HOSTILE = [
    "**bold** _it_ `code`", "[link](http://example.org)", "![x](http://example.org/a.png)", "<b>tag</b>",
    "http://example.org/x", "www.example.org", "mail me@example.org", "a | b", "~~gone~~", "$x$", "\\*", "1) one",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("escape", [plain, inline])
def test_nothing_becomes_a_link_a_tag_or_a_style(escape, text):
    html = MarkdownIt("gfm-like", {"linkify": False}).render(f"it says: {escape(text)}")
    for tag in ("<a", "<img", "<b>", "<strong", "<em", "<code", "<del", "<s>"):
        assert tag not in html
    shown = html.replace("\u2060", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert text in shown


def test_numbers_and_names_stay_readable():
    assert inline("mrr@100 −0.010 (p = 0.02), WiSE-FT") == "mrr@100 −0.010 (p = 0.02), WiSE-FT"
