"""Export to Hugging Face Parquet: ``train-00000-of-00002.parquet`` with the images inside, as in `datasets`."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.exporters.articles import DATE, Export
from core.data.exporters.sharding import cut
from core.data.time_split import Split
from core.progress import progress_reporter

IMAGE = "image"
#: Names of splits in `datasets`.
FILE_NAMES: dict[Split, str] = {"train": "train", "val": "validation", "test": "test"}
_IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
#: Limits of a row group, which a reader loads as a whole.
_GROUP_ROWS, _GROUP_BYTES = 100, 64 * 1024**2


def write(export: Export, folder: Path) -> None:
    """Write the shards of every split into `folder`."""
    schema = _schema(export.rows)
    with progress_reporter("Writing Parquet") as report:
        done = 0
        for split, rows in export.splits().items():
            shards = cut(rows, [export.images[row].size for row in rows])
            for number, shard in enumerate(shards):
                name = f"{FILE_NAMES[split]}-{number:05d}-of-{len(shards):05d}.parquet"
                with (folder / name).open("wb") as file, pq.ParquetWriter(file, schema) as writer:
                    for group in _groups(export, shard):
                        report(done, len(export.rows))
                        writer.write_table(_table(export, group, schema))
                        done += len(group)


def _schema(rows: pd.DataFrame) -> pa.Schema:
    """Return the schema of the columns of `rows` and the image, with the metadata that `datasets` reads."""
    fields = [pa.field(str(name), _type_of(rows[name])) for name in rows] + [pa.field(IMAGE, _IMAGE_TYPE)]
    features = {field.name: {"dtype": _dtype(field.type), "_type": "Value"} for field in fields[:-1]}
    about = {"info": {"features": {**features, IMAGE: {"_type": "Image"}}}}
    return pa.schema(fields, {"huggingface": json.dumps(about)})


def _type_of(column: pd.Series) -> pa.DataType:
    if column.name == DATE:
        return pa.timestamp("us", "UTC")
    if pd.api.types.is_integer_dtype(column.dtype):
        return pa.int32()
    return pa.float64() if pd.api.types.is_float_dtype(column.dtype) else pa.string()


def _dtype(kind: pa.DataType) -> str:
    return "float64" if pa.types.is_float64(kind) else str(kind)  # "double" for Arrow


def _groups(export: Export, shard: list[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    size = 0
    for row in shard:
        size += export.images[row].size
        if not groups or len(groups[-1]) >= _GROUP_ROWS or size > _GROUP_BYTES:
            groups.append([])
            size = export.images[row].size
        groups[-1].append(row)
    return groups


def _table(export: Export, group: list[int], schema: pa.Schema) -> pa.Table:
    rows = export.rows.iloc[group]
    columns = [pa.array(rows[name], schema.field(name).type, from_pandas=True) for name in rows]
    images = [{"bytes": export.images[row].read(), "path": export.images[row].name} for row in group]
    return pa.Table.from_arrays([*columns, pa.array(images, _IMAGE_TYPE)], schema=schema)
