"""Cache of translated sentences, so that no sentence is translated twice, even after kill -9.

One SQLite file per model: committed rows survive however the process ends.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.storage.disk_errors import DiskError, disk_errors_for
from core.storage.files import fingerprint

#: SQLite's error codes for a damaged file. A full or read-only disk has other codes.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


class TranslationCache:
    """Sentence → translation by one model. A damaged file is replaced by an empty one.

    Each row has a checksum, since a changed letter does not corrupt a page of the file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        with disk_errors_for(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _opened(file)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) not in _DAMAGED:
                raise _unusable(file, error) from None
            file.unlink()
            self._connection = _opened(file)

    def __enter__(self) -> "TranslationCache":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def known(self, sentences: Iterable[str]) -> dict[str, str]:
        """Return sentence → translation for the cached sentences."""
        find = "SELECT sentence, translation, seal FROM translations WHERE sentence = ?"
        rows = (self._connection.execute(find, (sentence,)).fetchone() for sentence in sentences)
        return {row[0]: row[1] for row in rows if row is not None and row[2] == fingerprint(row[0], row[1])}

    def add(self, translations: Mapping[str, str]) -> None:
        """Add translations; they are on disk when this returns. Raises DiskError."""
        rows = [(sentence, english, fingerprint(sentence, english)) for sentence, english in translations.items()]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO translations VALUES (?, ?, ?)", rows)
        except sqlite3.OperationalError as error:  # disk full, or no permission to write
            raise _unusable(self._file, error) from None


def _unusable(file: Path, error: sqlite3.DatabaseError) -> DiskError:
    return DiskError(
        f"{file} cannot be written: {error}. Free some space or get permission to write there, then try again; "
        f"finished translations are not lost."
    )


def _opened(file: Path) -> sqlite3.Connection:
    """Open or create the file. Raises sqlite3.DatabaseError if it is damaged."""
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
