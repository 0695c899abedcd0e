"""`rematch app`: start the Streamlit app."""

import importlib

import typer


def app(context: typer.Context) -> None:
    """Start the app in the browser. Options of `streamlit run`, such as --server.port=8600, are passed on to it."""
    # Imported by name, because the library must not depend on the app.
    importlib.import_module("pages.launcher").serve(context.args)
