"""mkdocs hook: generate `cli.md`, the reference of the command line, from the code of the commands."""

from typing import Any

import typer
from typer.cli import get_docs_for_click

from core.cli.main import VERBS, command_line
from core.training.settings import all_settings

_INTRODUCTION = """# Command line

Rematch generates this page from its code; `rematch COMMAND --help` prints the same text. `--option <type>` and
`--option NAME` take a value, `[default: …]` and `Default: …` name the value without the option, and `[required]` marks
what you must give. The [glossary](glossary.md) explains terms such as *domain*, *run*, *sweep* and *alpha*.

Exit status: 0 for success, 2 for wrong arguments or input, 1 for any other failure. An error is one line on stderr.

"""


def cli_reference() -> str:
    """Return the reference of all commands as Markdown, in the order of `rematch --help`."""
    return _INTRODUCTION + "\n".join(_section(verb) for verb in VERBS)


def _section(verb: str) -> str:
    group = typer.main.get_command(command_line([verb]))
    command = group.commands[verb]  # type: ignore[attr-defined]
    context = typer.Context(command, info_name=verb)
    text = get_docs_for_click(obj=command, ctx=context, indent=1, call_prefix="rematch")
    return _with_list_of_settings(text) if verb == "train" else text


def _with_list_of_settings(text: str) -> str:
    """Break the help of `--set` into a list with an item for each key."""
    for setting in all_settings():
        if not setting.has_option:
            text = text.replace(f" {setting.name} (", f"\n    * `{setting.name}` (")
    return text


def on_files(files: Any, config: Any) -> Any:
    """Add the page to the site when mkdocs collects its files."""
    from mkdocs.structure.files import File

    files.append(File.generated(config, "cli.md", content=cli_reference()))
    return files
