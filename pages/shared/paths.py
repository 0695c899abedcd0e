"""Paths that are typed on a page: where they may lead depends on who the app answers."""

from pathlib import Path

import streamlit as st

from core.encoders.name_checks import check_encoder_name, looks_like_a_path, means_a_file
from core.errors import InputError
from core.workspace.folders import default_workspace


def typed_path(text: str) -> str:
    """A path as somebody typed or pasted it, from the root; "" stays.

    Whoever sits at the machine that runs the app may name any file there, as in a terminal. Where the app answers
    other machines, too, what is typed stays in the workspace. Raises InputError, also for what can be no path.
    """
    text = text.strip().strip("\"'")
    if not text:
        return ""
    try:
        path = Path(text).expanduser().absolute()
        inside = path.resolve().is_relative_to(default_workspace().root.resolve())
        path.exists()
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, an unknown ~user, a NUL
        raise InputError(f"'{text[:100]}' is no path; type where the file or folder lies.") from None
    if not inside and not only_this_machine():
        raise InputError(
            f"'{path.name}' lies outside the workspace, and this app answers other machines, too: upload it, put it "
            "into the workspace, or import it in a terminal."
        )
    return str(path)


def only_this_machine() -> bool:
    """Does the app answer nobody but the machine it runs on?"""
    return st.get_option("server.address") in ("localhost", "127.0.0.1", "::1")


def check_typed_encoder(name: str) -> None:
    """Raise InputError as `check_encoder_name`, and as `typed_path` where the weights are a file."""
    scheme, _, weights = name.partition(":")
    is_path = {"local-dir": True, "hf-hub": False, "hf": looks_like_a_path(weights)}.get(scheme, means_a_file(weights))
    if is_path:
        typed_path(weights)
    check_encoder_name(name)
