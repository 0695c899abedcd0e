"""Generate `cli.md`, the reference of the command line, from the commands themselves when mkdocs builds the site."""

from typing import Any

import typer
from typer.cli import get_docs_for_click

from core.cli.main import VERBS, command_line

_INTRODUCTION = """# Command line

This page is generated from the code. Every command takes `--help`. Exit status: 0 for success, 2 for wrong arguments or
input, 1 for any other failure.

"""


def cli_reference() -> str:
    """Return the Markdown of all commands, in the order of `rematch --help`."""
    return _INTRODUCTION + "\n".join(_section(verb) for verb in VERBS)


def _section(verb: str) -> str:
    group = typer.main.get_command(command_line([verb]))
    command = group.commands[verb]  # type: ignore[attr-defined]
    return get_docs_for_click(obj=command, ctx=typer.Context(command, info_name=verb), indent=1, call_prefix="rematch")


def on_files(files: Any, config: Any) -> Any:
    """Add the page to the site (an event of mkdocs)."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "cli.md", content=cli_reference()))
    return files
