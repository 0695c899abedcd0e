"""The command line: ``rematch COMMAND``, or ``python -m core COMMAND``.

Exit status: 0 for success, 2 for wrong arguments or input, 1 for any other failure. An error is one line on stderr.
"""

import ast
import gc
import importlib
import io
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import typer

from core.errors import InputError, RematchError
from core.extras import missing_extra
from core.jobs.records import write_error
from core.jobs.signals import end_on_ctrl_c, raise_on_ctrl_c, stop_on_sigterm
from core.storage.disk_errors import os_error_sentence

#: Command → module in `core.cli` and function in it, in the order of the help. Only the module of the command that
#: runs is imported, because some take seconds.
VERBS = {
    "app": ("app", "app"),
    "demo": ("data.import_data", "demo"),
    "import": ("data.import_data", "import_"),
    "fetch-images": ("data.import_data", "fetch_images"),
    "translate": ("data.translate", "translate"),
    "train": ("models.train", "train"),
    "import-run": ("models.import_run", "import_run"),
    "sweep": ("evaluation.sweep", "sweep"),
    "rank": ("evaluation.sweep", "rank"),
    "match": ("evaluation.match", "match"),
    "submit": ("evaluation.submit", "submit"),
    "ground-truth": ("evaluation.submit", "ground_truth_command"),
    "score": ("evaluation.score", "score"),
    "analyse": ("evaluation.analyse", "analyse"),
    "report": ("evaluation.report", "report"),
    "export": ("models.runs", "export"),
    "export-data": ("data.export_data", "export_data"),
    "runs": ("models.runs", "runs"),
    "cache": ("data.cache", "cache_commands"),
}


def command_line(words: Sequence[str]) -> typer.Typer:
    """Return the command line with the command that `words` begin with, or with all commands if there is none."""
    app = typer.Typer(
        help="Match news articles with their images, and see what fine-tuning CLIP changes, article by article.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # without a callback, typer drops the name of a single command
    verb = words[0] if words else ""
    if verb not in VERBS:  # list all commands without importing their modules
        for name in VERBS:
            app.command(name, help=_summary(*VERBS[name]))(lambda: None)
        return app
    module, name = VERBS[verb]
    command = getattr(importlib.import_module(f"core.cli.{module}"), name)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=verb)
    else:
        app.command(verb, context_settings=PASS_ON if verb == "app" else None)(command)
    return app


def _summary(module: str, name: str) -> str:
    """Return the docstring of the command or group `name` without importing its module."""
    tree = ast.parse(Path(__file__).parent.joinpath(*module.split(".")).with_suffix(".py").read_bytes())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            if node.name == name or any(decorator.startswith(f"{name}.callback") for decorator in decorators):
                return ast.get_docstring(node) or ""
    raise LookupError(f"{module} has no command {name}")


#: Settings of a command that passes unknown options on to another program.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

_NOT_PRINTABLE = "\ufffd"  # replaces control characters, which could move the terminal's cursor
_INTERRUPTED = 130  # typer's status for Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Warnings of libraries are hidden unless Python runs with -W."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    """Run one command and return its exit status; print expected errors as one line on stderr."""
    words = list(arguments if arguments is not None else sys.argv[1:])
    if (word := next((word for word in words if not _is_text(word)), None)) is not None:
        return _fail(f"'{word}' contains bytes that are not UTF-8. Type it again, or rename the file.", 2, "InputError")
    try:
        command = typer.main.get_command(command_line(words))
        status = command.main(with_ray_address(words), prog_name="rematch", standalone_mode=False)
        if status == _INTERRUPTED:
            return _fail("stopped.", 1, "KeyboardInterrupt")
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:  # the program that reads the output has closed it
        return 1
    except OSError as error:
        return _fail(os_error_sentence(error), 1, type(error).__name__)
    except MemoryError:
        sentence = "this machine ran out of memory. Close other programs, or process less data at once."
        return _fail(sentence, 1, "MemoryError")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "core", "pages", "rematch"):  # a fault of Rematch itself
            raise
        sentence = f"the package {package} is not installed. Install all that Rematch needs with: pip install rematch"
        return _fail(str(missing_extra(error, f"rematch {words[0]}") or sentence), 2, "InputError")
    except InputError as error:
        return _fail(str(error), 2, type(error).__name__)
    except RematchError as error:
        return _fail(str(error), 1, type(error).__name__)
    except typer.TyperException as error:
        return _fail(error.format_message().replace("Value error, ", ""), 2, type(error).__name__)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped.", 1, "KeyboardInterrupt")


def with_ray_address(words: list[str]) -> list[str]:
    """Give `--ray` without an address the value LOCAL, because typer has no options with an optional value."""
    if "--ray" not in words:
        return words
    from core.cli.options import LOCAL

    return [
        f"--ray={LOCAL}" if word == "--ray" and (not rest or rest[0].startswith("-")) else word
        for word, *rest in (words[index : index + 2] for index in range(len(words)))
    ]


def _is_text(word: str) -> bool:
    """Return False for bytes that are not UTF-8, which Python decodes as lone surrogates and tables cannot store."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fail(message: str, status: int, kind: str) -> int:
    """Print an error on stderr, write it into the folder of the job that runs the command, and return `status`."""
    line = " ".join(message.split())
    printable = "".join(character if character.isprintable() else _NOT_PRINTABLE for character in line)
    write_error(kind, printable)
    with suppress(OSError):  # stderr may go to a file on a full disk
        print(f"error: {printable}", file=sys.stderr)
    return status


def _prepare_output() -> None:
    """Print characters that the terminal's encoding lacks (cp1252 has no α) as question marks.

    If stdout or stderr is closed, discard the output.
    """
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _discard_unprinted_output() -> None:
    """Discard output that cannot be written; at exit, Python would try again and print a warning."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_and_exit() -> NoReturn:
    """Run the command line as this process and exit: the entry point of `rematch` and `python -m core`."""
    # Imports create a million permanent objects; scanning them for garbage took a sixth of the start (measured).
    gc.set_threshold(100_000)
    stop_on_sigterm()
    _prepare_output()
    raise_on_ctrl_c()
    status = main()
    end_on_ctrl_c()
    _discard_unprinted_output()
    sys.exit(status)
