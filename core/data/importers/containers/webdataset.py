"""Reader for WebDataset shards: tar files whose members ``KEY.jpg``, ``KEY.txt`` and ``KEY.json`` are one sample.

This is the format of img2dataset and open_clip. Shards are read sequentially; images are written to the domain's folder
one by one, texts stay in memory.
"""

import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.images.formats import HEAD, format_of
from core.data.importers.images.image_store import MAX_IMAGE, ImageStore, safe_path
from core.data.importers.source_table import ColumnNames, SourceTable, TableFile
from core.data.importers.tables.arrow_cells import Cell, cell_of
from core.data.importers.tables.delimited import MAX_CELL, check_rows, suffix_of
from core.data.importers.tables.encodings import decode
from core.data.importers.tables.json_layouts import EXPORTED
from core.data.importers.tables.table import listing_of
from core.errors import InputError, listed, shortened
from core.progress import progress

SUFFIXES = (".tar", ".tar.gz", ".tgz")
_TEXTS = ("txt", "text", "caption", "captions")
#: Members that are neither text nor image; the content of others is checked.
_OTHERS = {"json", "cls", "npy", "npz", "pt", "pth", "pyd", "id", "index", "mp4", "wav", "mp3", "flac", "html"}
_TABLES = (".csv", ".tsv")
_MEMBER = re.compile(r"(?P<key>(?:.*/|)[^./][^.]*)\.(?P<kind>[^/]+)")
_NOT_READ = {"exif"}  # long metadata about the camera
_MAX_TEXT = 4 * MAX_CELL  # bytes of a text member

Sample = dict[str, Cell]


def shards_of(source: Path) -> list[Path]:
    """Return the tar file `source`, or the tar files directly in it, ordered by name."""
    files = [source] if source.is_file() else sorted(source.iterdir()) if source.is_dir() else []
    return [file for file in files if file.name.lower().endswith(SUFFIXES) and file.is_file()]


def recognises(source: Path) -> bool:
    """Return True for a tar file, or a folder with tar files but no text table (its images may be packed)."""
    if source.is_dir() and any(suffix_of(path) in _TABLES for path in source.iterdir()):
        return False
    return bool(shards_of(source))


def read(source: Path, columns: ColumnNames, store: ImageStore | None) -> SourceTable:
    """Read all shards. store: receives the images; None: they are not written, for a preview.

    Raises InputError: a shard is damaged, or no sample has an image and a text.
    """
    files = shards_of(source)
    samples: list[Sample] = []
    for shard in progress(files, "Reading shards"):
        samples += _samples(shard, store)
        check_rows(len(samples), source)
    pairs = [sample for sample in samples if "image" in sample]
    if not pairs:
        raise InputError(
            f"{source} has no images in WebDataset format: expected members such as KEY.jpg and KEY.txt in "
            f"{listed(file.name for file in files)}. Unpack other archives and import the folder."
        )
    _distinguish(pairs)
    names = list(dict.fromkeys(name for sample in pairs for name in sample))
    if exported := _are_exported(pairs):
        names = [name for name in names if name != "caption"]
    frame = pd.DataFrame({name: pd.Series([pair.get(name, "") for pair in pairs], dtype=object) for name in names})
    table = TableFile(source, "WebDataset", frame.set_axis(range(1, len(frame) + 1), axis=0))
    listing = listing_of("WebDataset", [table], source, _columns(columns, names, exported), image_columns=("image",))
    return with_stored_images(listing, source, store, columns, len(samples) - len(pairs))


def with_stored_images(
    listing: SourceTable, source: Path, store: ImageStore | None, columns: ColumnNames, without_image: int = 0
) -> SourceTable:
    """Return the listing with the folder of its stored images, and notes about images that were not stored."""
    notes = [*listing.notes, *(store.notes() if store else [])]
    if without_image:
        notes.append(f"samples: {without_image} were not read, because they have no image.")
    folder = store.folder if store else source if source.is_dir() else source.parent
    return replace(listing, images=folder, notes=tuple(notes), named=columns.given())


def _columns(columns: ColumnNames, names: list[str], exported: bool) -> ColumnNames:
    """Return the columns: the key is the id and ``KEY.txt`` the text, unless an export has both in its metadata."""
    given = columns.given()
    known = {"id": "key", "image": "image"} | ({"text": "caption"} if "caption" in names else {})
    if exported:
        known = {"image": "image"}
    taken = set(given.values())
    return ColumnNames(**({role: name for role, name in known.items() if name not in taken} | given))


def _are_exported(samples: list[Sample]) -> bool:
    """Return True if the metadata of every sample has an article's columns, which the text only repeats."""
    ids = {sample.get("article_id", "") for sample in samples}
    return len(ids - {""}) == len(samples) and all(sample.keys() >= EXPORTED for sample in samples)


def _samples(shard: Path, store: ImageStore | None) -> list[Sample]:
    samples: dict[str, Sample] = {}
    try:
        for key, kind, content in _members(shard):
            sample = samples.setdefault(key, {"key": key, "shard": shard.name})
            if kind in _TEXTS:
                sample["caption"] = decode(content, shard)[0].strip()
            elif kind == "json":
                for name, value in _metadata(content).items():
                    sample.setdefault(name, value)
            elif format_of(content[:HEAD]) is not None and "image" not in sample:
                name = f"{safe_path(shard.name.partition('.')[0])}/{key}.{kind.rsplit('.', 1)[-1]}"
                sample["image"] = store.add(name, content) if store else name
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        raise InputError(
            f"{shard} is a damaged tar file: {shortened(str(error)) or type(error).__name__}. Fetch it again."
        ) from None
    return list(samples.values())


def _members(shard: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield key, extension and content of each file that may be part of a sample, in the order of the shard."""
    with shard.open("rb") as opened:
        packed = opened.read(2) == b"\x1f\x8b"
    with tarfile.open(shard, "r|gz" if packed else "r|") as tar:
        for member in tar:
            named = _MEMBER.fullmatch(member.name.removeprefix("./"))
            if not member.isreg() or named is None:
                continue
            kind = named["kind"].lower()
            is_text = kind in _TEXTS or kind == "json"
            if (kind in _OTHERS and not is_text) or (is_text and member.size > _MAX_TEXT):
                continue
            file = tar.extractfile(member)
            if file is not None:
                # One byte over the limit is enough to detect an image that is too large.
                yield named["key"], kind, file.read(min(member.size, MAX_IMAGE + 1))


def _metadata(content: bytes) -> dict[str, Cell]:
    try:
        values: Any = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    fields = values.items() if isinstance(values, dict) else ()
    return {name: cell_of(value) for name, value in fields if name not in _NOT_READ and not isinstance(value, dict)}


def _distinguish(samples: list[Sample]) -> None:
    """Prefix keys with the name of the shard if several shards use the same keys."""
    keys = [sample["key"] for sample in samples]
    if len(set(keys)) < len(keys):
        for sample in samples:
            sample["key"] = f"{str(sample['shard']).partition('.')[0]}/{sample['key']}"
