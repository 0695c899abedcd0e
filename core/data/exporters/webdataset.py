"""Export to WebDataset: tar shards whose members ``KEY.jpg``, ``KEY.txt`` and ``KEY.json`` are one article.

The text is the query text; the JSON has the columns and the article's id. Keys are numbers of nine digits, as in
img2dataset, since a key must not contain a dot. Images of every format are named ``.jpg``, as there: readers detect
the format by content, and `datasets` makes a separate column of each extension.
"""

import io
import tarfile
from pathlib import Path

from core.data.exporters.articles import Export, to_json
from core.data.exporters.sharding import cut
from core.progress import progress_reporter


def write(export: Export, folder: Path) -> None:
    """Write the shards of every split into `folder`, named ``train-00000.tar``."""
    with progress_reporter("Writing shards") as report:
        done = 0
        for split, rows in export.splits().items():
            for number, shard in enumerate(cut(rows, [export.images[row].size for row in rows])):
                with (
                    (folder / f"{split}-{number:05d}.tar").open("wb") as file,
                    tarfile.open(fileobj=file, mode="w") as tar,
                ):
                    for row, record in zip(shard, export.records(shard), strict=True):
                        report(done, len(export.rows))
                        image, key = export.images[row], f"{row:09d}"
                        _add(tar, f"{key}.jpg", image.read())
                        _add(tar, f"{key}.txt", export.captions[row].encode())
                        _add(tar, f"{key}.json", to_json(record))
                        done += 1


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
