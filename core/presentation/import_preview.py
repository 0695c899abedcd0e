"""Preview of an import in readable lines."""

from core.data.images.decoding import SUFFIXES
from core.data.importers.preview import Description

_SHOWN = 100  # characters of a cell


def description_lines(described: Description) -> list[str]:
    """Return lines on format, files, columns, a sample, images and dates."""
    lines = [f"format: {described.format}"]
    lines += [
        f"file: {file.name}, {file.encoding}, {file.rows} rows, columns {', '.join(file.columns)}"
        for file in described.files
    ]
    taken = ", ".join(f"{column} as {role}" for role, column in described.columns.items())
    ignored = f"; other columns: {', '.join(described.ignored)}" if described.ignored else ""
    lines.append(f"columns taken: {taken}{ignored}")
    lines.append(
        f"articles: {described.articles}, {described.with_text} with a text, {described.with_english} with an English "
        f"version"
    )
    lines.append("the first article:")
    lines += [f"  {name}: {_short(value)}" for name, value in described.sample.items()]
    names = ", ".join(f"'{example}' ({column})" for column, example in described.by.items())
    lines.append(
        f"images: found for {described.found} of {described.articles} articles in {described.looked_in} and its "
        f"subfolders ({described.pictures} images), by names such as {names} with or without one of "
        f"{', '.join(sorted(SUFFIXES))}"
    )
    dates = f"{described.first_date} to {described.last_date}" if described.first_date else "none"
    lines.append(f"dates: {dates}; split in time by {described.order}")
    return [*lines, *described.notes, "nothing was imported."]


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
