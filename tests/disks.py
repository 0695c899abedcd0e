"""Full and read-only disks: a real small one if this user may mount it, and a simulated one."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class SmallDisk:
    """A file system in memory, mounted at `folder`."""

    folder: Path

    @contextmanager
    def with_room_for(self, size: int) -> Iterator[None]:
        """Leave space for only about `size` more bytes in the block."""
        state = os.statvfs(self.folder)
        filler = self.folder / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, state.f_bavail * state.f_frsize - size))
        yield
        filler.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Make the disk read-only in the block."""
        self._remount("ro")
        yield
        self._remount("rw")

    def _remount(self, mode: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.folder)], check=True, capture_output=True)


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Yield a new small disk; skip the test if this user may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "rematch-test", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount a disk")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fail_to_write(monkeypatch: pytest.MonkeyPatch, number: int, after: int = 0) -> None:
    """Simulate a disk error everywhere: after `after` files, each new one fails with error `number`."""
    make, left = tempfile.mkstemp, [after]

    def mkstemp(*arguments: object, **named: object) -> tuple[int, str]:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(number, os.strerror(number), str(named.get("dir", "")) + "/file")
        return make(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(tempfile, "mkstemp", mkstemp)


FULL, READ_ONLY, FORBIDDEN = errno.ENOSPC, errno.EROFS, errno.EACCES
