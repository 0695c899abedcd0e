"""The verb that asks why: `analyse` answers questions about a swept run and keeps the answers for pages and report."""

from typing import Annotated, Any

import msgspec
import typer
from tabulate import tabulate

from core.cli.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    RunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    choice,
    places_of,
)
from core.data.entities.store import RULES, forget_tagger, tag_domain
from core.encoders.choices import DEVICES
from core.findings.question import Asked, answered, check_swept
from core.findings.registry import BY_NAME, QUESTIONS
from core.findings.sections import section_of
from core.presentation.blocks import Chart, Grid, Section, Words
from core.workspace.folders import Places
from core.workspace.runs import find_run


def analyse(
    domain: DomainOption,
    run: RunOption = None,
    only: Annotated[
        str | None, typer.Option(help=f"Some questions, separated by commas: {', '.join(BY_NAME)}.")
    ] = None,
    tagger: Annotated[
        str | None,
        typer.Option(
            help="Find persons, places and organisations with this token-classification model (a folder, or a name "
            "on a hub) from now on; 'rules' goes back to the built-in rules."
        ),
    ] = None,
    device: DeviceOption = "auto",
    workspace: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Is the difference real, is alpha* right, who gains, and why: with intervals, kept for the app and the report."""
    be_quiet(as_json)
    names = [choice("--only", name.strip(), tuple(BY_NAME)) for name in only.split(",")] if only else list(BY_NAME)
    asked = asked_about(places_of(workspace, cache), domain, run, device)
    if tagger is not None:
        _use_tagger(tagger, asked)
    record: dict[str, Any] = {"domain": domain, "run": asked.run.info.name}
    texts = []
    for question in QUESTIONS:
        if question.name in names:
            one = answered(question, asked)
            record[question.name] = msgspec.to_builtins(one)
            texts.append(as_text(section_of(question, one, asked)))
    answer(as_json, record, "\n\n".join(texts))


def asked_about(places: Places, domain: str, run: str | None, device: str) -> Asked:
    """The run that is asked about. Raises InputError if there is none, or it is not swept."""
    found = find_run(places, domain, run)
    check_swept(found)
    return Asked(found, places.load_domain(domain), places, choice("--device", device, DEVICES))


def _use_tagger(name: str, asked: Asked) -> None:
    if name == RULES:
        forget_tagger(asked.domain)
    else:
        from core.data.entities.tagger import Tagger
        from core.encoders.loading import choose_device

        tag_domain(asked.domain, Tagger(name, choose_device(asked.device)))


def as_text(section: Section) -> str:
    """A section for a terminal: charts are left out, since their numbers are in the tables."""
    lines = [section.title, section.answer]
    for block in section.blocks:
        if isinstance(block, Words):
            lines += ["", block.text]
        elif isinstance(block, Grid):
            lines += ["", block.caption, _table(block)]
        else:
            assert isinstance(block, Chart)
    return "\n".join(lines)


def _table(grid: Grid) -> str:
    return tabulate(grid.table.to_numpy().tolist(), headers=list(grid.table.columns), disable_numparse=True)
