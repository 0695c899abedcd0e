"""The Match page on a real small run, with the worker's tasks done in this process."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.cli.main import main
from core.jobs import model_worker
from core.jobs.along_task import calibrate_search, prepare_search, search_along
from core.jobs.match_task import match_batch, match_headline
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run
from pages.match.download import sheet_of
from pages.match.view import Matched, MatchQuery
from pages.shared import worker
from pages.shared.session import AWAITED, PRESENTED_INDEX
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
    """Return the submitted searches with their arguments; run all tasks at once in this process."""
    calls: list[tuple[Any, ...]] = []

    def submit(task: Callable[..., Any], *arguments: Any) -> Future:
        if task not in (prepare_search, calibrate_search):
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


def data_of(page: AppTest) -> dict[str, Any]:
    """Return the data of the component."""
    [element] = page.get("bidi_component")
    data: dict[str, Any] = json.loads(element.proto.json)
    return data | json.loads(data["about"])


def found(page: AppTest) -> Any:
    return page.session_state[AWAITED.key]["match"].future.result()


def text_of(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.subheader, *page.markdown, *page.caption])


def test_a_domain_without_a_run_says_what_to_do_next(verb, shapes: Path) -> None:
    verb("import", shapes, "--domain", "shapes")
    page = open_page()
    assert "rematch train --domain shapes" in text_of(page)


def test_without_a_query_there_are_examples_that_can_be_clicked(run: Run, asked) -> None:
    page = open_page()
    assert not asked
    page.button(key="example_1").click().run()
    assert not page.exception
    assert page.text_input(key="headline").value.startswith("a ")
    assert page.query_params["headline"].startswith("a ")
    assert data_of(page)["shown"] == 5


def test_what_is_found_at_any_alpha_is_what_an_exact_search_finds(run: Run, made: Workspace, asked) -> None:
    page = open_page(headline="ein roter Kreis 🔴", alpha="0.25")
    [(along, *arguments), (exact, *_)] = asked
    assert (along, exact) == (search_along, match_headline)
    assert arguments[1:] == ["shapes", run.info.name, "headline", "ein roter Kreis 🔴", "none"]
    data = data_of(page)
    [model] = match_headline(made, "shapes", run.info.name, (0.25,), "ein roter Kreis 🔴", 5).models
    exact_order = data["exact"]
    assert (data["alpha"], exact_order["alpha"], data["is_exact"]) == (0.25, 0.25, False)
    scores = [exact_order["scores"][str(item)] for item in exact_order["order"]]
    assert scores == pytest.approx([one.score for one in model.found])
    assert data["of"] == "all 60 images of the domain"
    page.run()
    assert len(asked) == 2  # drawing again asks nothing


def test_a_picked_article_has_its_own_image_at_the_ranks_of_the_sweep(run: Run, asked) -> None:
    ranks = run.ranks()
    page = open_page(by="Article", article="55")
    along = found(page)
    for at in (0.0, 1.0):
        rank = ranks[(ranks["article_id"] == "55") & (ranks["alpha"] == at)]["rank"].item()
        assert along.own_ranks[along.alphas.index(at)] == rank
    data = data_of(page)
    assert [item["own"] for item in data["items"]].index(True) == along.own
    assert data["of"] == "the 12 images of val"


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
    page = open_page(headline="a red circle", **parameters)
    _, _, slug, name, by, _, rerank = asked[0]
    assert (slug, name, by, rerank) == ("shapes", run.info.name, "headline", "none")
    data = data_of(page)
    assert (data["alpha"], data["shown"]) == (pytest.approx(run.selected().alpha), 5)


def test_re_ranking_is_that_of_the_query(run: Run, made: Workspace, asked) -> None:
    page = open_page(headline="a red circle", rerank="csls", alpha="0.25")
    assert {call[-1] for call in asked} == {"csls"}
    answer = match_headline(made, "shapes", run.info.name, (data_of(page)["alpha"],), "a red circle", 5, "csls")
    scores = data_of(page)["exact"]["scores"]
    assert max(scores.values()) == pytest.approx(answer.models[0].found[0].score)
    page.selectbox(key="rerank").set_value("none").run()
    assert asked[-1][-1] == "none"


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
    assert data_of(page)["of"] == "all 60 articles of the domain"


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
    data = data_of(page)
    present = data["present"]
    assert (present["title"], present["index"], present["count"]) == ("a *red* circle", 0, 1)
    for jargon in ("α", "rank", "cosine", "WiSE", "shot"):
        assert jargon not in f"{present['title']} {data['sentence']}"
    assert "cannot be measured" in data["sentence"], "12 val articles are too few"


def test_a_presentation_goes_through_the_headlines_of_a_batch(run: Run, asked) -> None:
    page = open_page(by="Batch", places="3", present="true")
    page.text_area(key="match_batch").set_value("a red circle\na blue square").run()
    assert data_of(page)["present"]["title"] == "a red circle"
    assert "a blue square" in [call[5] for call in asked], "the next one is searched meanwhile"
    page.session_state[PRESENTED_INDEX.key] = 1
    page.run()
    assert not page.exception
    present = data_of(page)["present"]
    assert (present["title"], present["index"], present["count"]) == ("a blue square", 1, 2)


@pytest.mark.parametrize(
    ("headline", "noted"),
    [
        ("Der Hund lief gestern durch den Supermarkt in der Altstadt", "German"),
        ("The dog ran through the supermarket in the old town", None),
        ("Kreis", None),  # too short to be sure
    ],
)
def test_the_language_note_looks_at_the_headline(run: Run, headline: str, noted: str | None) -> None:
    page = open_page(headline=headline)
    notes = [caption.value for caption in page.caption if "seems to be in" in caption.value]
    assert len(notes) == (noted is not None)
    assert all(noted in note for note in notes)


def test_a_text_that_the_encoder_cuts_is_noted(run: Run) -> None:
    page = open_page(headline="red circle " * 40)
    [note] = [caption.value for caption in page.caption if "reads only the first" in caption.value]
    assert "80" in note


def test_a_headline_is_sent_as_it_is_written(run: Run) -> None:
    page = open_page(headline="![x](http://evil.example/x.png) <script>", present="true")
    assert data_of(page)["present"]["title"] == "![x](http://evil.example/x.png) <script>"


def test_the_sheet_names_its_source(run: Run, made: Workspace) -> None:
    page = open_page(headline="a red circle", alpha="0.5")
    domain = made.load_domain("shapes")
    answer = found(page).answer((0.0, 0.5, 1.0), 5)
    sheet = sheet_of(Matched(made, domain, run, MatchQuery("headline", "a red circle"), answer), "how sure it is")
    words = f"{sheet.subtitle} {sheet.footer}"
    for part in (
        domain.info.title,
        run.info.name,
        "60 images",
        f"{date.today():%Y-%m-%d}",
        "α = 0.5",
        "how sure it is",
    ):
        assert part in words


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
    next(button for button in page.button if button.label == "Try again").click().run()
    assert not page.exception
    assert not page.error
    assert data_of(page)["items"]


def test_while_it_is_computed_the_page_says_so(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_worker, "submit", lambda *_: Future())
    page = open_page(headline="a red circle")
    assert "model" in page.status[0].label


def test_a_photo_that_is_too_large_is_refused(run: Run, asked) -> None:
    page = open_page(by="Photo")
    page.get("file_uploader")[0].set_value(("bild.jpg", bytes(21 * 2**20), "image/jpeg")).run()
    assert "20 MB" in page.error[0].value
    assert page.get("file_uploader")[0].value is None
    assert not asked
