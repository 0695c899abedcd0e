"""Reading the formats articles come in. Each reader ends in a Listing; nothing else knows those formats."""

import re
from dataclasses import replace
from pathlib import Path

from core.data.domain import load_domain
from core.data.importers.build_domain import ImportResult, build_domain, save_intake
from core.data.importers.containers import zip_source
from core.data.importers.images.image_store import ImageStore
from core.data.importers.images.truncated import copy_with_ends
from core.data.importers.options import SourceOptions
from core.data.importers.readers import holds_images, read_source
from core.data.importers.source_table import ColumnNames, ImportChoices, SourceTable, about_unread
from core.data.importers.test_set import TestSet, add_test_set, check_lists, named_test_set, unpacked_lists
from core.data.staging import lock_domain, staged_folder
from core.errors import InputError

__all__ = [
    "ColumnNames", "ImportChoices", "ImportResult", "SourceOptions", "TestSet", "check_first", "import_domain",
    "named_test_set", "read_source",
]  # fmt: skip

_LANGUAGE = re.compile("[a-z]{2}")  # ISO 639-1


def check_first(
    source: Path,
    folder: Path,
    columns: ColumnNames,
    language: str | None,
    replace_existing: bool,
    test: TestSet | None,
    options: SourceOptions = SourceOptions(),
) -> SourceTable | None:
    """What can be told before any image is looked at: the listing; None for a ZIP or images inside, unpacked first.

    Raises InputError: the domain exists and is not to be replaced, no such language, or what `read_source` and
    `check_lists` raise.
    """
    if (folder / "domain.toml").exists() and not replace_existing:
        raise InputError(f"domain '{folder.name}' exists already; add --replace to import it anew.")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InputError(f"'{language}' is no language: expected its two letters, as in 'de' or 'en'.")
    if test is not None:
        check_lists(test)
    return None if zip_source.recognises(source) or holds_images(source) else read_source(source, columns, options)


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
    options: SourceOptions = SourceOptions(),
    choices: ImportChoices = ImportChoices(),
) -> ImportResult:
    """Import `source` as the domain `folder`; the old domain stays whole until the new one is.

    ZIPs are unpacked first; then the images in them are copied, and all others, too, if one is of the test set.
    Raises InputError: what `check_first`, `unpack_source`, `build_domain` and `add_test_set` raise.
    """
    with lock_domain(folder):
        listing = check_first(source, folder, columns, language, replace_existing, test, options)
        with staged_folder(folder) as fresh:
            unpacked, lists = fresh.with_name("unpacked"), fresh.with_name("test-lists")
            try:
                store = None
                if test is not None and test.is_packed:
                    test, copy_images = unpacked_lists(test, lists), True
                if listing is None and holds_images(source):
                    store = ImageStore(fresh / "images", options.truncated_images)
                    listing = read_source(source, columns, options, store)
                elif listing is None:
                    listing = _read_zip(source, columns, options, unpacked)
                    copy_images = copy_images or images is None
                own_images = store is not None and images is None and listing.images == store.folder
                if options.truncated_images and not own_images:
                    ends = copy_with_ends(images or listing.images, fresh / "images")
                    listing = replace(listing, images=fresh / "images", notes=(*listing.notes, *ends))
                    own_images = True
                where = None if own_images else images
                copied = copy_images and not own_images
                intake = build_domain(listing, fresh, title or folder.name, language, where, copied, choices)
                if own_images:
                    intake = _with_own_images(intake)
                if test is not None:
                    intake = add_test_set(intake, test, images, copy_images, choices)
                intake = replace(intake, notes=[*intake.notes, *about_unread(intake.unread)])
                save_intake(intake)
            except InputError as error:  # what was unpacked is gone when the message is read
                said = str(error).replace(f"{unpacked}/", "").replace(str(unpacked), source.name)
                said = re.sub(rf"{re.escape(str(lists))}(/(articles|images))?/?", "", said)
                raise InputError(said.replace(str(fresh / "images"), f"the images of {source.name}")) from None
        return replace(intake, domain=load_domain(folder))


def _with_own_images(intake: ImportResult) -> ImportResult:
    """The intake of images that were written into the domain's own folder, which moves with it."""
    domain = intake.domain
    return replace(intake, domain=replace(domain, info=replace(domain.info, images="images")))


def _read_zip(source: Path, columns: ColumnNames, options: SourceOptions, folder: Path) -> SourceTable:
    """The listing of the table in a ZIP, which is unpacked into `folder`."""
    file = zip_source.unpack_source(source, folder)
    store = ImageStore(folder / "inside", options.truncated_images) if holds_images(file) else None
    listing = read_source(file, columns, options, store)
    beside = None if store else zip_source.images_beside(file, folder)
    return replace(listing, source=source, images=beside or listing.images)
