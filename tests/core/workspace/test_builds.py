"""Runs whose encoder was built wrongly, or differently from today, are refused wherever their numbers would appear."""

import tomllib
from dataclasses import replace

import pytest
import tomli_w

from core.data.query_text import Reading
from core.errors import InputError
from core.experiment.loaded_run import open_run
from core.experiment.sweep import sweep_run
from core.experiment.train import train_run
from core.training.settings import Settings
from core.workspace.builds import check_build, was_built_wrongly
from core.workspace.runs import Run, find_run


@pytest.fixture
def run(shapes_domain, workspace, tiny_name) -> Run:
    settings = Settings(tune="head", epochs=1, batch_size=16)
    made, _ = train_run(shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace)
    sweep_run(open_run(made, shapes_domain, workspace, "cpu", "fp32"), [0.0, 0.5, 1.0], "recall@1")
    return made


def rewrite(run: Run, **changes: object) -> None:
    file = run.folder / "run.toml"
    table = tomllib.loads(file.read_text()) | changes
    file.write_text(tomli_w.dumps({key: value for key, value in table.items() if value is not None}))


def test_a_run_of_an_earlier_version_with_a_wrong_activation_is_refused(run, verb, shapes_domain, workspace):
    rewrite(run, encoder="ViT-B-32:openai", built=None)
    old = find_run(workspace, "shapes", None)
    assert old.info.built is None
    assert was_built_wrongly(old.info)
    for read in (old.curve, old.ranks, lambda: open_run(old, shapes_domain, workspace, "cpu")):
        with pytest.raises(InputError, match=r"QuickGELU.*--encoder ViT-B-32:openai"):
            read()
    for words in (
        ("report",),
        ("sweep",),
        ("match", "--headline", "a red circle"),
        ("submit", "--split", "val", "--output", "x"),
    ):
        outcome = verb(*words, "--domain", "shapes")
        assert (outcome.status, "QuickGELU" in outcome.err) == (2, True), words
    listed = verb("runs", "--domain", "shapes")
    assert listed.status == 0
    assert "built wrongly" in listed.out
    assert verb("runs", "delete", old.info.name, "--domain", "shapes", "--yes").status == 0


def test_a_run_of_an_earlier_version_with_the_right_one_still_opens(run, shapes_domain, workspace):
    rewrite(run, built=None)
    old = find_run(workspace, "shapes", None)
    assert not was_built_wrongly(old.info)
    open_run(old, shapes_domain, workspace, "cpu")
    assert len(old.curve()) == 3


def test_a_run_whose_encoder_is_built_otherwise_now_is_refused(run, shapes_domain, workspace):
    assert run.info.built.startswith("GELU")
    rewrite(run, built=run.info.built.replace("GELU", "QuickGELU"))
    with pytest.raises(InputError, match=r"\[QuickGELU.*\[GELU"):
        open_run(find_run(workspace, "shapes", None), shapes_domain, workspace, "cpu")


@pytest.mark.parametrize(
    ("encoder", "wrong"),
    [
        ("ViT-B-32:openai", True),
        ("ViT-B-32:laion400m_e32", True),
        ("ViT-B-16-SigLIP:webli", True),
        ("ViT-B-32-quickgelu:openai", False),
        ("ViT-B-32:laion2b_s34b_b79k", False),
        ("roberta-ViT-B-32:laion2b_s12b_b32k", False),
        ("lite", False),
    ],
)
def test_which_names_were_built_wrongly(run, encoder, wrong):
    old = replace(run.info, encoder=encoder, built=None)
    assert was_built_wrongly(old) == wrong
    assert not was_built_wrongly(replace(old, built="QuickGELU, …"))
    if not wrong:
        check_build(old, "run 'x'")
