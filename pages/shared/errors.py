"""Safe rendering of errors on a page: without local paths and stack traces, with Markdown escaped.

Error messages name files by their full path. A terminal should show it; a page that others can open should not.
"""

import re
from concurrent.futures import BrokenExecutor, Future

import streamlit as st

from core.data.importers.uploads import FOLDER
from core.errors import RematchError
from core.workspace.folders import default_workspace
from pages.shared.text import plain

#: Absolute paths, in quotes (spaces allowed) or up to the next space or punctuation. Not: `https://…`, `3/4`.
_QUOTED = re.compile(r"""(?P<quote>["'])(?:[A-Za-z]:[\\/]|\\\\|/|~[\w-]*/)(?P<path>[^"'\n]+)(?P=quote)""")
_BARE = re.compile(r"""(?<![\w.:/\\~<-])(?:[A-Za-z]:[\\/]|\\\\|/|~[\w-]*/)(?P<path>[^\s"'()\[\]{},;:]+)""")

#: Error messages begin in lower case, because a terminal shows them after `error: `.
_FIRST_WORD = re.compile(r"^[a-z]+(?=[ ,])")

#: The folder of an upload has a random name, which helps no reader.
_UPLOAD = re.compile(rf"workspace/{FOLDER}/upload-\w+(?P<file>/)?")


def without_paths(text: str) -> str:
    """Shorten paths in `text`: from the workspace or the cache where they are inside, else to the file name."""
    workspace = default_workspace()
    for folder, name in ((workspace.root, "workspace"), (workspace.cache, "cache")):
        for written in {str(folder), str(folder.resolve())}:
            text = text.replace(written, name)
    text = _UPLOAD.sub(lambda found: "" if found["file"] else "the upload", text)
    text = _QUOTED.sub(lambda found: found["quote"] + _last(found["path"]) + found["quote"], text)
    return _BARE.sub(lambda found: _last(found["path"]), text)


def _last(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def show_error(error: Exception | str, icon: str | None = None) -> None:
    """Show an error, or a sentence about one, in a red box."""
    st.error(plain(_capitalised(without_paths(str(error)))), icon=icon)


def _capitalised(sentence: str) -> str:
    """Capitalise the first word unless it may be a name, such as `gt.csv` or `hf-hub`."""
    return _FIRST_WORD.sub(lambda found: found[0].capitalize(), sentence)


def show_log(lines: list[str], otherwise: str) -> None:
    """Show the lines that a job printed; `otherwise` if there are none."""
    st.code(without_paths("\n".join(lines)) or otherwise, language=None)


def failure(future: Future) -> str | None:
    """Return the error of a task of the model worker as a sentence; None if it succeeded or is not done."""
    error = future.exception() if future.done() else None
    if error is None:
        return None
    if isinstance(error, RematchError):
        return without_paths(str(error))
    if isinstance(error, BrokenExecutor | MemoryError):
        return "The model process has ended, probably because memory ran out. Your data is unchanged. Try again."
    return f"The computation failed unexpectedly ({type(error).__name__}). See the terminal of the app for details."
