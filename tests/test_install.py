"""The wheel in a new environment: the command works and the app is served from any directory."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.test_foreign_hosts import ACCEPTED, REFUSED, answer, free_port, wait_until_served

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def rematch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the installed command. It uses the dependencies of this environment, and Rematch only from the wheel."""
    folder = tmp_path_factory.mktemp("install")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheel = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *wheel], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    [built] = folder.glob("rematch-*.whl")
    subprocess.run([*pip, "--python", str(python), "install", "--no-deps", str(built)], check=True)
    site = next((folder / "venv").glob("lib/python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_path("purelib"))  # its own .pth files are not read
    return python.with_name("rematch")


def run(rematch: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("REMATCH", "PYTHON"))}
    return subprocess.run([rematch, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_the_command_works_in_the_folder_it_is_called_in(rematch: Path, tmp_path: Path) -> None:
    assert "export-data" in run(rematch, tmp_path, "--help").stdout
    listed = run(rematch, tmp_path, "runs")
    assert "no domain" in (listed.stdout + listed.stderr).lower()


def test_the_library_of_the_wheel_is_imported_with_its_types(rematch: Path, tmp_path: Path) -> None:
    code = (
        "import pathlib, rematch as rm; folder = pathlib.Path(rm.__file__).parent; "
        "print(folder, (folder / 'py.typed').exists(), rm.Workspace().domains())"
    )
    shown = run(rematch.with_name("python"), tmp_path, "-c", code).stdout
    assert "site-packages" in shown
    assert str(ROOT) not in shown
    assert shown.rstrip().endswith("True []")


def test_the_pages_of_the_wheel_are_drawn(rematch: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest; from pages.launcher import app_script, import_pages; "
        "import_pages(); print('torch' in sys.modules); "
        "app = AppTest.from_file(str(app_script()), default_timeout=60).run(); "
        "print(app_script(), [title.value for title in app.title], list(app.exception))"
    )
    shown = run(rematch.with_name("python"), tmp_path, "-c", code).stdout
    assert "site-packages" in shown
    assert str(ROOT) not in shown
    assert "'Rematch'" in shown
    assert shown.startswith("False"), "all modules of the pages are imported, and none of them imports torch"
    assert shown.rstrip().endswith("[]")


def test_the_installed_app_is_served_with_its_own_settings(rematch: Path, tmp_path: Path) -> None:
    port = free_port()
    words = [rematch, "app", f"--server.port={port}", "--server.headless=true"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_served(process, port)
        assert answer(port, f"localhost:{port}", f"http://localhost:{port}") == ACCEPTED
        assert answer(port, "example.org", "http://example.org") == REFUSED
    finally:
        process.terminate()
        process.wait(timeout=30)
