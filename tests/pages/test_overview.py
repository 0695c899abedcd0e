"""Overview: the next steps fit the state of the domain, the demo starts from the page, and the tour leads on."""

import shutil
from dataclasses import replace

import pytest

from core.data.importers import import_domain
from core.jobs import background
from core.jobs.job import DEMO
from pages import tour
from pages.overview import cards
from pages.overview.diagram import diagram
from pages.overview.next_steps import next_steps
from pages.shared.images import image_of
from pages.shared.session import TOUR
from tests.pages.conftest import bars_shown


@pytest.mark.parametrize(
    ("runs", "is_swept", "first"), [(0, False, "train"), (2, False, "train"), (2, True, "alpha")]
)  # fmt: skip
def test_the_next_steps_fit_the_state_of_the_domain(runs, is_swept, first, run):
    steps = next_steps(runs, run if is_swept else None)
    assert len(steps) == 3
    assert steps[0].page == first
    assert ("sweep" in steps[0].label.lower()) == (runs > 0 and not is_swept)


def test_the_diagram_has_a_text_that_names_every_model_and_rank():
    text = diagram().partition('aria-label="')[2].partition('"')[0].lower()
    for word in ("zero-shot", "wise-ft", "fine-tuned", "image 1", "image 2", "image 4"):
        assert word in text


def test_an_empty_workspace_makes_the_demo_at_a_click(open_page, workspace, monkeypatch):
    started = []
    monkeypatch.setattr(background, "start", lambda workspace, job, verb: started.append((job, verb)))
    app = open_page("match")
    app.button(key="make_demo").click().run()
    assert not app.exception
    assert started == [(DEMO, ["demo"])]


def test_a_cancelled_demo_continues_or_is_closed(open_page, workspace):
    folder = DEMO.folder(workspace)
    folder.mkdir(parents=True)
    for name in ("log.txt", "cancelled.txt"):
        (folder / name).write_text("")
    app = open_page("overview")
    assert not app.exception
    assert "cancelled" in app.info[0].value
    assert not app.error
    app.button(key="close_demo").click().run()
    assert not app.info
    assert background.status(workspace, DEMO).state == "never started"


def test_a_domain_without_a_run_leads_to_training(open_page, workspace, shapes):
    import_domain(shapes, workspace.domain_folder("shapes"))
    app = open_page("overview")
    assert not app.exception
    assert app.get("page_link")[0].proto.page == "train"
    assert not app.button  # no tour where there is nothing to show


def test_sample_images_that_are_gone_are_left_out(open_page, run, domain, workspace, tmp_path, monkeypatch):
    def address(workspace, domain, article):  # in AppTest there is no server that gives images an address
        return "" if image_of(workspace, domain, article) is None else "/media/image.jpg"

    monkeypatch.setattr(cards, "image_url", address)
    assert cards.samples(workspace, domain).count("<img") == cards.SAMPLES
    toml = domain.folder / "domain.toml"
    toml.write_text(toml.read_text().replace(str(domain.images_root), str(tmp_path / "gone")))
    shutil.rmtree(workspace.cache)
    assert "<img" not in cards.samples(workspace, workspace.load_domain("shapes"))
    app = open_page("overview")
    assert not app.exception
    assert not app.error
    assert len(bars_shown(app)) == 3


def test_the_tour_goes_on_and_ends(open_page, run):
    app = open_page("overview")
    app.button(key="tour_start").click().run()
    assert f"1/{len(tour.STEPS)}" in app.markdown[0].value
    app.button(key="tour_next").click().run()
    assert app.title[0].value == tour.STEPS[1].title
    assert f"2/{len(tour.STEPS)}" in app.markdown[0].value
    app.button(key="tour_end").click().run()
    assert not app.exception
    assert "tour_next" not in [button.key for button in app.button]


def test_a_page_that_is_not_of_the_tour_leads_back_to_it(open_page, run, monkeypatch):
    monkeypatch.setattr(tour, "TOUR", replace(TOUR, default=3))
    app = open_page("curves")
    assert not app.exception
    [text] = [each.value for each in app.markdown if "Tour 3/" in each.value]
    assert tour.STEPS[2].title in text
    assert "tour_back" not in [button.key for button in app.button]
