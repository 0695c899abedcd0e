"""Commands that only read stored results do not import torch, which takes seconds. Each runs in its own process."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.main import VERBS
from tests.fresh import fresh

ROOT = Path(__file__).parents[3]


@pytest.fixture
def ranked(verb, shapes, tiny_name, tmp_path) -> Path:
    """Return a run file of a domain with one run."""
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    verb("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 0)
    verb("sweep", "--domain", "shapes", "--alphas", "0,1")
    assert verb("rank", "--domain", "shapes", "--alpha", 0, "--output", tmp_path / "run.tsv").status == 0
    return tmp_path / "run.tsv"


def test_commands_that_only_read_do_not_import_torch(ranked, workspace, tmp_path):
    truth = tmp_path / "gt.tsv"
    truth.write_text("article\tiid\n49\t49\n50\t50\n")
    assert fresh("score", ranked, "--ground-truth", truth) == (0, False)
    assert fresh("score", ranked, "--domain", "shapes", "--split", "val") == (0, False)
    assert fresh("report", "--domain", "shapes") == (0, False)
    assert fresh("runs", "compare", "--domain", "shapes") == (0, False)
    assert fresh("ground-truth", "--domain", "shapes", "--ground-truth", truth) == (2, False)  # it has no test set


def test_a_command_does_not_import_the_modules_of_others():
    code = "import sys; from core.cli.main import main; main(['match', '--help']); print('scipy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"


def test_all_verbs_are_in_the_help(verb):
    listed = verb("--help").out
    assert all(f"  {name} " in listed for name in VERBS)
    assert "match" in verb("match", "--help").out
    assert verb("nonsense").status == 2


def test_a_wrong_option_is_reported_before_torch_is_imported(workspace):
    assert fresh("train", "--domain", "nowhere", "--no-such-option") == (2, False)
