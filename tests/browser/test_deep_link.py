"""A deep link as the first request after a start shows its page, without Streamlit's dialog or older sidebar."""

import subprocess
import sys

from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Served, serving, title


def test_a_deep_link_is_answered_by_its_page_as_the_first_request(served: Served, visit) -> None:
    with serving([sys.executable, "-m", "core", "app"], served.environment, subprocess.DEVNULL) as address:
        page = visit(f"{address}/alpha?domain=demo-rss&alpha=0.25").page
        expect(title(page, "Alpha")).to_be_visible()
        assert page.get_by_role("dialog").count() == 0
        expect(page.get_by_test_id("stSidebarNav").get_by_text("Rank changes")).to_be_visible()
        assert page.get_by_test_id("stSidebarNav").get_by_text("launcher").count() == 0
    assert ROOT.joinpath("pages", "launcher.py").exists(), "what the older navigation would list"
