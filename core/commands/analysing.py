"""The verb that asks why: `analyse` answers questions about a swept run and keeps the answers for pages and report."""

from typing import Annotated, Any

import msgspec
import typer
from tabulate import tabulate

from core.commands.options import (
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
from core.encoders.names import DEVICES
from core.report.section import Chart, Grid, Section, Words
from core.report.sections import section_of
from core.workspace.findings import Asked, answered, check_swept
from core.workspace.places import Places
from core.workspace.questions import BY_NAME, QUESTIONS
from core.workspace.runs import find_run


def analyse(
    domain: DomainOption,
    run: RunOption = None,
    only: Annotated[
        str | None, typer.Option(help=f"Some questions, separated by commas: {', '.join(BY_NAME)}.")
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
