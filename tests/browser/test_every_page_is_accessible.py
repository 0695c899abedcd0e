"""Every page in both themes: rules of accessibility by axe-core, layout shift, and the width of a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Served, Visit

ADDRESSES = ("", "alpha", "curves", "curves?view=Two+towers", "changes", "findings", "match", "train", "data")
SERIOUS = ("serious", "critical")
ALSO = ("heading-order", "page-has-heading-one")  # which axe calls moderate
MAX_SHIFT = 0.1  # "good" by web.dev


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in SERIOUS or rule["id"] in ALSO
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_still_and_fits_a_phone(demo: Served, visit, theme: str) -> None:
    here: Visit = visit(demo.address, theme=theme)
    page = here.page
    wrong: dict[str, object] = {}
    for address in ADDRESSES:
        page.set_viewport_size({"width": 1280, "height": 1000})
        page.goto(f"{demo.address}/{address}{'&' if '?' in address else '?'}domain=demo-rss")
        page.get_by_role("heading", level=1).first.wait_for()
        here.settle()
        here.be_still()
        if (shift := page.evaluate("window.layoutShift")) >= MAX_SHIFT:
            wrong[f"{address} layout shift"] = shift
        if violations := _violations(page):
            wrong[f"{address} axe"] = violations
        page.set_viewport_size({"width": 390, "height": 844})
        here.be_still()
        if (wide := page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")) > 390:
            wrong[f"{address} width"] = wide
    assert not wrong
