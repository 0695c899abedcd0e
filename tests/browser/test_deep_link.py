"""A deep link as the very first request after a start: the page itself, without Streamlit's dialog or older sidebar."""

import subprocess
import sys

from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Served, serving


def test_a_deep_link_is_answered_by_its_page_as_the_first_request(served: Served, visit) -> None:
    with serving([sys.executable, "-m", "core", "app"], served.environment, subprocess.DEVNULL) as address:
        page = visit(f"{address}/alpha?domain=demo-rss&alpha=0.25").page
        expect(page.get_by_role("heading", name="Alpha", exact=True)).to_be_visible()
        assert page.get_by_role("dialog").count() == 0
        expect(page.get_by_test_id("stSidebarNav").get_by_text("Rank changes")).to_be_visible()
        assert page.get_by_test_id("stSidebarNav").get_by_text("launcher").count() == 0
    assert ROOT.joinpath("pages", "launcher.py").exists(), "what the older navigation would list"
