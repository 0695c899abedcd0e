"""The organisers' run format: a header, then per article its id and its best 100 images, tab-separated."""

from collections.abc import Sequence
from pathlib import Path

from core.files import replacing

LENGTH = 100


def write_submission(path: Path, article_ids: Sequence[str], best_images: Sequence[Sequence[str]]) -> int:
    """Write one line per article and return how many images each has (fewer than 100 in a small gallery)."""
    length = min(LENGTH, min(len(images) for images in best_images))
    header = ["articleID", *(f"iid{place}" for place in range(1, length + 1))]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(header) + "\n")
        for article_id, images in zip(article_ids, best_images, strict=True):
            file.write("\t".join([article_id, *images[:length]]) + "\n")
    return length
