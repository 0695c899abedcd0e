"""Verbs about runs themselves: `runs` lists, compares, renames and deletes them; `export` hands one on."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from tabulate import tabulate

from core.cli.evaluation.sweep import alpha_of
from core.cli.options import (
    AlphaOption,
    CacheOption,
    DomainOption,
    JsonOption,
    RunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    plain,
    workspace_of,
)
from core.errors import InputError
from core.presentation.language_notes import language_mark
from core.presentation.run_tables import compared
from core.workspace.builds import was_built_wrongly
from core.workspace.folders import Workspace
from core.workspace.rename_and_delete import delete_run, rename_run
from core.workspace.runs import Run, find_run, load_runs

runs = typer.Typer(invoke_without_command=True, no_args_is_help=False)


@runs.callback()
def list_runs(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option("--domain", help="Only this domain's runs.")] = None,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """List domains and their runs, newest last; or compare, rename, delete them."""
    if context.invoked_subcommand is not None:
        return
    workspace = workspace_of(root, cache)
    slugs = [workspace.load_domain(domain).info.slug] if domain else workspace.domain_slugs()
    listed = [line for slug in slugs for line in _lines(workspace, slug)]
    empty = "no domains yet; make one with: rematch import SOURCE --domain SLUG, or rematch demo"
    answer(as_json, {"runs": listed}, tabulate(listed, headers="keys") if listed else empty)


def _lines(workspace: Workspace, slug: str) -> list[dict]:
    """A line per run; a domain without runs has one that says so."""
    domain = {"domain": slug, "articles": len(workspace.load_domain(slug).articles)}
    lines = [domain | _columns(run) for run in load_runs(workspace, slug)]
    return lines or [domain | {"run": "none yet"}]


def _columns(run: Run) -> dict:
    return {
        "run": run.info.name + language_mark(run),
        "encoder": run.info.encoder + " (built wrongly)" * was_built_wrongly(run.info),
        "tune": run.info.settings.tune,
        "alpha": run.selected().alpha if run.is_swept else None,
        "created": run.info.created_at[:16],
    }


@runs.command()
def compare(
    domain: DomainOption,
    names: Annotated[list[str] | None, typer.Argument(metavar="[RUN]...", help="All of them if not given.")] = None,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Runs of a domain beside each other: only the settings that differ, and what each reached on val."""
    workspace = workspace_of(root, cache)
    chosen = [find_run(workspace, domain, name) for name in names] if names else load_runs(workspace, domain)
    if not chosen:
        find_run(workspace, domain, None)  # says how to make one
    table = compared(chosen)
    shown = table.apply(lambda column: column.map(lambda value: _cell(value, ".3f" if "@" in column.name else ".4g")))
    text = tabulate(shown.to_dict("records"), headers="keys", disable_numparse=True)
    answer(as_json, {"domain": domain, "runs": plain(table)}, text)


def _cell(value: object, digits: str) -> str:
    if value is None or value != value:
        return "–"
    return format(value, digits) if isinstance(value, float) else str(value)


@runs.command()
def rename(
    domain: DomainOption,
    old: Annotated[str, typer.Argument(help="The run.")],
    new: Annotated[str, typer.Argument(help="Its new name: lower-case letters, digits and single hyphens.")],
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Call a run otherwise."""
    run = rename_run(workspace_of(root, cache), domain, old, new)
    answer(as_json, {"domain": domain, "run": run.info.name}, f"run '{old}' of {domain} is called '{new}' now.")


@runs.command()
def delete(
    domain: DomainOption,
    name: Annotated[str, typer.Argument(help="The run.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a run with its weights and all that was derived from it; asks first."""
    workspace = workspace_of(root, cache)
    run = find_run(workspace, domain, name)
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise InputError(f"nobody is there to be asked whether run '{name}' may be deleted; add --yes.")
        made = f"{run.info.encoder}, {run.info.settings.tune}, {run.info.created_at[:16]}"
        typer.confirm(f"Delete run '{name}' of {domain} ({made}) with its weights?", abort=True)
    delete_run(workspace, domain, name)
    answer(as_json, {"domain": domain, "deleted": name}, f"run '{name}' of {domain} is deleted.")


def export(
    domain: DomainOption,
    out: Annotated[Path, typer.Option("--output", help="The .safetensors file to write.")],
    run: RunOption = None,
    alpha: AlphaOption = "best",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write theta(alpha) as a checkpoint that open_clip loads without Rematch."""
    from core.experiment.export import export_run

    be_quiet(as_json)
    if out.suffix != ".safetensors":
        raise InputError(f"--output {out}: expected a name that ends in .safetensors.")
    workspace = workspace_of(root, cache)
    found = find_run(workspace, domain, run)
    value = alpha_of(alpha, found)
    made = export_run(found, value, out, workspace)
    record = {"domain": domain, "run": found.info.name, "alpha": value, "out": str(out), **asdict(made)}
    answer(
        as_json,
        record,
        f"run '{found.info.name}' of {domain} at alpha {value:g}, {made.parameters:,} numbers: {out}\n"
        f'load it with: open_clip.create_model_and_transforms("{made.architecture}", pretrained="{out}"{made.options})',
    )
