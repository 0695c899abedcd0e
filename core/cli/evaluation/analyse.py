"""The command `analyse`: answer questions about a swept run and store the findings for the app and the report."""

import time
from typing import Annotated, Any

import msgspec
import typer
from tabulate import tabulate

from core.cli.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    SweptRunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    workspace_of,
)
from core.data.entities.store import RULES, forget_tagger, tag_domain
from core.encoders.choices import DeviceChoice
from core.findings.durations import save_seconds
from core.findings.question import Question, RunContext, check_swept, compute_or_load, load_cached
from core.findings.registry import BY_NAME, QUESTIONS, RENAMED
from core.presentation.blocks import Chart, Grid, Section, Words
from core.workspace.folders import Workspace
from core.workspace.runs import find_run


def analyse(
    domain: DomainOption,
    run: SweptRunOption = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--questions",
            metavar="NAMES",
            help=f"Answer only these questions, separated by commas. Default: all, {', '.join(BY_NAME)}.",
        ),
    ] = None,
    tagger: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="From now on, find persons, places and organisations with this token-classification model: a folder, "
            "or a name on the model hub. rules returns to the built-in rules.",
        ),
    ] = None,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer questions about a run. They ask if a difference is real, if alpha* is well chosen and who gains."""
    be_quiet(as_json)
    names = [_question_name(name.strip()) for name in only.split(",")] if only else list(BY_NAME)
    context = run_context(workspace_of(root, cache), domain, run, device)
    if tagger is not None:
        _use_tagger(tagger, context)
    record: dict[str, Any] = {"domain": domain, "run": context.run.info.name}
    texts = []
    for question in QUESTIONS:
        if question.name in names:
            finding = _answer(question, context)
            record[question.name] = msgspec.to_builtins(finding)
            texts.append(as_text(question.section(finding, context)))
    answer(as_json, record, "\n\n".join(texts))


def _answer(question: Question[Any], context: RunContext) -> Any:
    """Return the answer, and store how long it took if it was slow, for the estimate on the Findings page."""
    if question.duration_hint is None or load_cached(question, context) is not None:
        return compute_or_load(question, context)
    start = time.monotonic()
    found = compute_or_load(question, context)
    save_seconds(question, context, time.monotonic() - start)
    return found


def _question_name(name: str) -> str:
    """Return `name` if it is a question. Raises BadParameter that lists the questions, or the new names of this one."""
    if name in RENAMED:
        raise typer.BadParameter(f"--questions {name}: this question is now several: {', '.join(RENAMED[name])}.")
    if name not in BY_NAME:
        raise typer.BadParameter(f"--questions {name}: expected some of {', '.join(BY_NAME)}.")
    return name


def run_context(workspace: Workspace, domain: str, run: str | None, device: DeviceChoice) -> RunContext:
    """Return the run called `run`, or the newest swept one, with its domain. Raises InputError if it is not swept."""
    found = find_run(workspace, domain, run, prefer_swept=True)
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
    """Return a section as text for a terminal, without charts, whose numbers are in the tables."""
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
