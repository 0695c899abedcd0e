"""What a model has translated, kept sentence by sentence, so that nothing is translated twice, not even after kill -9.

A SQLite file for each model: what was committed is there whenever and however the process ends.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.files import fingerprint


class TranslationCache:
    """Sentence → its translation by one model. A file that is damaged is begun anew: it can be made again.

    Each row has a checksum, since a changed letter damages no page of the file.
    """

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened(file)
        except sqlite3.DatabaseError:
            file.unlink()
            self._connection = _opened(file)

    def __enter__(self) -> "TranslationCache":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def known(self, sentences: Iterable[str]) -> dict[str, str]:
        """The translations that are there."""
        find = "SELECT sentence, translation, seal FROM translations WHERE sentence = ?"
        rows = (self._connection.execute(find, (sentence,)).fetchone() for sentence in sentences)
        return {row[0]: row[1] for row in rows if row is not None and row[2] == fingerprint(row[0], row[1])}

    def keep(self, translations: Mapping[str, str]) -> None:
        """Add translations; they are on disk when this returns."""
        with self._connection:
            rows = [(sentence, said, fingerprint(sentence, said)) for sentence, said in translations.items()]
            self._connection.executemany("INSERT OR REPLACE INTO translations VALUES (?, ?, ?)", rows)


def _opened(file: Path) -> sqlite3.Connection:
    """Raises sqlite3.DatabaseError if the file is not what was written."""
    connection = sqlite3.connect(file, timeout=60)  # another process may be committing
    try:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS translations (sentence TEXT PRIMARY KEY, translation TEXT, seal TEXT)"
        )
        connection.execute("SELECT sentence, translation, seal FROM translations LIMIT 1")
        if connection.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError(f"{file} is damaged")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection
