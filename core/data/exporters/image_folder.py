"""The folder ``images/`` of exports whose table contains paths."""

from collections.abc import Sequence
from pathlib import Path

from core.data.exporters.images import IMAGES, ExportImage
from core.progress import progress


def write_images(images: Sequence[ExportImage], folder: Path) -> None:
    """Write each image once, byte for byte, under its name in ``images/`` of `folder`."""
    distinct = list({image.name: image for image in images}.values())
    for image in progress(distinct, "Writing images"):
        target = folder / IMAGES / image.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(image.read())
