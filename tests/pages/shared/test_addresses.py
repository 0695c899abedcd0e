"""Hostile URLs and form values: a page stays in the workspace and shows something."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from threading import Barrier, Lock

import pytest
import streamlit as st

from core.errors import InputError
from core.workspace.folders import Workspace
from core.workspace.runs import find_run
from pages.shared.paths import check_typed_encoder, looks_like_a_path, typed_path
from tests.pages.conftest import chart_and_cards
from tests.written_runs import write_run

ALL = ("overview", "alpha", "curves", "changes", "findings", "match", "train", "data")
#: Names that lead out of a folder, and other invalid names. All must be refused.
WAYS_OUT = (
    "../outside", "..", ".", "", "/etc", "//host/share", "\\\\host\\share", "..\\outside", "%2e%2e/outside",
    "%2e%2e%2foutside",
    "shapes/../../outside", "shapes\0", "shapes#x", "shapes?x", "shapes/", "SHAPES", " shapes", "\u0455hapes",
    "shapes\u200b", "\uff0e\uff0e/outside",
    "s" * 5000, "file:///etc", "~", "$HOME",
)  # fmt: skip


@pytest.fixture
def outside(workspace: Workspace, domain) -> Path:
    """Write a domain next to the workspace, which no name may reach."""
    there = workspace.root.parent / "outside"
    there.mkdir()
    for file in domain.folder.glob("*.*"):
        (there / file.name).write_bytes(file.read_bytes().replace(b"Shapes", b"Betray"))
    return there


@pytest.mark.parametrize(("way", "page"), zip(WAYS_OUT[:10] + WAYS_OUT[14:], cycle(ALL), strict=False), ids=repr)
def test_no_name_in_the_address_leads_out(way, page, open_page, run, outside):
    names = ("domain", "run", "article", "other", "compare", "question", "part", "slice", "tagged", "encoder")
    app = open_page(page, **dict.fromkeys(names, way.replace("\0", "%00")))
    assert not app.exception
    assert not app.error
    assert app.sidebar.selectbox[0].value == "shapes"
    assert not any("Betray" in str(each.value) for each in [*app.header, *app.subheader, *app.caption, *app.markdown])


@pytest.mark.parametrize("way", WAYS_OUT, ids=repr)
def test_no_name_leads_out_of_the_workspace(way, workspace, run, outside):
    with pytest.raises(InputError):
        workspace.domain_folder(way)
    with pytest.raises(InputError):
        find_run(workspace, "shapes", way)


@pytest.mark.parametrize("alpha", ["abc", "7", "NaN", "1e400", "-1", "0x1", "0,5", "", "1" * 5000])
def test_an_alpha_that_is_none_is_the_runs_own(alpha, open_page, run):
    assert open_page("changes", alpha=alpha).number_input(key="alpha").value == run.selected().alpha


def test_minus_zero_is_zero_shot(open_page, run):
    assert open_page("changes", alpha="-0").number_input(key="alpha").value == 0.0


@pytest.fixture
def answers_others(monkeypatch):
    """Bind the app to every address of its machine."""
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else None)


def test_on_ones_own_machine_any_path_may_be_typed(tmp_path):
    assert typed_path(f' "{tmp_path}/a table.csv" ') == f"{tmp_path}/a table.csv"
    assert typed_path("  ") == ""


def test_an_app_for_other_machines_stays_in_the_workspace(workspace, answers_others, outside):
    inside = workspace.root / "incoming"
    inside.mkdir(parents=True)
    assert typed_path(str(inside / "a.csv")) == str(inside / "a.csv")
    (inside / "link").symlink_to(outside)
    for way in ("/etc/passwd", "~/x", str(inside / ".." / ".." / "outside"), str(inside / "link" / "a.csv"), "a.csv"):
        with pytest.raises(InputError, match="outside the workspace"):
            typed_path(way)


@pytest.mark.parametrize("way", ["a\0b", "~nobody-of-that-name/x"])
def test_an_invalid_path_is_reported(way):
    with pytest.raises(InputError, match="not a path"):
        typed_path(way)


def test_an_encoder_is_named_by_a_model_or_a_file_one_may_name(answers_others, workspace):
    for name in ("lite", "ViT-B-32:openai", "hf-hub:laion/CLIP-ViT-B-32"):
        check_typed_encoder(name)
    for name in ("ViT-B-32:/etc/passwd", "local-dir:relative/../../x", "ViT-B-32:~/weights.pt", "ViT-B-32:../x.pt"):
        with pytest.raises(InputError, match="outside the workspace"):
            check_typed_encoder(name)
    assert not looks_like_a_path("Helsinki-NLP/opus-mt-de-en")


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd\0", "~nobody-of-that-name", "x" * 5000])
def test_the_import_form_says_what_it_cannot_read(path, open_page, run, outside):
    app = open_page("data", part="Import")
    app.text_input(key="import_path").set_value(path)
    app.text_input(key="import_slug").set_value("betrayed")
    app = next(each for each in app.button if each.label == "Import").click().run()
    assert not app.exception
    assert app.error


def test_two_sessions_at_different_alphas_see_their_own_numbers(open_page, run):
    """Sessions run in threads that take turns, because AppTest has one server for the whole process."""
    alphas, turn, rounds = ("0", "0.5", "1"), Barrier(3), Lock()

    def session(alpha: str) -> list[dict[str, int]]:
        with rounds:
            app = open_page("changes", alpha=alpha, **{"from": "zero-shot"})
        seen = [_moved_counts(app)]
        for _ in range(2):
            turn.wait()
            with rounds:
                seen.append(_moved_counts(app.run()))
        return seen

    with ThreadPoolExecutor(max_workers=3) as pool:
        seen = list(pool.map(session, alphas))
    alone = [_moved_counts(open_page("changes", alpha=alpha, **{"from": "zero-shot"})) for alpha in alphas]
    assert seen == [[counts] * 3 for counts in alone]
    assert len(set(map(str, alone))) > 1


def _moved_counts(app) -> dict[str, int]:
    assert not app.exception
    chart, _ = chart_and_cards(app)
    return {look["name"]: look["count"] for look in chart["looks"]}


@pytest.mark.parametrize("page", ["alpha", "curves", "match"])
@pytest.mark.parametrize("missing", [{"run": "gone-1"}, {"domain": "gone"}, {"domain": "gone", "run": "gone-1"}])
def test_a_link_to_what_is_gone_is_reported(page, missing, open_page, run):
    app = open_page(page, **missing)
    [warning] = [each.value.replace("\\", "") for each in app.warning if "not found" in each.value]
    assert next(iter(missing.values())) in warning
    assert (run.info.name if "domain" not in missing else "shapes") in warning


def test_a_link_to_what_is_there_says_nothing_of_it(open_page, run):
    app = open_page("alpha", domain="shapes", run=run.info.name)
    assert not any("not found" in each.value for each in app.warning)


def test_choosing_another_domain_is_no_link_to_what_is_gone(open_page, run, workspace):
    file = workspace.domain_folder("shapes")
    shutil.copytree(file, file.with_name("other"))
    toml = file.with_name("other") / "domain.toml"
    toml.write_text(toml.read_text().replace('slug = "shapes"', 'slug = "other"'))
    app = open_page("overview", domain="shapes", run=run.info.name)
    app.sidebar.selectbox[0].set_value("other").run()
    assert not app.exception
    assert not any("not found" in each.value for each in app.warning)


def test_a_run_that_goes_while_a_page_shows_it_is_reported(open_page, run, workspace, tmp_path):
    app = open_page("alpha", domain="shapes", run=run.info.name)
    shutil.copytree(run.folder, run.folder.with_name("renamed-1"))
    shutil.rmtree(run.folder)
    app.run()
    [warning] = [each.value.replace("\\", "") for each in app.warning if "not found" in each.value]
    assert run.info.name in warning
    assert "renamed-1" in warning
    app.button(key="close_missing").click().run()
    assert not any("not found" in each.value for each in app.warning)


def address(app) -> dict[str, str]:
    return {key: app.query_params[key] for key in ("domain", "run") if key in app.query_params}


def test_the_address_names_domain_and_run_though_they_are_the_first(open_page, run, workspace, domain):
    app = open_page("alpha")
    link = address(app)
    assert link == {"domain": "shapes", "run": run.info.name}
    newer = write_run(workspace, domain)
    assert address(open_page("curves")) == {"domain": "shapes", "run": newer.info.name}
    app = open_page("curves", **link)
    assert address(app) == link
    assert app.sidebar.radio(key="run").value == run.info.name


@pytest.mark.parametrize("gone", [{"run": "gone-1"}, {"domain": "gone", "run": "gone-1"}])
def test_what_is_shown_in_place_of_what_is_gone_is_in_the_address(gone, open_page, run):
    assert address(open_page("alpha", **gone)) == {"domain": "shapes", "run": run.info.name}


def test_a_link_on_a_page_names_another_run_than_the_page(open_page, run, workspace, domain):
    """Streamlit puts what a link names after what the page's own pickers have written."""
    newer = write_run(workspace, domain)
    app = open_page("alpha", domain="shapes", run=newer.info.name)
    app.query_params["run"] = [newer.info.name, run.info.name]
    app.run()
    assert app.sidebar.radio(key="run").value == run.info.name
    assert address(app)["run"] == run.info.name


def test_another_domain_is_chosen_with_its_newest_run(open_page, run, workspace, domain):
    older, newest = run, write_run(workspace, domain)
    folder = workspace.domain_folder("shapes").with_name("other")
    shutil.copytree(workspace.domain_folder("shapes"), folder)
    toml = folder / "domain.toml"
    toml.write_text(toml.read_text().replace('slug = "shapes"', 'slug = "other"'))
    app = open_page("curves", domain="other")
    app.sidebar.selectbox[0].set_value("shapes").run()
    assert not app.exception
    assert app.sidebar.radio(key="run").value == newest.info.name
    app.sidebar.radio(key="run").set_value(older.info.name).run()
    app.sidebar.selectbox[0].set_value("other").run()
    assert not app.exception
    assert not app.sidebar.radio, "it has no run"


def test_alpha_once_moved_goes_along_to_other_pages_and_addresses(open_page, run):
    app = open_page("changes")
    assert "alpha" not in app.query_params
    app.number_input(key="alpha").set_value(0.25).run()
    app.switch_page("pages/match/page.py").run()
    assert app.query_params["alpha"] == "0.25"
    app.switch_page("pages/changes/page.py").run()
    assert app.number_input(key="alpha").value == 0.25


def test_another_run_begins_at_its_own_alpha(open_page, run, workspace, domain):
    newer = write_run(workspace, domain)
    app = open_page("changes", run=newer.info.name, alpha="0.25")
    assert app.number_input(key="alpha").value == 0.25
    app.sidebar.radio(key="run").set_value(run.info.name).run()
    assert app.number_input(key="alpha").value == run.selected().alpha
