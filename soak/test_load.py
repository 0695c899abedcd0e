"""Many browsers for a long time: each shows only its numbers, and the server's memory stops growing."""

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
TURN = 20  # moves after which a slider changes direction
MOVES, PAGE_CHANGES = 2000, 200
PAGES = ("Alpha", "Curves", "Rank changes", "Findings", "Match", "Data")


def server_of(served: Served) -> psutil.Process:
    """Find the app's process by its port."""
    port = str(urlsplit(served.address).port)
    return next(process for process in psutil.process_iter(["cmdline"]) if port in (process.info["cmdline"] or []))


def megabytes(server: psutil.Process) -> float:
    """Return the resident memory of the app, without its model worker, which is a separate process."""
    return server.memory_info().rss / 1e6


@cache
def possible_values(workspace: Workspace, slug: str, hundredth: int) -> set[str]:
    """Return mrr@100 as the page formats it: interpolated, and exact, which replaces it when the slider stops."""
    alpha = hundredth / 100
    curve = find_run(workspace, slug, RUN).curve()
    rows = curve[(curve["split"] == "val") & ((curve["alpha"] - alpha).abs() < 1e-6)]
    exact = metrics_of(rank_exactly(workspace, slug, RUN, "val", alpha, alpha).ranks)["mrr@100"]
    return {f"{value:.3f}" for value in (float(rows["mrr@100"].iloc[0]), exact)}


def test_twelve_users_of_the_slider_see_their_own_numbers(demo: Served, visit, capsys) -> None:
    server = server_of(demo)
    workspace = Workspace(demo.workspace, demo.workspace.parent / "cache")
    for slug in DOMAINS:  # one run after the other, since the worker holds only a few
        for hundredth in range(10, 10 + 5 * BROWSERS + TURN):
            possible_values(workspace, slug, hundredth)
    users: list[tuple[Visit, str, int]] = []
    for number in range(BROWSERS):
        slug, hundredth = DOMAINS[number % 3], 10 + 5 * number
        address = f"{demo.address}/alpha?domain={slug}&run={RUN}&alpha={hundredth / 100}"
        users.append((visit(address), slug, hundredth))
    end, rounds, memory = time.monotonic() + SECONDS, 0, [megabytes(server)]
    while time.monotonic() < end:
        step = 1 if rounds % (2 * TURN) < TURN else -1
        for number, (user, slug, hundredth) in enumerate(users):
            user.page.get_by_role("slider").first.press("ArrowRight" if step > 0 else "ArrowLeft")
            users[number] = (user, slug, hundredth + step)
        for user, slug, hundredth in users:
            expect(user.page.locator(".board")).to_have_attribute("data-alpha", f"{hundredth / 100:.2f}")
            shown = user.page.locator(".tile", has_text="mrr@100").locator("strong").first.inner_text()
            assert shown in possible_values(workspace, slug, hundredth), (slug, hundredth, shown)
            expect(user.page.get_by_role("combobox", name="Domain")).to_have_value(re.compile(slug))
        rounds += 1
        memory.append(megabytes(server))
    assert [complaint for user, _, _ in users for complaint in user.complaints] == []
    with capsys.disabled():
        print(f"\n{BROWSERS} browsers, {rounds} rounds in {SECONDS:.0f} s; MB: {memory[0]:.0f} to {memory[-1]:.0f}")
    assert memory[-1] < 1.15 * memory[len(memory) // 2]


def test_memory_stops_growing(demo: Served, visit, capsys) -> None:
    server = server_of(demo)
    user: Visit = visit(f"{demo.address}/alpha?domain=demo-rss&alpha=0.5")
    memory = []
    for change in range(PAGE_CHANGES):
        user.go(PAGES[change % len(PAGES)])
        if PAGES[change % len(PAGES)] == "Alpha":
            slider = user.page.get_by_role("slider").first
            for move in range(MOVES * len(PAGES) // PAGE_CHANGES):
                slider.press("ArrowRight" if move % 40 < 20 else "ArrowLeft")
        memory.append(megabytes(server))
    with capsys.disabled():
        quarters = [
            f"{memory[change]:.0f}" for change in (0, len(memory) // 4, len(memory) // 2, 3 * len(memory) // 4, -1)
        ]
        print(f"\n{MOVES} moves and {PAGE_CHANGES} page changes; MB at each quarter: {', '.join(quarters)}")
    assert memory[-1] < 1.1 * memory[len(memory) // 2]
