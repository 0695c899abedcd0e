"""JSON layouts of published collections, converted to plain records: one per caption and image.

COCO captions (``annotations`` and ``images``), Karpathy's splits of Flickr8k, Flickr30k and COCO (``sentences`` in each
image), GoodNews (an article with its images and their captions under its id). VisualNews and N24News are lists of
records with column names that `core.data.importers.tables.table` knows.
"""

from collections.abc import Callable, Iterator
from typing import Any

#: Columns that identify records as articles of an export, whose caption repeats them.
EXPORTED = {"article_id", "title", "text"}

Record = dict[str, Any]
Layout = tuple[Callable[[Any], bool], Callable[[Any], Iterator[Record]], str]


def _is_coco(document: Any) -> bool:
    return (
        _has_lists(document, "images", "annotations")
        and "caption" in document["annotations"][0]
        and "image_id" in document["annotations"][0]
    )


def _coco(document: Any) -> Iterator[Record]:
    """Yield an article for each annotation with its other fields; for an export, the article's columns instead.

    `file_name` names the image, or its id, padded to twelve digits as in COCO. The image's id is this number, unless
    the image has an `image_id`, as in an export.
    """
    images = {image["id"]: image for image in document["images"]}
    for annotation in document["annotations"]:
        number = annotation["image_id"]
        image = images.get(number, {})
        further = {name: value for name, value in annotation.items() if not isinstance(value, list | dict)}
        columns = {"id": annotation.get("id", ""), "caption": annotation["caption"]}
        if further.keys() >= EXPORTED:
            columns = {}
            del further["id"], further["caption"]
        yield (
            further
            | columns
            | {
                "image_id": image.get("image_id", number),
                "image": image.get("file_name", f"{number:0>12}.jpg"),
            }
        )


def _is_karpathy(document: Any) -> bool:
    return _has_lists(document, "images") and isinstance(document["images"][0].get("sentences"), list)


def _karpathy(document: Any) -> Iterator[Record]:
    """Yield an article for each sentence, with the split of its image."""
    for image in document["images"]:
        folder = image.get("filepath")
        name = f"{folder}/{image['filename']}" if folder else image["filename"]
        for number, sentence in enumerate(image["sentences"]):
            yield {
                "id": sentence.get("sentid", f"{image.get('imgid', image['filename'])}#{number}"),
                "caption": sentence.get("raw") or " ".join(sentence.get("tokens", ())),
                "image_id": image.get("imgid", ""),
                "image": name,
                "split": image.get("split", ""),
            }


def _is_goodnews(document: Any) -> bool:
    if not isinstance(document, dict) or not document:
        return False
    first = next(iter(document.values()))
    return isinstance(first, dict) and isinstance(first.get("images"), dict)


def _goodnews(document: Any) -> Iterator[Record]:
    """Yield an article for each image: the headline and the image's caption; the file is ``ARTICLE_NUMBER.jpg``."""
    for article_id, article in document.items():
        headline = article.get("headline", "")
        for number, caption in article.get("images", {}).items():
            yield {
                "id": f"{article_id}_{number}",
                "title": headline.get("main", "") if isinstance(headline, dict) else headline,
                "caption": caption,
                "image": f"{article_id}_{number}.jpg",
                "url": article.get("article_url", article.get("web_url", "")),
                "article_id_of_source": article_id,
            }


def _has_lists(document: Any, *names: str) -> bool:
    """Return True if the document is an object with non-empty lists of objects under these names."""
    return isinstance(document, dict) and all(
        isinstance(document.get(name), list) and document[name] and isinstance(document[name][0], dict)
        for name in names
    )


LAYOUTS: tuple[Layout, ...] = (
    (_is_coco, _coco, "COCO captions"),
    (_is_karpathy, _karpathy, "Karpathy's splits"),
    (_is_goodnews, _goodnews, "GoodNews"),
)
