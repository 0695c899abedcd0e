"""The commands `runs`, which lists, compares, renames, archives and deletes runs, and `export`: a checkpoint."""

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
    SweptRunOption,
    WorkspaceOption,
    answer,
    be_quiet,
    plain,
    workspace_of,
)
from core.encoders.name_checks import check_open_clip_loads
from core.errors import InputError
from core.presentation.language_notes import language_mark
from core.presentation.run_tables import NOTE, compared
from core.workspace.builds import was_built_wrongly
from core.workspace.folders import Workspace
from core.workspace.rename_and_delete import archive_run, delete_run, rename_run, restore_run
from core.workspace.runs import Run, active_runs, find_run, load_runs

runs = typer.Typer(invoke_without_command=True, no_args_is_help=False)


@runs.callback()
def list_runs(
    context: typer.Context,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="SLUG", help="List only the runs of this domain.")
    ] = None,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """List domains and their runs, newest last. The commands below compare, rename, archive and delete runs."""
    if context.invoked_subcommand is not None:
        return
    workspace = workspace_of(root, cache)
    slugs = [workspace.load_domain(domain).info.slug] if domain else workspace.domain_slugs()
    listed = [line for slug in slugs for line in _lines(workspace, slug)]
    empty = "no domains yet. Create one with: rematch import SOURCE --domain SLUG, or rematch demo"
    answer(as_json, {"runs": listed}, tabulate(listed, headers="keys") if listed else empty)


def _lines(workspace: Workspace, slug: str) -> list[dict]:
    """Return a row for each run of the domain, or one row `none yet`."""
    domain = {"domain": slug, "articles": len(workspace.load_domain(slug).articles)}
    lines = [domain | _columns(run) for run in load_runs(workspace, slug)]
    return lines or [domain | {"run": "none yet"}]


def _columns(run: Run) -> dict:
    return {
        "run": run.info.name + language_mark(run) + " (archived)" * run.is_archived,
        "encoder": run.info.encoder + " (built wrongly)" * was_built_wrongly(run.info),
        "tune": run.info.settings.tune,
        "alpha": run.selected().alpha if run.is_swept else None,
        "created": run.info.created_at[:16],
    }


@runs.command()
def compare(
    domain: DomainOption,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Compare these runs. Default: all runs of the domain.")
    ] = None,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs of a domain. Shows the settings that differ and the val metrics."""
    workspace = workspace_of(root, cache)
    chosen = [find_run(workspace, domain, name) for name in names] if names else active_runs(workspace, domain)
    if not chosen:
        find_run(workspace, domain, None)  # raises the error that tells how to create a run
    table = compared(chosen)
    cells = table.apply(lambda column: column.map(lambda value: _cell(value, ".3f" if "@" in column.name else ".4g")))
    text = tabulate(cells.to_dict("records"), headers="keys", disable_numparse=True)
    answer(as_json, {"domain": domain, "runs": plain(table), "note": NOTE}, f"{text}\n\n{NOTE}")


def _cell(value: object, digits: str) -> str:
    if value is None or value != value:
        return "–"
    return format(value, digits) if isinstance(value, float) else str(value)


@runs.command()
def rename(
    domain: DomainOption,
    old: Annotated[str, typer.Argument(metavar="RUN", help="Rename this run.")],
    new: Annotated[
        str, typer.Argument(metavar="NAME", help="Give it this name: lower-case letters, digits and single hyphens.")
    ],
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rename a run."""
    run = rename_run(workspace_of(root, cache), domain, old, new)
    answer(as_json, {"domain": domain, "run": run.info.name}, f"run '{old}' of {domain} renamed to '{new}'.")


@runs.command()
def archive(
    domain: DomainOption,
    name: Annotated[str, typer.Argument(metavar="RUN", help="Hide this run.")],
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hide a run from the app and from defaults. Its files stay; `runs restore` shows it again."""
    archive_run(workspace_of(root, cache), domain, name)
    restore = f"rematch runs restore --domain {domain} {name}"
    answer(as_json, {"domain": domain, "archived": name}, f"run '{name}' of {domain} archived; undo: {restore}")


@runs.command()
def restore(
    domain: DomainOption,
    name: Annotated[str, typer.Argument(metavar="RUN", help="Show this archived run again.")],
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an archived run again."""
    restore_run(workspace_of(root, cache), domain, name)
    answer(as_json, {"domain": domain, "restored": name}, f"run '{name}' of {domain} restored.")


@runs.command()
def delete(
    domain: DomainOption,
    name: Annotated[str, typer.Argument(metavar="RUN", help="Delete this run.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking for confirmation.")] = False,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a run and its weights. Asks for confirmation first. The sweep of the run is deleted, too."""
    workspace = workspace_of(root, cache)
    run = find_run(workspace, domain, name)
    if not yes:
        if as_json or not sys.stdin.isatty():
            raise InputError(
                f"refusing to delete run '{name}' without confirmation. Add --yes in scripts and with --json."
            )
        details = f"{run.info.encoder}, {run.info.settings.tune}, {run.info.created_at[:16]}"
        typer.confirm(f"Delete run '{name}' of {domain} ({details}) and its weights?", abort=True)
    delete_run(workspace, domain, name)
    answer(as_json, {"domain": domain, "deleted": name}, f"run '{name}' of {domain} deleted.")


def export(
    domain: DomainOption,
    out: Annotated[
        Path, typer.Option("--output", metavar="FILE", help="Write this file, whose name ends in .safetensors.")
    ],
    run: SweptRunOption = None,
    alpha: AlphaOption = "best",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the weights at alpha for open_clip. The checkpoint can be loaded without Rematch."""
    be_quiet(as_json)
    if out.suffix != ".safetensors":
        raise InputError(f"--output {out}: the name must end in .safetensors.")
    workspace = workspace_of(root, cache)
    found = find_run(workspace, domain, run, prefer_swept=True)
    check_open_clip_loads(found.info.encoder)
    value = alpha_of(alpha, found)
    from core.experiment.export import export_run

    made = export_run(found, value, out, workspace)
    record = {"domain": domain, "run": found.info.name, "alpha": value, "out": str(out), **asdict(made)}
    answer(
        as_json,
        record,
        f"run '{found.info.name}' of {domain} at alpha {value:g}, {made.parameters:,} parameters: {out}\n"
        f'load it with: open_clip.create_model_and_transforms("{made.architecture}", pretrained="{out}"{made.options})',
    )
