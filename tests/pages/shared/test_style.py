"""The style sheet of all pages."""

import re

import pytest

from pages.page_files import PAGES, style_sheet

STYLE = style_sheet()
PREFIXES = sorted(set(re.findall(r'\[class\*="st-key-(\w+)"\]', STYLE)))
KEYS = {
    file: re.findall(r'key = f"(\w+)|key=f?"(\w+)', file.read_text(encoding="utf-8")) for file in PAGES.rglob("*.py")
}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_rule_for_keys_that_begin_alike_is_for_one_page(prefix):
    """The rule that lays a card's button over the card once covered another page's buttons."""
    pages = {
        file.relative_to(PAGES).parts[0]
        for file, keys in KEYS.items()
        if any(key.startswith(prefix) for pair in keys for key in pair)
    }
    assert len(pages) <= 1
