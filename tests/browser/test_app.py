"""A user's way through the app with its demo, from a fresh start to a run on uploaded data."""

import json
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ROOT, Served, Visit, core, serving, title
from tests.shapes import draw, write_shapes

PAGES = ("Overview", "Alpha", "Curves", "Rank changes", "Findings", "Match", "Train", "Data")


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a select box."""
    page.get_by_role("combobox", name=label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


def slider(page: Page) -> dict[str, float]:
    """Return the box of the α slider on the screen."""
    box = page.get_by_role("slider").first.bounding_box()
    assert box is not None
    return dict(box)


def tile(page: Page, name: str = "mrr@100") -> str:
    """Return the value on a metric's tile."""
    return page.locator(".tile", has_text=name).locator("strong").first.inner_text()


def served_alpha(page: Page) -> str:
    """Return the α of the list and images."""
    return page.locator(".board").get_attribute("data-alpha") or ""


FOUND = ".board .article > .images > li"


def images_of(page: Page, tiles: str) -> list[str]:
    """Return the addresses of the images that are shown in `tiles`."""
    return [tile.locator("img").get_attribute("src") or "" for tile in page.locator(f"{tiles}:not([hidden])").all()]


def test_a_fresh_start_says_how_to_begin_and_the_demo_appears_by_itself(served: Served, visit) -> None:
    first = visit(served.address)
    expect(first.page.get_by_text("There is no domain yet")).to_be_visible()
    core(served, "demo", "--detach")
    first.page.reload()
    expect(first.page.get_by_text("Preparing the demo").first).to_be_visible()
    expect(first.page.get_by_text("synthetic").first).to_be_visible(timeout=240_000)


def test_every_page_is_drawn_without_a_complaint(demo: Served, visit) -> None:
    here = visit(demo.address)
    for name in PAGES:
        here.go(name)
        assert not here.page.get_by_text("has encountered an error").count(), name
    assert here.complaints == []


def test_an_address_opens_its_page_with_its_domain_and_alpha(demo: Served, visit) -> None:
    page = visit(f"{demo.address}/alpha?domain=demo-twitter&alpha=0.25").page
    expect(title(page, "Alpha")).to_be_visible()
    expect(page.locator(".board")).to_have_attribute("data-alpha", "0.25")
    expect(page.get_by_role("combobox", name="Domain")).to_have_value(re.compile("demo-twitter"))


def test_the_address_names_domain_and_run_on_every_page(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/curves")
    for name in ("Rank changes", "Match", "Data"):
        here.go(name)
        expect(here.page).to_have_url(re.compile(r"domain=demo-.*run="))
    choose(here.page, "Domain", "demo-twitter")
    expect(here.page).to_have_url(re.compile(r"domain=demo-twitter.*run="))
    here.page.go_back()
    expect(here.page.get_by_role("combobox", name="Domain")).not_to_have_value("demo-twitter")


def test_tiles_and_images_move_while_the_slider_is_held(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss")
    page, board = here.page, here.page.locator(".board")
    expect(board).to_be_visible()
    box = slider(page)
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.05 * box["width"], y)
    page.mouse.down()
    seen = set()
    for part in (0.2, 0.35, 0.5, 0.65, 0.8):
        before = served_alpha(page)
        page.mouse.move(box["x"] + part * box["width"], y, steps=8)
        expect(board).not_to_have_attribute("data-alpha", before)
        seen.add(tile(page))
    assert len(seen) > 2, seen  # the button is still held
    assert page.get_by_role("slider").first.evaluate("e => Number(e.value)") > 70
    page.mouse.up()
    expect(page.locator(".status.exact")).to_be_visible(timeout=120_000)
    expect(page).to_have_url(re.compile(r"alpha=0\.[78]"))
    assert here.complaints == []


def test_the_slider_is_moved_by_keys_and_ticks(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss")
    page = here.page
    page.get_by_role("button", name="paper 0.4").click()
    expect(page.locator(".board")).to_have_attribute("data-alpha", "0.40")
    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".board")).to_have_attribute("data-alpha", "0.41")
    page.keyboard.press("Home")
    expect(page.locator(".board")).to_have_attribute("data-alpha", "0.00")
    typed = page.get_by_role("spinbutton", name="typed")
    typed.fill("0.37")
    page.keyboard.press("Enter")
    expect(page.locator(".board")).to_have_attribute("data-alpha", "0.37")
    expect(page).to_have_url(re.compile("alpha=0.37"))
    for step in range(1, 7):  # while exact values are waited for, nothing is lost
        page.get_by_role("slider").first.focus()
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".board")).to_have_attribute("data-alpha", f"{0.37 - step / 100:.2f}")


def test_an_article_of_the_list_shows_its_images_and_is_in_the_address(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss")
    page = here.page
    row = page.locator(".board tbody tr").nth(4)
    headline = row.locator("button").inner_text()
    row.click()
    expect(page.locator(".board h2")).to_have_text(headline)
    expect(page).to_have_url(re.compile("article="))
    expect(page.locator(".board .images li:not([hidden])")).to_have_count(12)
    sources = page.locator(".board .images li:not([hidden]) img")
    for place in range(12):
        expect(sources.nth(place)).to_have_js_property("naturalWidth", 320)


#: Returns how many rows, images and other parts of the page are completely in the window.
_ON_SCREEN = """() => {
  const hosts = [...document.querySelectorAll('*')].filter((each) => each.shadowRoot?.querySelector('.cockpit'));
  const cockpit = hosts[0].shadowRoot;
  const inside = (box, frame) => box.height > 0 && box.top >= frame.top && box.bottom <= frame.bottom + 1;
  const seen = (element, frame) => inside(element.getBoundingClientRect(), frame);
  const screen = { top: 0, bottom: innerHeight };
  const list = cockpit.querySelector('.scroll').getBoundingClientRect();
  const frame = { top: list.top, bottom: Math.min(list.bottom, innerHeight) };
  const count = (selector, frame) => [...cockpit.querySelectorAll(selector)].filter((each) => seen(each, frame)).length;
  return {
    rows: count('.board tbody tr', frame), images: count('.board .images li', screen), tiles: count('.tile', screen),
    sliders: count('input[type=range]', screen), histograms: count('.histogram', screen),
    headlines: count('.board h2', screen),
  };
}"""


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 800)])
def test_all_that_moves_with_alpha_is_on_one_screen(width: int, height: int, demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss")
    here.page.set_viewport_size({"width": width, "height": height})
    expect(here.page.locator(".board .images li:not([hidden])").first).to_be_visible()
    here.be_still()
    seen = here.page.evaluate(_ON_SCREEN)
    assert seen["rows"] >= 8, seen
    assert seen["images"] >= 6, seen
    assert [seen[name] for name in ("tiles", "sliders", "histograms", "headlines")] == [6, 1, 1, 1]


def test_on_a_phone_slider_and_tiles_stay_while_the_page_scrolls(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss", width=390)
    expect(here.page.locator(".board .images li").nth(11)).to_be_attached()
    here.page.locator(".board .images li").nth(11).scroll_into_view_if_needed()
    here.be_still()
    seen = here.page.evaluate(_ON_SCREEN)
    assert (seen["sliders"], seen["tiles"], seen["headlines"]) == (1, 6, 0), seen
    box = slider(here.page)
    here.page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)  # nothing lies over it
    expect(here.page.locator(".board")).to_have_attribute("data-alpha", re.compile(r"^0\.(8|9)"))


def test_a_pinned_alpha_stays_and_differences_are_marked(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss&alpha=0")
    page = here.page
    page.get_by_role("button", name="Pin α").click()
    expect(page).to_have_url(re.compile("pinned=0"))
    at_start = images_of(page, FOUND)
    page.get_by_role("button", name="1 fine-tuned").click()
    expect(page.locator(".board")).to_have_attribute("data-alpha", "1.00")
    expect(page.locator(".board th.pinned")).to_have_text("at 0.00")
    rows = page.locator(".board tbody tr:not([hidden])")
    before, now = (int(rows.first.locator(f"td.rank >> nth={k}").inner_text()) for k in (1, 2))
    expected = {True: "1", False: "-1"}[now < before] if now != before else "0"
    expect(rows.first.locator("td.rank >> nth=2")).to_have_attribute("data-change", expected)
    assert page.locator(".tile .pinned:visible").count() == 6
    new = page.locator(".board .images li.new:not([hidden])").count()
    assert new == page.locator(".board .lost li:not([hidden])").count(), "as many images are gone as are new"
    at_end = images_of(page, FOUND)
    assert images_of(page, f"{FOUND}.new") == [image for image in at_end if image not in at_start]
    assert images_of(page, ".board .lost li") == [image for image in at_start if image not in at_end]
    page.get_by_role("button", name="Unpin 0.00").click()
    expect(page.locator(".board th.pinned")).to_be_hidden()
    assert here.complaints == []


def test_keys_move_alpha_and_the_selection_and_set_tags(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-twitter")
    page, board = here.page, here.page.locator(".board")
    expect(board.locator("h2")).to_be_visible()
    page.keyboard.press("3")
    expect(board).to_have_attribute("data-alpha", "0.30")
    for key, row in (("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        line = board.locator("tbody tr button").nth(row)
        expect(line).to_have_attribute("aria-pressed", "true")
        expect(board.locator("h2")).to_have_text(line.inner_text())
    for key in ("t", "2"):
        page.keyboard.press(key)
    expect(board.get_by_role("button", name="2 place")).to_have_attribute("aria-pressed", "true")
    deadline = time.monotonic() + 20
    while not (file := demo.workspace / "tags" / "demo-twitter.json").exists():
        assert time.monotonic() < deadline, "the tag was not stored"
        page.wait_for_timeout(200)
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert [tagged["tags"] for tagged in stored["tags"].values()] == [["place"]]
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("9")
    page.keyboard.press("Escape")
    expect(board).to_have_attribute("data-alpha", "0.30")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_playing_moves_alpha_to_the_end(motion: str, demo: Served, visit) -> None:
    page = visit(f"{demo.address}/alpha?domain=demo-rss&alpha=0.6").page
    page.emulate_media(reduced_motion=motion)
    page.get_by_role("combobox", name="Speed of playing").select_option("fast")
    page.get_by_role("button", name="▶ Play").click()
    values = set()
    while page.get_by_role("button", name="⏸ Pause").count():
        values.add(page.get_by_role("spinbutton", name="typed").input_value())
        page.wait_for_timeout(40)
    expect(page.locator(".board")).to_have_attribute("data-alpha", "1.00")
    assert len(values) > 10 if motion == "no-preference" else values <= {"0.60", "0.70", "0.80", "0.90", "1.00"}, values
    expect(page).to_have_url(re.compile("alpha=1"))


def test_a_search_lists_all_that_it_finds_and_says_when_it_finds_nothing(demo: Served, visit) -> None:
    page = visit(f"{demo.address}/alpha?domain=demo-rss").page
    search = page.get_by_role("searchbox", name="Words in the text")
    search.fill("a")
    expect(page.locator(".pager span")).to_have_text(re.compile(r"^1–50 of \d+ found"))
    page.get_by_role("button", name="Next page").click()
    expect(page.locator(".pager span")).to_have_text(re.compile("^51–"))
    expect(page).to_have_url(re.compile("find=a&list_page=2|list_page=2&find=a"))
    search.fill("qqxx")
    expect(page.get_by_text("No article contains")).to_be_visible()
    page.get_by_role("button", name="Clear the search").click()
    expect(page.locator(".board tbody tr:not([hidden])")).to_have_count(50)


def test_each_tower_has_an_alpha_of_its_own(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/alpha?domain=demo-rss&towers=true")
    expect(here.page.get_by_role("slider")).to_have_count(2)
    here.page.get_by_role("slider").first.focus()
    here.page.keyboard.press("Home")
    expect(here.page.locator(".board")).to_have_attribute("data-alpha", re.compile(r"^0\.00 \(image\)"))


def test_a_click_on_the_plane_sets_an_alpha_for_each_tower(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/curves?view=Two+towers&domain=demo-rss")
    plane = here.page.get_by_role("slider", name="α of both towers")
    box = plane.bounding_box()
    assert box is not None
    plane.click(position={"x": box["width"] - 3, "y": box["height"] - 3})
    expect(here.page).to_have_url(re.compile(r"[?&]alpha=0(&|$)"))
    expect(here.page).to_have_url(re.compile(r"[?&]alpha_text=1(&|$)"))
    plane.press("ArrowUp")
    expect(here.page).to_have_url(re.compile(r"[?&]alpha=0\.05(&|$)"))
    here.go("Alpha")
    expect(here.page.locator(".board")).to_have_attribute("data-alpha", re.compile(r"^0\.05 \(image\)"))
    assert here.complaints == []


def test_points_select_articles_and_tags_filter_them(demo: Served, visit) -> None:
    here: Visit = visit(f"{demo.address}/changes?domain=demo-rss&from=zero-shot")
    page = here.page
    everything = page.get_by_role("heading", name=re.compile(r"200 articles of 200"))
    expect(everything).to_be_visible()
    expect(page.locator(".workbench .card").first).to_be_visible()
    chart = page.locator(".scatter .plot")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.99 * box["width"], box["y"] + 0.99 * box["height"], steps=10)
    page.mouse.up()
    expect(everything).to_be_hidden()
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ articles? of 200"))).to_be_visible()
    cards = page.locator(".workbench")
    cards.locator(".headline").first.click()
    page.keyboard.press("3")
    page.keyboard.press("n")
    page.keyboard.type("Größe 🙂")
    page.keyboard.press("Escape")
    expect(cards.get_by_role("status")).to_have_text("Stored the note.")
    expect(cards.get_by_role("button", name="3 scene")).to_have_attribute("aria-pressed", "true")
    stored = json.loads((demo.workspace / "tags" / "demo-rss.json").read_text(encoding="utf-8"))
    assert [(tagged["tags"], tagged["note"]) for tagged in stored["tags"].values()] == [(["scene"], "Größe 🙂")]
    page.get_by_role("button", name="Clear all").click()
    expect(everything).to_be_visible()
    again: Visit = visit(f"{demo.address}/changes?domain=demo-rss")
    again.page.get_by_role("combobox", name="Tagged as").focus()
    again.page.keyboard.type("scene")
    again.page.get_by_role("option", name="scene", exact=True).click()
    again.page.keyboard.press("Escape")  # while the list is open nothing else can be reached
    expect(again.page.get_by_role("heading", name="1 article of 200")).to_be_visible()
    assert here.complaints == []


def test_a_headline_finds_images_and_a_photo_finds_articles(demo: Served, visit, tmp_path: Path) -> None:
    here: Visit = visit(f"{demo.address}/match?domain=demo-rss")
    page = here.page
    page.get_by_role("searchbox", name="Headline").or_(page.get_by_role("textbox", name="Headline")).fill("a violin")
    page.keyboard.press("Enter")
    cards = page.get_by_role("list", name="First at this α").get_by_role("listitem")
    expect(cards).to_have_count(5, timeout=120_000)
    expect(page.get_by_role("button", name=re.compile("HTML"))).to_be_visible()
    at_best = cards.all_text_contents()
    page.get_by_role("slider", name="α").press("Home")
    expect(page.get_by_role("slider", name="α")).to_have_attribute("aria-valuetext", "alpha 0.00")
    assert cards.all_text_contents() != at_best, "other images, or others first, without a round trip"
    page.get_by_role("radio", name="Photo").or_(page.get_by_role("button", name="Photo")).first.click()
    photo = tmp_path / "photo.png"
    draw("red", "circle", 2).save(photo)
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_text(re.compile("articles of the domain")).first).to_be_visible(timeout=120_000)
    page.get_by_text("Present", exact=True).click()
    expect(page.get_by_role("region", name="Presentation")).to_contain_text("Which article")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Presentation")).to_have_count(0)
    assert here.complaints == []


def test_an_uploaded_archive_becomes_a_domain_and_is_trained_to_the_end(demo: Served, visit, tmp_path: Path) -> None:
    table = write_shapes(tmp_path / "own", 60)
    archive = tmp_path / "own.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(table.parent.rglob("*")):
            packed.write(file, file.relative_to(table.parent))
    here: Visit = visit(demo.address)
    page = here.page
    page.get_by_role("link", name="Import your own articles").click()
    page.get_by_role("textbox", name="Slug").fill("own-shapes")
    page.locator("input[type=file]").first.set_input_files(archive)
    expect(page.get_by_text("own.zip").first).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(re.compile("60 of 60")).first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Open the domain").first.click()
    expect(page.get_by_role("combobox", name="Domain")).to_have_value(re.compile("own-shapes"))
    here.go("Train")
    page.get_by_role("spinbutton", name=re.compile("epochs", re.IGNORECASE)).first.fill("2")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Start training").click()
    deadline = time.monotonic() + 240
    while not list((demo.workspace / "runs" / "own-shapes").glob("*/sweep.toml")):
        assert time.monotonic() < deadline, "the training did not end"
        page.wait_for_timeout(500)
    here.go("Alpha")
    expect(page.locator(".board tbody tr:not([hidden])")).to_have_count(12)
    assert here.complaints == []


def test_two_windows_with_other_domains_and_alphas_do_not_mix(demo: Served, visit) -> None:
    windows: list[Visit] = [
        visit(f"{demo.address}/alpha?domain=demo-rss&alpha=0.2"),
        visit(f"{demo.address}/alpha?domain=demo-twitter&alpha=0.9"),
    ]
    for window, alpha in zip(windows, ("0.20", "0.90"), strict=True):
        expect(window.page.locator(".board")).to_have_attribute("data-alpha", alpha)
    for step in range(3):
        for window, keys in zip(windows, ("ArrowRight", "ArrowLeft"), strict=True):
            window.page.get_by_role("slider").first.focus()
            window.page.keyboard.press(keys)
        for window, alpha in zip(windows, (0.21 + step / 100, 0.89 - step / 100), strict=True):
            expect(window.page.locator(".board")).to_have_attribute("data-alpha", f"{alpha:.2f}")
    for window, domain in zip(windows, ("demo-rss", "demo-twitter"), strict=True):
        expect(window.page.get_by_role("combobox", name="Domain")).to_have_value(re.compile(domain))


def test_findings_are_worked_out_and_handed_on_as_a_file_that_asks_nothing_of_anyone(
    demo: Served, visit, tmp_path: Path
) -> None:
    here: Visit = visit(f"{demo.address}/findings?domain=demo-rss")
    page = here.page
    expect(page.get_by_text("Is the difference significant?").first).to_be_visible()
    choose(page, "Answer to show", "Is α* the right α?")
    expect(page.get_by_text("is within noise of alpha* =").first).to_be_visible(timeout=60_000)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_test_id("stPopoverButton").filter(has_text="Report").click()
    with page.expect_download(timeout=120_000) as download:
        page.get_by_role("button", name="Report as HTML").click()
    file = tmp_path / "report.html"
    download.value.save_as(file)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name="In short")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_deep_link_is_answered_by_its_page_as_the_first_request(served: Served, visit) -> None:
    """After a start: the page itself, without Streamlit's dialog or the sidebar of its older navigation."""
    with serving([sys.executable, "-m", "core", "app"], served.environment, subprocess.DEVNULL) as address:
        page = visit(f"{address}/alpha?domain=demo-rss&alpha=0.25").page
        expect(title(page, "Alpha")).to_be_visible()
        assert page.get_by_role("dialog").count() == 0
        expect(page.get_by_test_id("stSidebarNav").get_by_text("Rank changes")).to_be_visible()
        assert page.get_by_test_id("stSidebarNav").get_by_text("launcher").count() == 0
    assert ROOT.joinpath("pages", "launcher.py").exists(), "what the older navigation would list"
