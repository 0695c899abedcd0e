"""Characters that the terminal's encoding lacks are printed as question marks, without a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_an_answer_with_letters_that_the_terminal_lacks(encoding, tmp_path):
    (tmp_path / "a.csv").write_text("id,title,image\n1,Flut in 日本 − α,a.jpg\n", encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "REMATCH_WORKSPACE": str(tmp_path)}
    command = [sys.executable, "-m", "core", "import", str(tmp_path / "a.csv"), "--dry-run"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "Flut in ??" in ended.stdout.decode(encoding)
    assert b"Traceback" not in ended.stderr
