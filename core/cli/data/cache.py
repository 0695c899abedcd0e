"""`cache verify`: read every checksummed file of the cache and remove the damaged ones."""

from contextlib import suppress

import typer

from core.cli.options import CacheOption, JsonOption, answer, be_quiet, workspace_of
from core.errors import counted
from core.progress import progress
from core.storage.cache import matches_seal, sealed_files
from core.storage.disk_errors import disk_errors_for

cache_commands = typer.Typer(no_args_is_help=True)


@cache_commands.callback()
def cache_group() -> None:
    """Check the cache."""


@cache_commands.command()
def verify(cache: CacheOption = None, as_json: JsonOption = False) -> None:
    """Check all files and remove damaged ones. Rematch computes them again when it needs them."""
    be_quiet(as_json)
    folder = workspace_of(None, cache).cache
    files = sealed_files(folder)
    damaged = []
    for file in progress(files, "Verifying the cache"):
        with disk_errors_for(file), suppress(FileNotFoundError):  # another process removed it
            if not matches_seal(file):
                file.unlink()
                damaged.append(str(file.relative_to(folder)))
    lines = [f"{counted(len(files), 'file')} of {folder} checked, {len(damaged):,} damaged and removed.", *damaged]
    answer(as_json, {"cache": str(folder), "files": len(files), "removed": damaged}, "\n".join(lines))
