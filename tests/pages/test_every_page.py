"""Every page, with any workspace and URL, shows its content or a sentence, never a traceback."""

import shutil

import pytest

from core.data.importers import import_domain
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import Job
from pages.shared.images import GONE

ALL = ("overview", "alpha", "curves", "changes", "findings", "match", "train", "data")
#: Page → articles that are shown with their image. test_overview has the samples, which are left out if they are gone.
WITH_IMAGES = {"data": 12}
OF_A_RUN = ("alpha", "curves", "changes", "findings", "match")


@pytest.mark.parametrize("page", ALL)
def test_an_empty_workspace_says_how_to_begin(page, open_page):
    app = open_page(page)
    assert not app.exception
    text = " ".join(element.value for element in [*app.code, *app.markdown, *app.caption, *app.info])
    assert "import" in text.lower()
    assert "rematch demo" in text


@pytest.mark.parametrize("page", OF_A_RUN)
def test_a_domain_without_a_run_says_what_to_do_next(page, open_page, workspace, shapes):
    import_domain(shapes, workspace.domain_folder("shapes"))
    app = open_page(page)
    assert not app.exception
    assert any("rematch train --domain shapes" in caption.value for caption in app.caption)
    assert not app.code
    assert [link.proto.label for link in app.get("page_link") if "Train" in link.proto.label]


@pytest.mark.parametrize("page", ["overview", "alpha"])
def test_a_domain_in_training_shows_its_progress(page, open_page, workspace, shapes, monkeypatch):
    import_domain(shapes, workspace.domain_folder("shapes"))
    running = JobStatus("running", "Epoch 7 of 20", 7, 20, [])
    idle = JobStatus("never started", "", 0, None, [])
    monkeypatch.setattr(background, "status", lambda workspace, job: running if job == Job("train", "shapes") else idle)
    app = open_page(page)
    assert not app.exception
    assert any("training" in text.value for text in app.markdown)
    assert not any("rematch train" in caption.value for caption in app.caption)


@pytest.mark.parametrize("page", ALL)
def test_a_real_domain_with_a_run_is_shown(page, open_page, run):
    app = open_page(page)
    assert not app.exception
    assert not app.error
    assert app.title


@pytest.mark.parametrize("page", ALL)
def test_a_synthetic_domain_says_that_it_is(page, open_page, synthetic):
    app = open_page(page)
    assert not app.exception
    assert not app.error
    if page not in ("train", "data"):
        assert any("synthetic" in element.value for element in [*app.caption, *app.markdown])


#: An invalid value of each parameter; test_addresses has more for α.
BAD = {
    "alpha": "nan", "domain": "../../etc", "run": "no-such-run", "article": "<script>alert(1)</script>",
    "split": "train", "view": "x", "metric": "recall@7", "from": "x", "paper": "abc", "towers": "maybe",
}  # fmt: skip


@pytest.mark.parametrize("page", ALL)
def test_bad_values_in_the_address_fall_back(page, open_page, run):
    app = open_page(page, **BAD)
    assert not app.exception
    assert not app.error
    assert app.title
    assert app.sidebar.selectbox[0].value == "shapes"


@pytest.mark.parametrize("page", OF_A_RUN)
def test_a_damaged_sweep_is_a_sentence(page, open_page, run):
    (run.folder / "sweep.toml").write_text("selected = ", encoding="utf-8")
    app = open_page(page)
    assert not app.exception
    assert "cannot be read" in app.error[0].value


@pytest.mark.parametrize(("page", "articles"), WITH_IMAGES.items())
def test_a_warning_stands_in_for_each_image_that_is_gone_and_the_rest_is_shown(
    page, articles, open_page, run, domain, workspace, tmp_path
):
    before = open_page(page)
    assert before.get("image")
    toml = domain.folder / "domain.toml"
    toml.write_text(toml.read_text().replace(str(domain.images_root), str(tmp_path / "gone")))
    shutil.rmtree(workspace.cache)
    app = open_page(page)
    assert not app.exception
    assert not app.error
    assert not app.get("image")
    assert [warning.value for warning in app.warning].count(GONE) == articles
    for kind in ("title", "header", "subheader", "markdown", "text"):
        assert [each.value for each in app.get(kind)] == [each.value for each in before.get(kind)]


@pytest.mark.parametrize("page", ALL)
def test_a_damaged_run_is_a_sentence(page, open_page, run):
    (run.folder / "run.toml").write_text("name = ", encoding="utf-8")
    app = open_page(page)
    assert not app.exception
    assert "cannot be read" in app.error[0].value
