"""A number that the browser writes has the digits that the command line writes."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from core.presentation.wording import signed

SCRIPT = Path(__file__).parents[2] / "pages" / "shared" / "browser" / "page_elements.js"
#: Every share of so many articles, halves of a thousandth among them, and differences of two.
SHARES = [found / n for n in (7, 16, 48, 304, 567) for found in range(n + 1)]
VALUES = [round(value, 9) for value in SHARES]
DIFFERENCES = [left - right for left, right in zip(VALUES, VALUES[5:], strict=False)]


@pytest.fixture(scope="module")
def in_the_browser() -> dict[str, list[str]]:
    """Return VALUES and DIFFERENCES as the functions of the page write them."""
    node = compute_driver_executable()[0]
    script = (
        f"{SCRIPT.read_text(encoding='utf-8')}\nconsole.log(JSON.stringify({{"
        f"values: {json.dumps(VALUES)}.map(written), differences: {json.dumps(DIFFERENCES)}.map(signed), "
        "counts: [7, 1234, 1234567].map(counted)}))"
    )
    done = subprocess.run([node, "-"], input=script, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_metrics_have_the_digits_of_the_command_line(in_the_browser):
    assert in_the_browser["values"] == [f"{value:.3f}" for value in SHARES]
    assert "0.062" in in_the_browser["values"], "19 of 304, which toFixed would write 0.063"


def test_counts_have_the_separator_of_the_pages(in_the_browser):
    assert in_the_browser["counts"] == ["7", "1,234", "1,234,567"]


def test_differences_have_them_too(in_the_browser):
    assert in_the_browser["differences"] == [signed(value) for value in DIFFERENCES]
