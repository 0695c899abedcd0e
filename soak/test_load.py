"""Many browsers for a long time: each sees its own numbers only, and the server's memory comes to rest."""

import os
import re
import time
from functools import cache
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import expect

from core.evaluation.metrics import metrics_of
from core.jobs.rank_task import rank_exactly
from core.workspace.folders import Workspace
from core.workspace.runs import find_run
from tests.browser.conftest import Served, Visit

SECONDS = float(os.environ.get("REMATCH_SOAK_SECONDS", "600"))
BROWSERS = 12
RUN = "lite-head-1"
DOMAINS = ("demo-portals", "demo-rss", "demo-twitter")
TURN = 20  # moves after which a hand goes back
MOVES, PAGE_CHANGES = 2000, 200
PAGES = ("Alpha", "Curves", "Rank changes", "Findings", "Match", "Data")


def server_of(served: Served) -> psutil.Process:
    """The app's process, by the port it was given."""
    port = str(urlsplit(served.address).port)
    return next(one for one in psutil.process_iter(["cmdline"]) if port in (one.info["cmdline"] or []))


def megabytes(server: psutil.Process) -> float:
    """Resident memory of the app itself; models are in a process of their own."""
    return server.memory_info().rss / 1e6


@cache
def may_be_shown(workspace: Workspace, slug: str, hundredth: int) -> set[str]:
    """mrr@100 as a page writes it: interpolated, and exact, which takes its place when the slider has come to rest."""
    alpha = hundredth / 100
    curve = find_run(workspace, slug, RUN).curve()
    rows = curve[(curve["split"] == "val") & ((curve["alpha"] - alpha).abs() < 1e-6)]
    exact = metrics_of(rank_exactly(workspace, slug, RUN, "val", alpha, alpha).ranks)["mrr@100"]
    return {f"{value:.3f}" for value in (float(rows["mrr@100"].iloc[0]), exact)}


def test_twelve_hands_on_the_slider_see_their_own_numbers(demo: Served, visit, capsys) -> None:
    server = server_of(demo)
    workspace = Workspace(demo.workspace, demo.workspace.parent / "cache")
    for slug in DOMAINS:  # one run after the other, since few are kept open
        for hundredth in range(10, 10 + 5 * BROWSERS + TURN):
            may_be_shown(workspace, slug, hundredth)
    hands: list[tuple[Visit, str, int]] = []
    for number in range(BROWSERS):
        slug, hundredth = DOMAINS[number % 3], 10 + 5 * number
        address = f"{demo.address}/alpha?domain={slug}&run={RUN}&alpha={hundredth / 100}"
        hands.append((visit(address), slug, hundredth))
    end, rounds, memory = time.monotonic() + SECONDS, 0, [megabytes(server)]
    while time.monotonic() < end:
        step = 1 if rounds % (2 * TURN) < TURN else -1
        for place, (hand, slug, hundredth) in enumerate(hands):
            hand.page.get_by_role("slider").first.press("ArrowRight" if step > 0 else "ArrowLeft")
            hands[place] = (hand, slug, hundredth + step)
        for hand, slug, hundredth in hands:
            expect(hand.page.locator(".board")).to_have_attribute("data-alpha", f"{hundredth / 100:.2f}")
            shown = hand.page.locator(".tile", has_text="mrr@100").locator("strong").first.inner_text()
            assert shown in may_be_shown(workspace, slug, hundredth), (slug, hundredth, shown)
            expect(hand.page.get_by_role("combobox", name="Domain")).to_have_value(re.compile(slug))
        rounds += 1
        memory.append(megabytes(server))
    assert [complaint for hand, _, _ in hands for complaint in hand.complaints] == []
    with capsys.disabled():
        print(f"\n{BROWSERS} browsers, {rounds} rounds in {SECONDS:.0f} s; MB: {memory[0]:.0f} to {memory[-1]:.0f}")
    assert memory[-1] < 1.15 * memory[len(memory) // 2]


def test_memory_comes_to_rest(demo: Served, visit, capsys) -> None:
    server = server_of(demo)
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss&alpha=0.5")
    memory = []
    for change in range(PAGE_CHANGES):
        here.go(PAGES[change % len(PAGES)])
        if PAGES[change % len(PAGES)] == "Alpha":
            slider = here.page.get_by_role("slider").first
            for move in range(MOVES * len(PAGES) // PAGE_CHANGES):
                slider.press("ArrowRight" if move % 40 < 20 else "ArrowLeft")
        memory.append(megabytes(server))
    with capsys.disabled():
        quarters = [
            f"{memory[place]:.0f}" for place in (0, len(memory) // 4, len(memory) // 2, 3 * len(memory) // 4, -1)
        ]
        print(f"\n{MOVES} moves and {PAGE_CHANGES} page changes; MB at each quarter: {', '.join(quarters)}")
    assert memory[-1] < 1.1 * memory[len(memory) // 2]
