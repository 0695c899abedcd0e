"""Index of the files in and below a folder, by name.

Only files listed here can be found, so no cell of a table can lead to another folder. Symbolic links are followed,
since the user chose the folder.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from core.data.images.decoding import SUFFIXES
from core.data.importers.images.name_index import NameIndex
from core.errors import InputError

MAX_FILES = 2_000_000  # links may make a folder look endless


class ImageFolder(NameIndex):
    """The files in and below `root`. Raises InputError if the folder does not exist.

    broken: number of broken symbolic links; misnamed: number of files or folders left out because their names are not
    UTF-8.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise InputError(f"the image folder {root} does not exist; set the right one with --images DIR.")
        self.root = root
        self.broken = self.misnamed = 0
        folders, identity = {root.name}, dict[str, tuple[int, int]]()
        for file, state in self._walk(folders):
            identity[file] = _identity_of(state)
            if len(identity) > MAX_FILES:
                raise InputError(f"{root} has more than {MAX_FILES:,} files; choose a folder with only the images.")
        self._count = sum(Path(file).suffix.lower() in SUFFIXES for file in identity)
        super().__init__(identity, root.absolute().parts[1:], folders)

    def _walk(self, folders: set[str]) -> Iterator[tuple[str, os.stat_result]]:
        """Yield the relative path and state of every file, ordered by path, and add folder names to `folders`.

        A folder that contains itself is read once.
        """
        waiting = [(self.root, "", frozenset[tuple[int, int]]())]
        while waiting:
            folder, relative, above = waiting.pop()
            try:
                here = _identity_of(folder.stat())
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:  # no permission to read the folder
                continue
            if here in above:
                continue
            inner = []
            for entry in entries:
                path = f"{relative}{entry.name}"
                if not path.isprintable() and not _is_utf_8(path):
                    self.misnamed += 1
                    continue
                try:
                    if entry.is_dir():
                        folders.add(entry.name)
                        inner.append((folder / entry.name, f"{path}/", above | {here}))
                    elif entry.is_file():
                        yield path, entry.stat()
                    elif entry.is_symlink():
                        self.broken += 1
                except OSError:  # a circular link
                    self.broken += 1
            waiting += reversed(inner)

    def __len__(self) -> int:
        return self._count


def _is_utf_8(name: str) -> bool:
    """Return whether a name is UTF-8; Python represents other bytes of file names as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _identity_of(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino
