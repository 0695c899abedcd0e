"""The reference of the command line holds every command and option."""

import runpy

from core.cli.main import VERBS
from tests.docs.blocks import ROOT


def test_every_command_and_its_options_are_listed():
    reference = runpy.run_path(str(ROOT / "docs/hooks/cli_reference.py"))["cli_reference"]()
    for verb in VERBS:
        assert f"rematch {verb}" in reference
    for option in ("--criterion", "--dry-run", "--tune", "--questions", "--rerank"):
        assert f"`{option}" in reference
