"""The Match page on a real small run, with the worker's tasks done in this process."""

import shutil
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.cli.main import main
from core.data.images.decoding import ImageError
from core.jobs import model_worker
from core.jobs.match_task import Answer, match_article, match_batch, match_headline
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run
from pages.shared import images, worker
from pages.shared.session import AWAITED
from pages.shared.text import similarity
from tests.pages.conftest import open_at


@pytest.fixture(scope="module")
def made(shapes: Path, tiny_name: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a domain with one swept run, once; the tests only read it."""
    workspace = Workspace(tmp_path_factory.mktemp("match") / "workspace", tmp_path_factory.mktemp("match") / "cache")
    where = ["--workspace", str(workspace.root), "--cache", str(workspace.cache), "--json"]
    assert main(["import", str(shapes), "--domain", "shapes", "--language", "en", *where]) == 0
    assert main(["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "all", "--epochs", "1", *where]) == 0
    assert main(["sweep", "--domain", "shapes", *where]) == 0
    return workspace


@pytest.fixture
def run(made: Workspace, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("REMATCH_WORKSPACE", str(made.root))
    monkeypatch.setenv("REMATCH_CACHE", str(made.cache))
    return find_run(made, "shapes", None)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Return the submitted tasks with their arguments; run them at once in this process."""
    calls: list[tuple[Any, ...]] = []

    def submit(task: Callable[..., Any], *arguments: Any) -> Future:
        calls.append((task, *arguments))
        future: Future = Future()
        try:
            future.set_result(task(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    monkeypatch.setattr(model_worker, "submit", submit)
    worker._submitted.clear()
    return calls


def open_page(**parameters: str) -> AppTest:
    page = open_at("match", **parameters)
    assert not page.exception
    return page


def found(page: AppTest) -> Answer:
    return page.session_state[AWAITED.key]["match"].future.result()


def text_of(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.subheader, *page.markdown, *page.caption])


def test_a_domain_without_a_run_says_what_to_do_next(verb, shapes: Path) -> None:
    verb("import", shapes, "--domain", "shapes")
    page = open_page()
    assert "rematch train --domain shapes" in page.code[0].value


def test_without_a_query_there_are_examples_that_can_be_clicked(run: Run, asked) -> None:
    page = open_page()
    assert not asked
    page.button(key="example_1").click().run()
    assert not page.exception
    assert page.text_input(key="headline").value.startswith("a ")
    assert page.query_params["headline"].startswith("a ")
    assert text_of(page).count("similarity 0.") + text_of(page).count("similarity −0.") == 15


def test_three_models_stand_side_by_side_as_the_worker_found_them(run: Run, made: Workspace, asked) -> None:
    page = open_page(headline="ein roter Kreis 🔴", alpha="0.25")
    [(task, _, slug, name, alphas, headline, k, rerank)] = asked
    assert (task, slug, name, alphas, headline, k, rerank) == (
        match_headline, "shapes", run.info.name, (0.0, 0.25, 1.0), "ein roter Kreis 🔴", 5, "none"
    )  # fmt: skip
    answer = match_headline(made, "shapes", run.info.name, alphas, headline, 5)
    for name, model in zip(("zero-shot", "WiSE-FT", "fine-tuned"), answer.models, strict=True):
        for one in model.found:
            assert (
                f"**{one.place}** · {name.replace('-', chr(92) + '-')} · similarity {similarity(one.score)}"
                in text_of(page)
            )
    assert "all 60 images of the domain" in text_of(page)
    assert "α = 0\\.25" in text_of(page)
    page.run()
    assert len(asked) == 1  # drawing again asks nothing


def test_a_picked_article_shows_its_own_image_at_the_ranks_of_the_sweep(run: Run, asked) -> None:
    alpha = run.selected().alpha
    ranks = run.ranks()
    page = open_page(by="Article", article="55")
    assert asked[0][0] is match_article
    for at in (0.0, alpha, 1.0):
        rank = ranks[(ranks["article_id"] == "55") & (ranks["alpha"] == at)]["rank"].item()
        assert f"its own image at rank **{rank}**" in text_of(page)
    assert "the 12 images of val" in text_of(page)
    within = sum(one.own.place <= 5 for one in found(page).models)
    assert text_of(page).count(":material/check_circle: **its own image**") == within


def test_another_article_is_shared_with_the_other_pages_and_in_the_address(run: Run) -> None:
    page = open_page(by="Article", article="55")
    page.selectbox(key="match_article").set_value("50").run()
    assert not page.exception
    assert page.query_params["article"] == "50"
    assert page.session_state["article"] == "50"


@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha": "abc"},
        {"alpha": "7"},
        {"alpha": "nan"},
        {"places": "1000000"},
        {"by": "Smell"},
        {"domain": "nowhere"},
        {"run": "../../x"},
        {"rerank": "by magic"},
    ],
)
def test_bad_values_in_the_address_fall_back(run: Run, asked, parameters: dict[str, str]) -> None:
    open_page(headline="a red circle", **parameters)
    [(_, _, slug, name, alphas, _, k, rerank)] = asked
    assert (slug, name, alphas, k, rerank) == ("shapes", run.info.name, (0.0, run.selected().alpha, 1.0), 5, "none")


def test_re_ranking_is_named(run: Run, made: Workspace, asked) -> None:
    page = open_page(headline="a red circle", rerank="csls")
    assert asked[0][-1] == "csls"
    assert "re\\-ranked by csls" in text_of(page) or "re-ranked by csls" in text_of(page)
    [alpha] = {model.alpha for model in found(page).models[1:2]}
    answer = match_headline(made, "shapes", run.info.name, (alpha,), "a red circle", 5, "csls")
    assert f"similarity {similarity(answer.models[0].found[0].score)}" in text_of(page)
    page.selectbox(key="rerank").set_value("none").run()
    assert asked[-1][-1] == "none"
    assert "Similarity: cosine" in text_of(page)


def test_another_run_is_re_ranked_as_it_was_swept(
    run: Run, made: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(made.root, tmp_path / "workspace", dirs_exist_ok=True)
    monkeypatch.setenv("REMATCH_WORKSPACE", str(tmp_path / "workspace"))
    folder = tmp_path / "workspace" / "runs" / "shapes"
    shutil.copytree(folder / run.info.name, folder / "by-csls")
    toml = folder / "by-csls" / "sweep.toml"
    toml.write_text(toml.read_text().replace('method = "none"', 'method = "csls"'))
    page = open_page(run=run.info.name)
    assert page.selectbox(key="rerank").value == "none"
    page.radio(key="run").set_value("by-csls").run()
    assert not page.exception
    assert page.selectbox(key="rerank").value == "csls"
    assert "re-ranked by csls" in text_of(page)


def test_a_batch_shows_the_images_of_each_headline(run: Run, made: Workspace, asked) -> None:
    page = open_page(by="Batch", rerank="sinkhorn", places="3", alpha="0.25")
    assert not asked
    page.text_area(key="match_batch").set_value("a red circle\n\n  a *blue*  square \n").run()
    assert not page.exception
    [(task, _, slug, name, alphas, headlines, k, rerank)] = asked
    assert (task, alphas, headlines, k, rerank) == (
        match_batch, (0.25,), "a red circle\na *blue* square", 3, "sinkhorn"
    )  # fmt: skip
    answer = match_batch(made, slug, name, alphas, headlines, k, rerank)
    for model in answer.models:
        for one in model.found:
            assert f"**{one.place}** · similarity {similarity(one.score)}" in text_of(page)
    assert r"**2. a \*blue\* square**" in text_of(page)


def test_an_unknown_article_in_the_address_is_none_picked(run: Run, asked) -> None:
    page = open_page(by="Article", article="<b>no</b>")
    assert page.selectbox(key="match_article").value is None
    assert not asked


def test_a_photo_ranks_articles(run: Run, made: Workspace, asked) -> None:
    page = open_page(by="Photo")
    domain = made.load_domain("shapes")
    photo = (domain.images_root / domain.articles["image_file"].iloc[6]).read_bytes()
    page.get("file_uploader")[0].set_value(("kreis.png", photo, "image/png")).run()
    assert not page.exception
    assert asked[0][5] == photo
    assert "all 60 articles of the domain" in text_of(page)


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"%PDF-1.4", b"\xff\xd8\xff\xe0 no jpeg"])
def test_a_photo_that_is_no_image_is_a_sentence(run: Run, asked, data: bytes) -> None:
    page = open_page(by="Photo")
    page.get("file_uploader")[0].set_value(("bild.jpg", data, "image/jpeg")).run()
    assert not page.exception
    assert "cannot be used" in page.error[0].value
    assert not asked


def test_a_refused_photo_is_named_by_its_format_and_forgotten(run: Run, made: Workspace, asked) -> None:
    page = open_page(by="Photo")
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)
    page.get("file_uploader")[0].set_value(("bild.jpg", heic, "image/jpeg")).run()
    assert "HEIC" in page.error[0].value
    assert "JPEG" in page.error[0].value
    assert page.get("file_uploader")[0].value is None, "its name is gone from the field"
    domain = made.load_domain("shapes")
    photo = (domain.images_root / domain.articles["image_file"].iloc[6]).read_bytes()
    page.get("file_uploader")[0].set_value(("kreis.png", photo, "image/png")).run()
    assert not page.error
    assert asked[0][5] == photo


def test_the_presentation_is_without_jargon(run: Run) -> None:
    page = open_page(headline="a *red* circle", present="true")
    assert page.header[0].value == r"a \*red\* circle"
    assert [word for word in ("Best match", "Second", "Third") if word not in text_of(page)] == []
    for jargon in ("α", "rank", "similarity", "WiSE", "shot"):
        assert jargon not in text_of(page)
    assert not page.title


def test_a_headline_is_shown_as_it_is_written(run: Run) -> None:
    page = open_page(headline="![x](http://evil.example/x.png) <script>", present="true")
    assert page.header[0].value == "\\!\\[x\\]\\(http\\:\u2060//evil\\.example/x\\.png\\) \\<script\\>"


def test_a_worker_that_dies_is_reported_and_can_be_repeated(run: Run, asked, monkeypatch: pytest.MonkeyPatch) -> None:
    works = model_worker.submit

    def dies(*_: object) -> Future:
        future: Future = Future()
        future.set_exception(BrokenExecutor("killed"))
        return future

    monkeypatch.setattr(model_worker, "submit", dies)
    page = open_page(headline="a red circle")
    assert "has ended" in page.error[0].value
    monkeypatch.setattr(model_worker, "submit", works)
    page.button[0].click().run()
    assert not page.exception
    assert not page.error
    assert len(asked) == 1


def test_while_it_is_computed_the_page_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_worker, "submit", lambda *_: Future())
    page = open_page(headline="a red circle")
    assert "model" in page.status[0].label


def test_images_that_are_gone_do_not_stop_the_rest(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> bytes:
        raise ImageError("truncated")

    monkeypatch.setattr(images, "thumbnail", gone)
    images._small.cache_clear()
    page = open_page(headline="a red circle", places="3")
    assert [warning.value for warning in page.warning] == [images.GONE] * 9
    assert text_of(page).count("similarity 0.") + text_of(page).count("similarity −0.") == 9
