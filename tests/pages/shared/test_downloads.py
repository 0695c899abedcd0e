"""Buttons for downloads."""

import ast
from pathlib import Path

import pytest

from pages.shared import session

PAGES = Path(session.__file__).parents[1]
FILES = [file for file in sorted(PAGES.rglob("*.py")) if "download_button(" in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PAGES)))
def test_a_download_draws_no_page_again(file: Path):
    """Streamlit drops a click on a second download while it draws the page again after the first."""
    calls = [
        {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "download_button"
    ]
    assert calls
    assert {call.get("on_click") for call in calls} == {"'ignore'"}
