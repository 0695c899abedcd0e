"""Adding an importer: one module with `recognises` and `read`, and one name in the tuple of readers."""

import sys
from pathlib import Path

import pandas as pd

from core.data.importers import readers
from core.data.importers.source_table import LISTING_COLUMNS, SourceTable, TableFile

ENDING = ".wire"


def recognises(source: Path) -> bool:
    return source.suffix == ENDING


def read(source: Path, encoding: str | None = None) -> SourceTable:
    """Read lines of `headline -> image`."""
    pairs = [line.split(" -> ") for line in source.read_text(encoding=encoding or "utf-8").splitlines()]
    frame = pd.DataFrame(pairs, columns=["title", "image"], index=range(1, len(pairs) + 1))
    articles = frame.reset_index(names="line").reindex(columns=LISTING_COLUMNS, fill_value="")
    articles["article_id"], articles["file"] = articles["line"].astype(str), source.name
    roles = {"title": "title", "image": "image"}
    return SourceTable("wire", articles, source.parent, source, ("image",), roles, (TableFile(source, "utf-8", frame),))


def test_a_new_format_becomes_a_domain(verb, workspace, shapes, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "READERS", (sys.modules[__name__], *readers.READERS))
    source = tmp_path / f"news{ENDING}"
    source.write_text("\n".join(f"a shape of number {number} -> {number}.png" for number in range(1, 21)))
    imported = verb(
        "import", source, "--domain", "wire", "--language", "en", "--images", shapes.parent / "images", "--json"
    ).record
    assert imported["usable"] == 20
    articles = workspace.load_domain("wire").articles
    assert articles["title"].iloc[0] == "a shape of number 1"
    assert articles["image_file"].iloc[0] == "1.png"
