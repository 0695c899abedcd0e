"""Reading the formats articles come in. Each reader ends in a Listing; nothing else knows those formats."""

import re
from dataclasses import replace
from pathlib import Path

from core.data.domain import load_domain
from core.data.importers import zipped
from core.data.importers.formats import read_source
from core.data.importers.intake import Intake, save_intake, take_in
from core.data.importers.listing import ColumnNames, ImportChoices, Listing
from core.data.importers.testset import TestSet, add_test_set, check_lists, named_test_set
from core.data.staging import changing, staged
from core.errors import InputError

__all__ = [
    "ColumnNames", "ImportChoices", "Intake", "TestSet", "check_first", "import_domain", "named_test_set",
    "read_source",
]  # fmt: skip

_LANGUAGE = re.compile("[a-z]{2}")  # ISO 639-1


def check_first(
    source: Path,
    folder: Path,
    columns: ColumnNames,
    language: str | None,
    replace_existing: bool,
    test: TestSet | None,
) -> Listing | None:
    """What can be told before any picture is looked at: the listing; None for a ZIP, which must be unpacked first.

    Raises InputError: the domain exists and is not to be replaced, no such language, or what `read_source` and
    `check_lists` raise.
    """
    if (folder / "domain.toml").exists() and not replace_existing:
        raise InputError(f"domain '{folder.name}' exists already; add --replace to import it anew.")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InputError(f"'{language}' is no language: expected its two letters, as in 'de' or 'en'.")
    if test is not None:
        check_lists(test)
    return None if zipped.recognises(source) else read_source(source, columns)


def import_domain(
    source: Path,
    folder: Path,
    *,
    columns: ColumnNames = ColumnNames(),
    title: str | None = None,
    language: str | None = None,
    images: Path | None = None,
    copy_images: bool = False,
    replace_existing: bool = False,
    test: TestSet | None = None,
    choices: ImportChoices = ImportChoices(),
) -> Intake:
    """Import `source` as the domain `folder`; the old domain stays whole until the new one is.

    A ZIP is unpacked first, and the pictures in it are copied.
    Raises InputError: what `check_first`, `unpack_source`, `take_in` and `add_test_set` raise.
    """
    with changing(folder):
        listing = check_first(source, folder, columns, language, replace_existing, test)
        with staged(folder) as fresh:
            unpacked = fresh.with_name("unpacked")
            try:
                is_zip = listing is None
                listing = listing or _read_zip(source, columns, unpacked)
                copy_images = copy_images or (is_zip and images is None)
                intake = take_in(listing, fresh, title or folder.name, language, images, copy_images, choices)
                if test is not None:
                    intake = add_test_set(intake, test, images, copy_images, choices)
                save_intake(intake)
            except InputError as error:  # what was unpacked is gone when the message is read
                raise InputError(str(error).replace(f"{unpacked}/", "").replace(str(unpacked), source.name)) from None
        return replace(intake, domain=load_domain(folder))


def _read_zip(source: Path, columns: ColumnNames, folder: Path) -> Listing:
    """The listing of the table in a ZIP, which is unpacked into `folder`."""
    file = zipped.unpack_source(source, folder)
    listing = read_source(file, columns)
    return replace(listing, source=source, images=zipped.images_beside(file, folder) or listing.images)
