"""The results page on what runs leave behind: no model is loaded here."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.analysis.selection import select_alpha
from core.analysis.sweep import Sweep
from core.data.domain import Domain
from core.data.importers import import_domain
from core.training.settings import default_settings
from core.workspace.places import Places
from core.workspace.runs import Run, RunInfo, SweepInfo, now, reserve_folder, save_run

PAGE = Path(__file__).parents[2] / "pages" / "results.py"


@pytest.fixture
def swept(places: Places, shapes: Path) -> tuple[Domain, Run]:
    """A domain with one run whose ranks get better with alpha up to 0.5, then worse."""
    domain = import_domain(shapes, places.domain_folder("shapes"), title="Shapes & Töne", language="en").domain
    ids = domain.subset("val")["article_id"].tolist()
    ranks = np.stack([np.arange(len(ids)) // better + 1 for better in (1, 6, 2)]).astype(np.int32)
    sweep = Sweep("val", (0.0, 0.5, 1.0), ids, ranks, ranks, np.zeros(3, dtype=bool))
    settings = default_settings("lite", "head")
    folder = reserve_folder(places, "shapes", "lite", "head")
    info = RunInfo("shapes", folder.name, now(), "lite", "title+text", False, "cpu", settings, "", "", "", {})
    run = Run(info, folder)
    run.save_sweep(sweep.curve(), sweep.table(), SweepInfo(select_alpha(sweep.curve()), {}, {}))
    save_run(run)
    return domain, run


def open_page(**parameters: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=30)
    for name, value in parameters.items():
        page.query_params[name] = value
    return page.run()


def test_an_empty_workspace_says_how_to_begin() -> None:
    page = open_page()
    assert not page.exception
    assert "python -m core import" in page.code[0].value


def test_a_domain_without_a_run_says_what_to_do_next(places: Places, shapes: Path) -> None:
    import_domain(shapes, places.domain_folder("shapes"))
    page = open_page()
    assert not page.exception
    assert "python -m core train --domain shapes" in page.code[0].value


def test_the_tiles_show_the_chosen_alpha_with_its_n_and_the_change(swept: tuple[Domain, Run]) -> None:
    page = open_page()
    assert not page.exception
    assert page.title[0].value == "Shapes & Töne"
    assert page.metric[0].label == "recall@1 at α = 0.5 (n = 12)"
    assert page.metric[0].value == "0.500"
    assert page.metric[0].delta == "+0.417 against zero-shot"


def test_the_table_is_the_command_lines(swept: tuple[Domain, Run]) -> None:
    rows = open_page().dataframe[0].value
    assert rows["run"].tolist() == ["zero-shot", "fine-tuning", "WiSE-FT"]
    np.testing.assert_allclose(rows["recall@1"], [1 / 12, 2 / 12, 6 / 12])


def test_published_numbers_stand_beside_when_asked_for(swept: tuple[Domain, Run]) -> None:
    rows = open_page(paper="rss").dataframe[0].value.set_index("run")
    assert rows.loc["published WiSE-FT", "mrr@100"] == 0.455


@pytest.mark.parametrize("parameters", [{"domain": "nowhere"}, {"run": "no-such-run"}, {"paper": "abc"}])
def test_bad_values_in_the_address_fall_back(swept: tuple[Domain, Run], parameters: dict[str, str]) -> None:
    page = open_page(**parameters)
    assert not page.exception
    assert page.metric[0].value == "0.500"


def test_a_picture_that_is_gone_is_said_and_the_rest_is_shown(swept: tuple[Domain, Run], tmp_path: Path) -> None:
    domain, _ = swept
    bad = tmp_path / "bad"
    bad.mkdir()
    Image.new("RGB", (9, 9)).save(bad / "1.png")
    toml = domain.folder / "domain.toml"
    toml.write_text(toml.read_text().replace(str(domain.images_root), str(bad)))
    page = open_page()
    assert not page.exception
    assert len(page.warning) == 6


def test_a_damaged_run_is_a_sentence_not_a_traceback(swept: tuple[Domain, Run]) -> None:
    _, run = swept
    (run.folder / "run.toml").write_text("name = ", encoding="utf-8")
    page = open_page()
    assert not page.exception
    assert "cannot be read" in page.error[0].value
