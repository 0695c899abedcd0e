"""The question `slices` on a swept run: its record is cached, changes with tags, and opens the articles of a slice."""

from collections.abc import Iterable

import msgspec
import numpy as np
import pytest

from core.data.domain import Domain
from core.data.entities.store import mentions_file
from core.experiment.loaded_run import LoadedRun
from core.experiment.sweep import sweep_run
from core.findings.question import RunContext, compute_or_load, load_cached, load_last_cached
from core.findings.slices import PAIRS, SLICES, SlicesFound, rows_in_slice
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from tests.tagged import tag_article
from tests.tiny_tagger import write_tagger


@pytest.fixture
def context(loaded_run: LoadedRun, run: Run, shapes_domain: Domain, workspace: Workspace) -> RunContext:
    """Return a swept run with six of the twelve val articles tagged as scenes, the only slice that is large enough."""
    sweep_run(loaded_run, [0.0, 0.5, 1.0], "recall@1")
    context = RunContext(run, shapes_domain, workspace, "cpu")
    _tag(context, "scene", range(6))
    return context


def _tag(context: RunContext, tag: str, rows: Iterable[int]) -> None:
    for row in rows:
        tag_article(context.workspace, "shapes", context.val.articles["article_id"].iloc[row], [tag], "")


def test_a_record_is_the_same_twice_and_comes_back_as_it_was(context: RunContext) -> None:
    found = SLICES.ask(context)
    written = msgspec.json.encode(found)

    assert written == msgspec.json.encode(SLICES.ask(context))
    assert msgspec.json.decode(written, type=SlicesFound) == found
    assert found.splits["val"].n == 12
    assert [one.name for one in found.splits["val"].slices] == ["tagged: scene"]
    assert {(one.before, one.after) for one in found.splits["val"].slices[0].effects} == set(PAIRS)


def test_a_slices_articles_are_found_by_name(context: RunContext) -> None:
    found = compute_or_load(SLICES, context)
    ids = context.val.articles["article_id"].tolist()
    for one in found.splits["val"].slices:
        rows = rows_in_slice(found, "val", one.name, ids)
        assert len(rows) == one.n
        assert tuple(np.array(ids)[rows]) == found.splits["val"].members[one.name]
    assert len(rows_in_slice(found, "val", "no such slice", ids)) == 0
    assert len(rows_in_slice(found, "test", found.splits["val"].slices[0].name, ids)) == 0


def test_another_tag_or_tagger_needs_a_new_answer_and_the_last_one_stays_available(context: RunContext) -> None:
    before = compute_or_load(SLICES, context)
    assert load_cached(SLICES, context) == before
    _tag(context, "place", range(6, 12))

    assert load_cached(SLICES, context) is None
    assert load_last_cached(SLICES, context) == before
    assert "tagged: place" not in before.splits["val"].members
    assert "tagged: place" in compute_or_load(SLICES, context).splits["val"].members
    mentions_file(context.domain).write_text("{}")
    assert load_cached(SLICES, context) is None


def test_the_section_names_significant_slices_and_greys_small_ones(context: RunContext) -> None:
    found = compute_or_load(SLICES, context)
    section = SLICES.section(found, context)
    grid = next(block for block in section.blocks if hasattr(block, "table"))

    assert "no slice is distinguishable" in section.answer
    assert "The paper's claim" in section.answer
    assert len(grid.table) == len(found.splits["val"].slices)
    assert grid.faint == frozenset(range(len(grid.table)))  # of 12 articles every slice is small


def test_a_tagger_is_used_until_the_rules_are_chosen_again(context: RunContext, verb, tmp_path) -> None:
    tagger = write_tagger(tmp_path / "tiny", ["O", "B-PER"])
    command = ("analyse", "--domain", "shapes", "--questions", "slices", "--json")

    assert verb(*command, "--tagger", tagger).record["slices"]["named_by"] == str(tagger)
    assert verb(*command).record["slices"]["named_by"] == str(tagger)
    assert verb(*command, "--tagger", "rules").record["slices"]["named_by"] == "rules"


def test_an_unavailable_tagger_is_status_2_and_changes_nothing(context: RunContext, verb) -> None:
    outcome = verb("analyse", "--domain", "shapes", "--questions", "slices", "--tagger", "nowhere/no-such-tagger")

    assert outcome.status == 2
    assert "could not be fetched" in outcome.err
    assert outcome.err.count("\n") == 1
    assert not mentions_file(context.domain).exists()
