"""The command line: ``rematch VERB``, or ``python -m core VERB``.

Exit status: 0 done, 2 wrong arguments or input (one line on stderr that says what, where and what to do),
1 anything else.
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
from core.jobs.records import write_error
from core.jobs.signals import end_on_ctrl_c, raise_on_ctrl_c, stop_on_sigterm
from core.storage.disk_errors import os_error_sentence

#: Verb → module of `core.cli` and what to take from it, in the order of the help. A module is imported when its
#: verb is asked for: some take seconds.
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
    "ground-truth": ("evaluation.submit", "truth"),
    "score": ("evaluation.score", "score"),
    "analyse": ("evaluation.analyse", "analyse"),
    "report": ("evaluation.report", "report"),
    "export": ("models.runs", "export"),
    "export-data": ("data.export_data", "export_data"),
    "runs": ("models.runs", "runs"),
    "cache": ("data.cache", "cache_commands"),
}


def command_line(words: Sequence[str]) -> typer.Typer:
    """Return the command line with the verb that `words` begin with, or with all verbs if it is none."""
    app = typer.Typer(
        help="Which photo belongs to which news article, and what fine-tuning CLIP did to that skill.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # without it, a single verb would be the whole command line
    verb = words[0] if words else ""
    if verb not in VERBS:  # to be listed, or named in an error: no module is imported for that
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
    """Return the docstring of the command `name`, or of the callback that makes it a group, without importing it."""
    tree = ast.parse(Path(__file__).parent.joinpath(*module.split(".")).with_suffix(".py").read_bytes())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            if node.name == name or any(decorator.startswith(f"{name}.callback") for decorator in decorators):
                return ast.get_docstring(node) or ""
    raise LookupError(f"{module} has no command {name}")


#: Settings of a command whose unknown options are another program's.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

_NO_SIGN = "\ufffd"  # for what a name from outside may hold to move a terminal's cursor
_INTERRUPTED = 130  # what typer makes of Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status. Libraries' warnings are for developers, who ask for them with -W."""
    with warnings.catch_warnings():
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    """Run one verb and return the exit status, with a line on stderr for each error that a sentence can explain."""
    words = list(arguments if arguments is not None else sys.argv[1:])
    if (strange := next((word for word in words if not _is_text(word)), None)) is not None:
        return _fail(f"'{strange}' holds bytes that are not UTF-8; type it anew, or rename the file.", 2, "InputError")
    try:
        command = typer.main.get_command(command_line(words))
        status = command.main(with_ray_address(words), prog_name="rematch", standalone_mode=False)
        if status == _INTERRUPTED:
            return _fail("stopped.", 1, "KeyboardInterrupt")
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:  # whoever reads what is printed has enough
        return 1
    except OSError as error:
        return _fail(os_error_sentence(error), 1, type(error).__name__)
    except MemoryError:
        sentence = "the memory of this machine is not enough. Close other programs, or work on less at once."
        return _fail(sentence, 1, "MemoryError")
    except InputError as error:
        return _fail(str(error), 2, type(error).__name__)
    except RematchError as error:
        return _fail(str(error), 1, type(error).__name__)
    except typer.TyperException as error:
        return _fail(error.format_message().replace("Value error, ", ""), 2, type(error).__name__)
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped.", 1, "KeyboardInterrupt")


def with_ray_address(words: list[str]) -> list[str]:
    """`--ray` alone means workers on this machine; typer has no options whose value may be left out."""
    if "--ray" not in words:
        return words
    from core.cli.options import LOCAL

    return [
        f"--ray={LOCAL}" if word == "--ray" and (not rest or rest[0].startswith("-")) else word
        for word, *rest in (words[place : place + 2] for place in range(len(words)))
    ]


def _is_text(word: str) -> bool:
    """False for bytes that are not UTF-8, which Python keeps as lone surrogates; tables cannot hold them."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fail(message: str, status: int, kind: str) -> int:
    """Print why the verb failed, write it into the folder of the job that runs it, and return `status`."""
    line = " ".join(message.split())
    shown = "".join(sign if sign.isprintable() else _NO_SIGN for sign in line)
    write_error(kind, shown)
    with suppress(OSError):  # a full disk may hold the log, too
        print(f"error: {shown}", file=sys.stderr)
    return status


def _print_anything() -> None:
    """Print what the terminal's encoding lacks (cp1252 has no α) as a question mark, not as a traceback.

    Where there is no terminal, nor anything in its place, print to nowhere.
    """
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _drop_what_cannot_be_printed() -> None:
    """Python would try once more at its end, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_and_exit() -> NoReturn:
    """Run the command line as this process and exit: the entry point of `rematch` and `python -m core`."""
    # Imports make a million objects that stay; looking for garbage among them was a sixth of a start (measured).
    gc.set_threshold(100_000)
    stop_on_sigterm()
    _print_anything()
    raise_on_ctrl_c()
    status = main()
    end_on_ctrl_c()
    _drop_what_cannot_be_printed()
    sys.exit(status)
