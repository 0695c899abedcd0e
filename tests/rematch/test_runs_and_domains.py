"""Workspaces, domains and runs: refused arguments, late imports and representations."""

import subprocess
import sys
from ast import literal_eval

import pytest

import rematch as rm


def test_importing_it_is_light():
    code = (
        "import sys; before = set(sys.modules); import rematch; "
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before})); "
        "rematch.Workspace().domains(); rematch.Run; print('torch' in sys.modules, 'plotly' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    light, heavy = shown.splitlines()
    assert not {"torch", "pandas", "plotly", "numpy", "streamlit"} & set(literal_eval(light))
    assert heavy == "False False"


def test_public_names_are_there():
    for name in rm.__all__:
        assert getattr(rm, name) is not None
    assert set(rm.__all__) == set(dir(rm))
    with pytest.raises(AttributeError, match="Wokspace"):
        rm.Wokspace  # noqa: B018


def test_a_workspace_is_where_the_environment_says(folder, monkeypatch):
    assert rm.Workspace().domains() == ["my-news"]
    monkeypatch.setenv("REMATCH_WORKSPACE", str(folder / "other"))
    assert rm.Workspace().domains() == []
    assert rm.Workspace("workspace").root == folder / "workspace"
    assert rm.Workspace("a", cache="b").cache == folder / "b"


def test_what_is_not_there_is_refused_with_what_there_is(namespace):
    with pytest.raises(rm.InputError, match="my-news"):
        namespace["ws"].domain("other")
    with pytest.raises(rm.InputError, match="first"):
        namespace["domain"].run("other")
    with pytest.raises(rm.InputError, match=r"headline.*title_en"):
        namespace["ws"].import_domain("articles.csv", name="b", columns={"headline": "title"})
    with pytest.raises(rm.InputError, match="exists"):
        namespace["ws"].import_domain("articles.csv", name="my-news")


@pytest.mark.parametrize(
    ("given", "keyword"),
    [
        ({"epoch": 3}, r"epoch'.*epochs"),
        ({"lr": 5}, "lr"),
        ({"name": "first"}, "first"),
        ({"name": "No Name"}, "No Name"),
        ({"encoder": "VitB:nothing"}, "VitB"),
    ],
)
def test_a_fine_tuning_that_cannot_work_leaves_nothing_behind(domain, given, keyword):
    with pytest.raises(rm.InputError, match=keyword):
        domain.fine_tune(**given)
    assert [run.name for run in domain.runs()] == ["first"]


def test_a_run_that_is_not_swept_says_so(domain):
    run = domain.fine_tune("second", tune="head", epochs=0)
    assert "not swept" in repr(run)
    for use in (run.curve, run.ranks, run.compare, lambda: run.best_alpha):
        with pytest.raises(rm.InputError, match="sweep"):
            use()


def test_odd_arguments_of_a_run_are_refused(run):
    for call, keyword in (
        (lambda: run.sweep(alphas=[2]), "2"),
        (lambda: run.sweep(criterion="mrr"), "criterion.*mrr@100"),
        (lambda: run.sweep(precision="fp16"), "precision"),
        (lambda: run.sweep(rerank="yes"), "rerank"),
        (lambda: run.ranks("tset"), "split.*val"),
        (lambda: run.ranks("test"), "test"),
        (lambda: run.compare("mrr"), "metric"),
        (lambda: run.compare(baseline="clip"), "baseline.*zero-shot"),
        (lambda: run.compare(split="test"), "test"),
    ):
        with pytest.raises(rm.InputError, match=keyword):
            call()


def test_the_model_is_loaded_once_for_each_sweep(run, monkeypatch):
    from core.experiment import loaded_run

    real, opened = loaded_run.open_run, []
    monkeypatch.setattr(loaded_run, "open_run", lambda *given: opened.append(1) or real(*given))
    for alpha in (0.0, 0.5):
        with run.at(alpha) as model:
            model.embed_texts(["a"])
    assert len(opened) == 1


def test_a_table_of_articles_may_be_changed(domain):
    domain.articles.drop(columns="title", inplace=True)
    assert "title" in domain.articles
