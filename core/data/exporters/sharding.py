"""Division of a split into shards of a size that tools handle well."""

from collections.abc import Sequence

MAX_BYTES = 500_000_000  # of images, as the Hugging Face hub cuts its shards
MAX_ROWS = 10_000  # as img2dataset does


def cut(rows: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Return `rows` in parts of at most MAX_ROWS rows and MAX_BYTES, or of one row. sizes: of each row, in bytes."""
    shards: list[list[int]] = []
    size = 0
    for row, bytes_of_row in zip(rows, sizes, strict=True):
        if not shards or len(shards[-1]) >= MAX_ROWS or size + bytes_of_row > MAX_BYTES:
            shards.append([])
            size = 0
        shards[-1].append(row)
        size += bytes_of_row
    return shards
