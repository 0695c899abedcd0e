"""Import of articles from many formats. Each reader returns a SourceTable; no other code depends on the formats."""

import re
from dataclasses import replace
from pathlib import Path

from core.data.domain import load_domain
from core.data.importers.build_domain import ImportResult, build_domain, save_import
from core.data.importers.containers import zip_source
from core.data.importers.images.image_store import ImageStore
from core.data.importers.images.truncated import copy_with_ends
from core.data.importers.options import SourceOptions
from core.data.importers.readers import holds_images, read_source
from core.data.importers.source_table import ColumnNames, ImportChoices, SourceTable, unread_notes
from core.data.importers.test_set import TestSet, add_test_set, check_lists, named_test_set, unpack_test_lists
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
    """Check the arguments and read the table before any image is decoded.

    Returns the table; None for a ZIP or a source with images inside, which must be unpacked first. Raises InputError:
    the domain exists and must not be replaced, no such language, and the errors of `read_source` and `check_lists`.
    """
    if (folder / "domain.toml").exists() and not replace_existing:
        raise InputError(f"domain '{folder.name}' already exists; add --replace to import it again.")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise InputError(f"'{language}' is not a language code: use two letters, such as 'de' or 'en'.")
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
    """Import `source` as the domain `folder`; an old domain stays unchanged until the new one is complete.

    ZIPs are unpacked first and their images copied; a ZIP of the test set makes the import copy all images. Raises
    InputError as `check_first`, `unpack_source`, `build_domain` and `add_test_set`.
    """
    with lock_domain(folder):
        listing = check_first(source, folder, columns, language, replace_existing, test, options)
        with staged_folder(folder) as fresh:
            unpacked, lists = fresh.with_name("unpacked"), fresh.with_name("test-lists")
            try:
                store = None
                if test is not None and test.is_packed:
                    test, copy_images = unpack_test_lists(test, lists), True
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
                result = build_domain(listing, fresh, title or folder.name, language, where, copied, choices)
                if own_images:
                    result = _with_own_images(result)
                if test is not None:
                    result = add_test_set(result, test, images, copy_images, choices)
                result = replace(result, notes=[*result.notes, *unread_notes(result.unread)])
                save_import(result)
            except InputError as error:  # the unpacked files are deleted before the user reads the message
                message = str(error).replace(f"{unpacked}/", "").replace(str(unpacked), source.name)
                message = re.sub(rf"{re.escape(str(lists))}(/(articles|images))?/?", "", message)
                raise InputError(message.replace(str(fresh / "images"), f"the images of {source.name}")) from None
        return replace(result, domain=load_domain(folder))


def _with_own_images(result: ImportResult) -> ImportResult:
    """Return the result with a relative image folder: the images are in the domain's folder, which is renamed."""
    domain = result.domain
    return replace(result, domain=replace(domain, info=replace(domain.info, images="images")))


def _read_zip(source: Path, columns: ColumnNames, options: SourceOptions, folder: Path) -> SourceTable:
    """Unpack a ZIP into `folder` and return the table in it."""
    file = zip_source.unpack_source(source, folder)
    store = ImageStore(folder / "inside", options.truncated_images) if holds_images(file) else None
    listing = read_source(file, columns, options, store)
    images = None if store else zip_source.image_folder_of(file, folder)
    return replace(listing, source=source, images=images or listing.images)
