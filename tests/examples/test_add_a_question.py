"""Adding a question: one file with its record, its computation and its section, and one line in the registry."""

import json
from dataclasses import dataclass

import pytest

from core.cli.evaluation import analyse
from core.findings import registry
from core.findings.question import Question, RunContext
from core.presentation.blocks import Section, Words
from core.report import document
from core.report.markdown import as_markdown
from tests.written_runs import write_run


@dataclass(frozen=True)
class LongTitles:
    """n: articles of val; n_long: those of them whose title has more than three words."""

    n: int
    n_long: int


def compute(context: RunContext) -> LongTitles:
    titles = context.val.articles["title"]
    return LongTitles(len(titles), int((titles.str.split().str.len() > 3).sum()))


def present(record: LongTitles, context: RunContext) -> Section:
    return Section("long-titles", "How many titles are long?", f"{record.n_long} of {record.n}", (Words("val."),))


QUESTION = Question("long-titles", "How many titles are long?", LongTitles, compute, present)


@pytest.fixture
def registered(monkeypatch, workspace, shapes_domain):
    run = write_run(workspace, shapes_domain)
    for module in (registry, analyse, document):
        monkeypatch.setattr(module, "QUESTIONS", (*registry.QUESTIONS, QUESTION))
    monkeypatch.setitem(registry.BY_NAME, QUESTION.name, QUESTION)
    return RunContext(run, shapes_domain, workspace)


def test_the_command_line_answers_it(verb, registered):
    answers = verb("analyse", "--domain", "shapes", "--questions", "long-titles", "--json").record
    assert '"n_long": 0' in json.dumps(answers)


def test_the_report_has_its_section(registered):
    report = as_markdown(document.document(registered, ask_all=False, with_images=False))
    assert QUESTION.title in report
    assert "0 of 12" in report
