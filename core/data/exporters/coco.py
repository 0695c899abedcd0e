"""Export to COCO captions: ``annotations/captions_train.json`` for each split, and ``images/``.

An annotation is an article: its caption is the query text, and the columns follow under their names. An image has the
number that the format requires, and its original id as `image_id`.
"""

import json
from pathlib import Path

from PIL import Image

from core.data.exporters.articles import Export
from core.data.exporters.image_folder import write_images
from core.data.exporters.images import ExportImage
from core.data.images.formats import FORMATS

ANNOTATIONS = "annotations"


def write(export: Export, folder: Path) -> None:
    """Write images and annotations into `folder`."""
    write_images(export.images, folder)
    numbers = {name: number for number, name in enumerate(dict.fromkeys(image.name for image in export.images), 1)}
    (folder / ANNOTATIONS).mkdir()
    for split, rows in export.splits().items():
        images: dict[str, dict[str, object]] = {}
        annotations = []
        for row, record in zip(rows, export.records(rows), strict=True):
            image = export.images[row]
            number, image_id = numbers[image.name], record.pop("image_id")
            images.setdefault(image.name, {"id": number, "image_id": image_id} | _about(image))
            annotations.append(record | {"id": row + 1, "image_id": number, "caption": export.captions[row]})
        document = {"info": {"description": f"{split} articles"}, "licenses": [], "images": list(images.values())}
        with (folder / ANNOTATIONS / f"captions_{split}.json").open("w", encoding="utf-8") as file:
            json.dump(document | {"annotations": annotations}, file, ensure_ascii=False, allow_nan=False)


def _about(image: ExportImage) -> dict[str, object]:
    """Return file name, width and height in pixels, before rotation."""
    with Image.open(image.file, formats=FORMATS) as opened:
        return {"file_name": image.name, "width": opened.width, "height": opened.height}
