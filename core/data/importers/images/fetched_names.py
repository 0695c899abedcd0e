"""Manifest of downloaded images, URL → file, which `fetch-images` writes and `import` reads."""

import json
from collections.abc import Mapping
from pathlib import Path

from core.errors import InputError
from core.storage.files import fingerprint, read_json, write_text

MANIFEST = "fetched-images.json"
_AGAIN = "Delete it and run fetch-images again."


def read_manifest(folder: Path) -> dict[str, str]:
    """Return URL → file name in `folder`; empty without a manifest. Raises InputError if it is damaged."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        files = read_json(path)
    except InputError as error:
        raise InputError(f"{error} {_AGAIN}") from None
    if not all(isinstance(file, str) for file in files.values()):
        raise InputError(f"{path} is damaged: expected a file name for each URL. {_AGAIN}")
    return files


def write_manifest(folder: Path, files: Mapping[str, str]) -> None:
    """Write URL → file name into `folder`, ordered by name."""
    by_name = dict(sorted(files.items(), key=lambda pair: (pair[1], pair[0])))
    write_text(folder / MANIFEST, json.dumps(by_name, ensure_ascii=False, indent=0))


def name_of_address(url: str, stem: str) -> str:
    """Return a file name without extension that no other URL has: `stem` and a fingerprint of the whole URL."""
    return f"{stem}-{fingerprint('address', url)[:12]}"
