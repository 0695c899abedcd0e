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
    workspace_of,
)
from core.data.entities.store import RULES, forget_tagger, tag_domain
from core.encoders.choices import DeviceChoice
from core.findings.question import RunContext, check_swept, compute_or_load
from core.findings.registry import BY_NAME, QUESTIONS, RENAMED
from core.presentation.blocks import Chart, Grid, Section, Words
from core.workspace.folders import Workspace
from core.workspace.runs import find_run


def analyse(
    domain: DomainOption,
    run: RunOption = None,
    only: Annotated[
        str | None, typer.Option("--questions", help=f"Some questions, separated by commas: {', '.join(BY_NAME)}.")
    ] = None,
    tagger: Annotated[
        str | None,
        typer.Option(
            help="Find persons, places and organisations with this token-classification model (a folder, or a name "
            "on a hub) from now on; 'rules' goes back to the built-in rules."
        ),
    ] = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Is the difference real, is alpha* right, who gains, and why: with intervals, kept for the app and the report."""
    be_quiet(as_json)
    names = [_question_name(name.strip()) for name in only.split(",")] if only else list(BY_NAME)
    context = asked_about(workspace_of(root, cache), domain, run, device)
    if tagger is not None:
        _use_tagger(tagger, context)
    record: dict[str, Any] = {"domain": domain, "run": context.run.info.name}
    texts = []
    for question in QUESTIONS:
        if question.name in names:
            one = compute_or_load(question, context)
            record[question.name] = msgspec.to_builtins(one)
            texts.append(as_text(question.section(one, context)))
    answer(as_json, record, "\n\n".join(texts))


def _question_name(name: str) -> str:
    """Return `name` if it is a question's. Raises BadParameter that lists those there are, or what it became."""
    if name in RENAMED:
        raise typer.BadParameter(f"--questions {name}: is now several questions; ask {', '.join(RENAMED[name])}.")
    if name not in BY_NAME:
        raise typer.BadParameter(f"--questions {name}: expected some of {', '.join(BY_NAME)}.")
    return name


def asked_about(workspace: Workspace, domain: str, run: str | None, device: DeviceChoice) -> RunContext:
    """The run that is asked about. Raises InputError if there is none, or it is not swept."""
    found = find_run(workspace, domain, run)
    check_swept(found)
    return RunContext(found, workspace.load_domain(domain), workspace, device)


def _use_tagger(name: str, context: RunContext) -> None:
    if name == RULES:
        forget_tagger(context.domain)
    else:
        from core.data.entities.tagger import Tagger
        from core.encoders.loading import choose_device

        tag_domain(context.domain, Tagger(name, choose_device(context.device)))


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
