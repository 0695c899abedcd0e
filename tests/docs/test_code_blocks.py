"""Every code block of the documentation is run, or where it needs a network, a server or a GPU, parsed."""

from pathlib import Path

import pytest
import typer

from core.cli.main import VERBS, command_line, main, with_ray_address
from tests.docs.blocks import PAGES, ROOT, blocks

#: Other programs that the documentation calls.
PROGRAMS = {"python", "python3", "pip", "uv", "make", "git", "torchrun", "ray", "docker", "streamlit", "cd", "curl"}
SCORERS = {"trec_eval"}
#: Runs in tests/rematch/test_documents.py, with a model of open_clip.
ELSEWHERE = ROOT / "docs" / "api.md"


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


RUN = [page for page in PAGES if page != ELSEWHERE and blocks(page, "bash", "python")]


@pytest.mark.parametrize("page", RUN, ids=named)
def test_blocks_run_in_the_order_of_the_page(page: Path, documented: Path):
    names: dict[str, object] = {"__name__": "documentation"}
    for block in blocks(page, "bash", "python"):
        where = f"{named(page)}:{block.line}"
        if block.language == "python":
            exec(compile(block.content, where, "exec"), names)
            continue
        for program, *arguments in block.commands:
            assert program == "rematch", f"{where}: {program} cannot be run here; use a console block"
            assert main(arguments) == 0, f"{where}: rematch {' '.join(arguments)}"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "console")], ids=named)
def test_the_other_commands_have_such_options(page: Path):
    for block in blocks(page, "console"):
        for program, *arguments in block.commands:
            where = f"{named(page)}:{block.line}: {program} {' '.join(arguments)}"
            if program == "torchrun":
                arguments = arguments[arguments.index("core") + 1 :]
            elif program != "rematch":
                assert program.rpartition("=")[0] or program.split("/")[-1] in PROGRAMS | SCORERS, where
                continue
            parse(arguments, where)


def parse(arguments: list[str], where: str) -> None:
    """Fail unless the command line takes `arguments`."""
    verb, *rest = with_ray_address(arguments)
    assert verb in VERBS or verb == "--help", where
    if verb in VERBS:
        group = typer.main.get_command(command_line([verb]))
        try:
            group.commands[verb].make_context(verb, rest)  # type: ignore[attr-defined]
        except typer.TyperException as error:
            pytest.fail(f"{where}: {error.format_message()}")


def test_every_block_names_its_language():
    languages = {"bash", "console", "python", "text", "toml", "csv", "json", "yaml", "html", "bibtex", "nginx", "ini"}
    for page in PAGES:
        unnamed = [block for block in blocks(page, "") if block.content]
        assert not unnamed, f"{named(page)}:{unnamed[0].line}" if unnamed else ""
        assert blocks(page, *languages) or "```" not in page.read_text("utf-8")
