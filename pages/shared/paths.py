"""Checks of paths that a user types on a page; an app that answers other machines allows only the workspace."""

from pathlib import Path

import streamlit as st

from core.encoders.name_checks import check_encoder_name, looks_like_a_path, means_a_file
from core.errors import InputError
from core.workspace.folders import default_workspace


def typed_path(text: str) -> str:
    """Return the absolute form of a typed or pasted path; "" stays "".

    Raises InputError if it is no path, or if it is outside the workspace and the app also answers other machines. A
    user of the machine itself may name any file, as in a terminal.
    """
    text = text.strip().strip("\"'")
    if not text:
        return ""
    try:
        path = Path(text).expanduser().absolute()
        inside = path.resolve().is_relative_to(default_workspace().root.resolve())
        path.exists()
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, an unknown ~user, a NUL
        raise InputError(f"'{text[:100]}' is not a path. Type the path of a file or folder.") from None
    if not inside and not only_this_machine():
        raise InputError(
            f"'{path.name}' is outside the workspace. This app also answers other machines, so it opens only files in "
            "the workspace. Upload the file, copy it into the workspace, or import it in a terminal."
        )
    return str(path)


def only_this_machine() -> bool:
    """Return whether the app answers only the machine it runs on."""
    return st.get_option("server.address") in ("localhost", "127.0.0.1", "::1")


def check_typed_encoder(name: str) -> None:
    """Check the name of an encoder. Raises InputError as `check_encoder_name`, and for files as `typed_path`."""
    scheme, _, weights = name.partition(":")
    is_path = {"local-dir": True, "hf-hub": False, "hf": looks_like_a_path(weights)}.get(scheme, means_a_file(weights))
    if is_path:
        typed_path(weights)
    check_encoder_name(name)
