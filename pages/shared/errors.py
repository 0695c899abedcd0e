"""What went wrong, as a page may say it: nothing of the machine it runs on, no stack, no text that is read as Markdown.

Errors name files by where they lie, which a terminal should say and a page that others may see should not.
"""

import re
from concurrent.futures import BrokenExecutor, Future

import streamlit as st

from core.data.importers.uploads import FOLDER
from core.errors import RematchError
from core.workspace.folders import default_workspace
from pages.shared.text import plain

#: An absolute path in quotes, which may hold spaces, or up to what can end one in a sentence. Not: `https://…`, `3/4`.
_QUOTED = re.compile(r"""(?P<quote>["'])(?:[A-Za-z]:[\\/]|\\\\|/|~[\w-]*/)(?P<path>[^"'\n]+)(?P=quote)""")
_BARE = re.compile(r"""(?<![\w.:/\\~<-])(?:[A-Za-z]:[\\/]|\\\\|/|~[\w-]*/)(?P<path>[^\s"'()\[\]{},;:]+)""")

#: The folder of an upload, whose name says nothing to anyone.
_UPLOAD = re.compile(rf"workspace/{FOLDER}/upload-\w+(?P<file>/)?")


def without_paths(text: str) -> str:
    """`text` with what lies in the workspace or the cache named from there, and other files by their last part."""
    workspace = default_workspace()
    for folder, name in ((workspace.root, "workspace"), (workspace.cache, "cache")):
        for written in {str(folder), str(folder.resolve())}:
            text = text.replace(written, name)
    text = _UPLOAD.sub(lambda found: "" if found["file"] else "what was uploaded", text)
    text = _QUOTED.sub(lambda found: found["quote"] + _last(found["path"]) + found["quote"], text)
    return _BARE.sub(lambda found: _last(found["path"]), text)


def _last(path: str) -> str:
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def show_error(error: Exception | str, icon: str | None = None) -> None:
    """An error, or a sentence about one, in red."""
    st.error(plain(without_paths(str(error))), icon=icon)


def show_log(lines: list[str], otherwise: str) -> None:
    """What a job printed."""
    st.code(without_paths("\n".join(lines)) or otherwise, language=None)


def failure(future: Future) -> str | None:
    """What went wrong in the model worker, as a sentence; None if nothing did or it is not done."""
    error = future.exception() if future.done() else None
    if error is None:
        return None
    if isinstance(error, RematchError):
        return without_paths(str(error))
    if isinstance(error, BrokenExecutor | MemoryError):
        return (
            "The process that computes with models has ended, perhaps for want of memory. Nothing is lost; try again."
        )
    return f"It ended for a reason that nobody foresaw ({type(error).__name__}); the app's terminal says more."
