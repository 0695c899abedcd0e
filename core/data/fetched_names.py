"""Which file the image of each address was fetched into: the manifest that `fetch-images` writes and `import` reads."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from core.errors import InputError
from core.files import fingerprint, write_text

MANIFEST = "fetched-images.csv"
_COLUMNS = ("url", "file")


def read_manifest(folder: Path) -> dict[str, str]:
    """Return address → file name in `folder`; empty without a manifest. Raises InputError if it is damaged."""
    path = folder / MANIFEST
    if not path.exists():
        return {}
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        return dict(zip(rows["url"], rows["file"], strict=True))
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            f"{path} cannot be read ({type(error).__name__}); expected the columns {', '.join(_COLUMNS)}. "
            "Delete it, and fetch the images again."
        ) from None


def write_manifest(folder: Path, files: Mapping[str, str]) -> None:
    """Write address → file name into `folder`, in order of the names."""
    rows = sorted(files.items(), key=lambda pair: (pair[1], pair[0]))
    write_text(folder / MANIFEST, pd.DataFrame(rows, columns=list(_COLUMNS)).to_csv(index=False))


def name_of_address(url: str, stem: str) -> str:
    """Return a file name without ending that no other address has: `stem` and a fingerprint of the whole address."""
    return f"{stem}-{fingerprint('address', url)[:12]}"
