"""The question `headroom` on a small run: it encodes nothing, and its section shows every rule."""

import msgspec
import pytest

from core.analysis.headroom import BEST_OF_ALL, ONE_ALPHA
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.sweep import sweep_run
from core.findings.headroom import HEADROOM, HeadroomFound
from core.findings.question import RunContext, compute_or_load
from core.presentation.blocks import Grid


@pytest.fixture
def context(run, shapes_domain, workspace):
    sweep_run(open_run(run, shapes_domain, workspace, "cpu"), None, "recall@1")
    return RunContext(run, shapes_domain, workspace, "cpu")


def test_nothing_is_encoded_after_a_sweep(context, monkeypatch):
    context.loaded_run.precision  # noqa: B018 - opened here
    monkeypatch.setattr(LoadedRun, "embeddings", lambda *given: pytest.fail("it encodes"))
    record = HEADROOM.ask(context)
    assert record.splits["val"].n == 12


def test_the_record_is_read_back_and_the_section_shows_it(context):
    record = compute_or_load(HEADROOM, context)
    assert msgspec.json.decode(msgspec.json.encode(record), type=HeadroomFound) == record
    on = record.splits["val"]
    assert on.of(BEST_OF_ALL).value >= on.of(ONE_ALPHA).value
    section = HEADROOM.section(record, context)
    assert section.answer.startswith("On val, n = 12")
    rules, luck = [block.table for block in section.blocks if isinstance(block, Grid)]
    assert rules["α per article"].tolist() == [rule.name for rule in on.rules]
    assert rules["p (Holm)"].tolist().count("–") == len(on.rules) - len(on.usable)
    assert luck["gain over one α"].str.startswith(("+", "±")).all()
