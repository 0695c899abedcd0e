"""`rematch app`: start the Streamlit app."""

import importlib

import typer


def app(context: typer.Context) -> None:
    """Start the app in the browser; options of `streamlit run` are passed on, such as --server.port=8600."""
    # By name, since the library does not import the app.
    importlib.import_module("pages.launcher").serve(context.args)
