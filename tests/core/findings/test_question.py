"""What was found out is kept, read back checked, and worked out again when anything it depends on changes."""

import json
from dataclasses import dataclass, replace

import msgspec
import pytest

from core.data.importers import import_domain
from core.errors import InputError
from core.findings.question import Asked, Question, answered, check_swept, kept
from core.findings.registry import QUESTIONS
from tests.pages.conftest import write_run


@dataclass(frozen=True)
class Count:
    n: int


@pytest.fixture
def asked(places, shapes):
    domain = import_domain(shapes, places.domain_folder("shapes"), language="en").domain
    return Asked(write_run(places, domain), domain, places)


def _counting():
    times = []

    def ask(asked):
        times.append(asked.run.info.name)
        return Count(len(asked.val.articles))

    return Question("count", "How many?", Count, ask), times


def test_an_answer_is_worked_out_once_and_kept(asked):
    question, times = _counting()
    assert kept(question, asked) is None
    assert answered(question, asked) == answered(question, asked) == kept(question, asked) == Count(12)
    assert len(times) == 1


@pytest.mark.parametrize("damage", [b"", b"{", b'{"n": "many"}', b'{"m": 3}', b"[]"])
def test_what_is_damaged_or_of_another_shape_is_worked_out_again(asked, damage):
    question, times = _counting()
    answered(question, asked)
    (file,) = (asked.places.cache / "findings").iterdir()
    file.write_bytes(damage)
    assert answered(question, asked) == Count(12)
    assert len(times) == 2


def test_another_sweep_table_or_version_is_asked_anew(asked):
    question, times = _counting()
    answered(question, asked)
    answered(replace(question, version=2), asked)
    toml = asked.run.folder / "sweep.toml"
    toml.write_text(toml.read_text() + "\n# swept again\n")
    answered(question, Asked(asked.run, asked.domain, asked.places))
    assert len(times) == 3


@pytest.mark.parametrize("question", [each for each in QUESTIONS if each.takes is None], ids=lambda each: each.name)
def test_quick_questions_are_answered_alike_twice_without_models(asked, question):
    first = question.ask(asked)
    again = question.ask(Asked(asked.run, asked.domain, asked.places))
    assert msgspec.json.encode(first) == msgspec.json.encode(again)
    assert msgspec.json.decode(msgspec.json.encode(first), type=question.record) == first
    json.dumps(msgspec.to_builtins(first), allow_nan=False)


def test_a_run_without_a_sweep_is_refused_with_the_way_out(asked):
    (asked.run.folder / "sweep.toml").unlink()
    with pytest.raises(InputError, match="python -m core sweep --domain shapes"):
        check_swept(asked.run)
