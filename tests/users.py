"""Processes of a user without privileges, because root, who often runs the tests, may write everywhere."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER = "nobody"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Nobody:
    """A user who can write only `folder`. python: an interpreter that this user can run."""

    folder: Path
    python: Path

    def run(self, *words: object, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run Python with `words` as this user. settings: more variables of the environment."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",  # as for services
            "PYTHONPATH": os.pathsep.join((str(ROOT), sysconfig.get_path("purelib"))),
            "LD_LIBRARY_PATH": str(self.python.parents[1] / "lib"),  # of the mounted interpreter
            "OMP_NUM_THREADS": "1",
            "REMATCH_WORKSPACE": str(self.folder / "workspace"),
            "REMATCH_CACHE": str(self.folder / "cache"),
        }
        return subprocess.run(
            [str(self.python), *map(str, words)], cwd=ROOT, env=environment | settings, user=USER,
            group=pwd.getpwnam(USER).pw_gid, extra_groups=[], capture_output=True, text=True, timeout=120,
        )  # fmt: skip


@contextmanager
def nobody() -> Iterator[Nobody]:
    """Yield a user with an empty folder; skip the test if this process cannot switch to the user.

    The interpreter may be in root's home, which other users cannot read, so it is mounted at another path.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may switch to another user")
    place = Path(tempfile.mkdtemp(prefix="rematch-nobody-"))
    place.chmod(0o755)
    folder, python = place / "own", place / "python"
    for path in (folder, python):
        path.mkdir()
    shutil.chown(folder, USER)
    mount = subprocess.run(["mount", "--bind", sys.base_prefix, str(python)], capture_output=True)
    try:
        user = Nobody(folder, python / "bin" / f"python{sysconfig.get_python_version()}")
        if mount.returncode or user.run("-c", "import core, streamlit, pyarrow.parquet").returncode:
            pytest.skip("another user may not read this interpreter, its packages or this repository")
        yield user
    finally:
        if mount.returncode == 0:
            subprocess.run(["umount", "--lazy", str(python)], check=True)
        shutil.rmtree(place)
