"""Answers are cached, checked when read, and computed again when anything they depend on changes."""

import json
import os
from dataclasses import dataclass, replace

import msgspec
import pytest

from core.data.importers import import_domain
from core.errors import InputError
from core.findings import registry
from core.findings.question import Question, RunContext, check_swept, compute_or_load, load_cached, load_last_cached
from core.findings.registry import QUESTIONS
from core.presentation.blocks import Section
from core.storage.cache import is_whole
from tests.written_runs import save_uniform, write_run


@dataclass(frozen=True)
class Count:
    n: int


@pytest.fixture
def context(workspace, shapes):
    domain = import_domain(shapes, workspace.domain_folder("shapes"), language="en").domain
    return RunContext(write_run(workspace, domain), domain, workspace)


def _counting():
    times = []

    def ask(context):
        times.append(context.run.info.name)
        return Count(len(context.val.articles))

    shown = Section("count", "How many?", "", ())
    return Question("count", "How many?", Count, ask, lambda record, context: shown), times


def test_an_answer_is_computed_once_and_cached(context):
    question, times = _counting()
    assert load_cached(question, context) is None
    assert (
        compute_or_load(question, context)
        == compute_or_load(question, context)
        == load_cached(question, context)
        == Count(12)
    )
    assert len(times) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b'{"n": "many"}', b'{"m": 3}', b"[]"])
def test_a_damaged_or_mistyped_answer_is_computed_again(context, damage):
    question, times = _counting()
    compute_or_load(question, context)
    (file,) = (context.workspace.cache / "findings").iterdir()
    file.write_bytes(damage)
    assert compute_or_load(question, context) == Count(12)
    assert len(times) == 2


def test_another_sweep_or_version_is_computed_again(context):
    question, times = _counting()
    compute_or_load(question, context)
    compute_or_load(replace(question, version=2), context)
    toml = context.run.folder / "sweep.toml"
    toml.write_text(toml.read_text() + "\n# swept again\n")
    compute_or_load(question, RunContext(context.run, context.domain, context.workspace))
    assert len(times) == 3


@pytest.mark.parametrize(
    "question", [each for each in QUESTIONS if each.duration_hint is None], ids=lambda each: each.name
)
def test_quick_questions_are_answered_alike_twice_without_models(context, question):
    first = question.ask(context)
    again = question.ask(RunContext(context.run, context.domain, context.workspace))
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    assert msgspec.json.decode(msgspec.json.encode(first), type=question.result_type) == first
    json.dumps(msgspec.to_builtins(first), allow_nan=False)


def test_a_run_without_a_sweep_is_refused_with_the_command_to_run(context):
    (context.run.folder / "sweep.toml").unlink()
    with pytest.raises(InputError, match="rematch sweep --domain shapes"):
        check_swept(context.run)


def test_the_name_of_a_question_that_was_split_leads_to_what_it_became(verb):
    outcome = verb("analyse", "--domain", "any", "--questions", "difference,similar")
    assert outcome.status == 2
    assert all(name in outcome.err for name in ("similar", "near-duplicates", "hubs", "re-ranking"))
    assert set(registry.RENAMED["similar"]) <= set(registry.BY_NAME)


def test_an_answer_about_a_sweep_that_changes_meanwhile_is_not_cached(context):
    def ask(context: RunContext) -> Count:
        save_uniform(context.run, context.domain, 2)
        return Count(int(context.val.ranks.sum()))

    question = replace(_counting()[0], ask=ask)
    with pytest.raises(InputError, match="changed during"):
        compute_or_load(question, context)
    assert load_cached(question, context) is None
    again = RunContext(context.run, context.domain, context.workspace)
    assert compute_or_load(question, again) == Count(3 * 12 * 2)


def test_the_answer_found_last_counts_whatever_the_clock_says(context, workspace):
    part = ["a"]
    question = replace(
        _counting()[0], ask=lambda context: Count(ord(part[0])), cache_key_parts=lambda context: (part[0],)
    )
    for letter, year in (("a", 2031), ("b", 2019)):
        part[0] = letter
        compute_or_load(question, RunContext(context.run, context.domain, workspace))
        for file in (workspace.cache / "findings").iterdir():
            if is_whole(file) and load_cached(question, RunContext(context.run, context.domain, workspace)) is not None:
                os.utime(file, (year, year))
    part[0] = "c"
    assert load_last_cached(question, RunContext(context.run, context.domain, workspace)) == Count(ord("b"))
