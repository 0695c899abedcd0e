"""One rule for what is significant: no module but `core.analysis.decision` compares a p or an interval with a limit."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RULE = ROOT / "core" / "analysis" / "decision.py"
INTERVAL = ROOT / "core" / "analysis" / "bootstrap.py"  # defines `excludes_zero`, a fact about an interval
PYTHON = sorted(
    file for folder in ("core", "pages", "rematch") for file in (ROOT / folder).rglob("*.py") if file != RULE
)


def _decisions(tree: ast.AST) -> Iterator[str]:
    """Yield the comparisons that decide on their own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "excludes_zero":
            yield ast.unparse(node)
        if not isinstance(node, ast.Compare):
            continue
        text = ast.unparse(node)
        limit = re.search(r"\bLEVEL_OF_TESTS\b|\b0\.05\b", text)
        p = re.search(r"\bp_(holm|values?)\b|\bpvalue\b", text) and not re.search(r"\bNone\b", text)
        interval = re.fullmatch(r"\S*\.(low > 0|high < 0|low >= 0|high <= 0)(\.0)?", text)
        if limit or p or interval:
            yield text


@pytest.mark.parametrize("text", ["p < LEVEL_OF_TESTS", "x.p_holm < 0.1", "found.interval.low > 0", "p >= 0.05"])
def test_decisions_are_found(text: str) -> None:
    assert list(_decisions(ast.parse(text)))


def test_no_other_module_decides() -> None:
    found = {
        str(file.relative_to(ROOT)): decisions
        for file in PYTHON
        if file != INTERVAL and (decisions := list(_decisions(ast.parse(file.read_text(encoding="utf-8")))))
    }
    assert not found


def test_no_script_of_the_browser_decides() -> None:
    for script in (ROOT / "pages").rglob("*.js"):
        assert not re.search(r"\blow\s*>=?\s*0|\bhigh\s*<=?\s*0|0\.05\b", script.read_text(encoding="utf-8")), script
