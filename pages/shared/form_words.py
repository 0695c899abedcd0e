"""Labels of the import form for the options of `rematch import`, and messages translated to these labels."""

import re

from core.data.importers import ColumnNames

IMAGES_FOLDER = "Folder of the images"
REPLACE = "Replace the domain if it exists"
ENCODING = "Encoding of the table"
CAPTIONS = "Several captions of one image"
TRUNCATED = "Use JPEGs that were cut off"
DAY_ORDER = "Dates such as 3/4/2023"
DATE_FORMAT = "Format of all dates"
SHARED_IMAGES = "Keep articles that share an image on one side of the split"
OWN_SPLIT = "Use the table's own column split"
#: Options of a test set and their labels.
TEST_LISTS = {"test-articles": "Its articles", "test-images": "Its images", "ground-truth": "Its ground truth"}

_LABELS = {
    "images": IMAGES_FOLDER,
    "replace": REPLACE,
    "encoding": ENCODING,
    "captions": CAPTIONS,
    "truncated-images": TRUNCATED,
    "date-format": DATE_FORMAT,
    "day-first": f"{DAY_ORDER}: day first",
    "month-first": f"{DAY_ORDER}: month first",
    "split-groups": SHARED_IMAGES,
    "language": "Language",
    "title": "Title",
    "domain": "Slug",
    **TEST_LISTS,
}
_OPTION = re.compile(r"--(?P<name>[a-z]+(?:-[a-z]+)*)(?: DIR)?(?![\w-])")
_COMMAND = re.compile(r"rematch .*")


def column_label(role: str) -> str:
    """Return the label of the field for a column in ColumnNames."""
    return f"{role.replace('_', '-')} column"


def in_form_words(text: str) -> str:
    """Replace options in the sentences of `text` by the labels of the form; whole commands stay as they are."""
    sentences, command = text, ""
    if (found := _COMMAND.search(text)) is not None:
        sentences, command = text[: found.start()], found[0] + text[found.end() :]
    sentences = sentences.replace("add --ignore-split", f"clear “{OWN_SPLIT}”").replace("add --", "choose --")
    return _OPTION.sub(_label, sentences) + command


def _label(option: re.Match[str]) -> str:
    columns = {f"{role.replace('_', '-')}-column": column_label(role) for role in ColumnNames.__annotations__}
    label = (_LABELS | columns).get(option["name"])
    return option[0] if label is None else f"“{label}”"
