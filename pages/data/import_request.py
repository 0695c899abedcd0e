"""The import that a user requests with the form of the Data page, and its command."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from core.data.importers import ColumnNames, ImportChoices, SourceOptions, TestSet, named_test_set
from core.data.importers.containers.zip_source import recognises
from core.data.importers.readers import holds_images
from core.errors import InputError
from pages.shared.form_words import IMAGES_FOLDER
from pages.shared.paths import typed_path


@dataclass(frozen=True)
class ImportRequest:
    """A requested import, without its source.

    Paths are as typed until `located` makes them absolute. test_lists: path for each option of TEST_LISTS; "" for none.
    """

    slug: str
    title: str
    language: str
    images: str
    copy_images: bool
    replace: bool
    columns: ColumnNames
    test_lists: dict[str, str]
    choices: ImportChoices = field(default_factory=ImportChoices)
    options: SourceOptions = field(default_factory=SourceOptions)

    @property
    def test(self) -> TestSet | None:
        """The test set; None if there is none. Raises InputError if the list of its articles is missing."""
        articles, images, truth = (Path(path) if path else None for path in self.test_lists.values())
        return named_test_set(articles, images, truth)

    def located(self) -> "ImportRequest":
        """Return the request with absolute paths; uploaded lists are added afterwards.

        Raises InputError as `typed_path`, or if the folder of the images does not exist.
        """
        lists = {option: typed_path(path) for option, path in self.test_lists.items()}
        images = typed_path(self.images)
        if images and not Path(images).is_dir():
            what = "is a file" if Path(images).is_file() else "does not exist"
            raise InputError(f"“{IMAGES_FOLDER}”: '{images}' {what}. Type the path of the folder with the images.")
        return replace(self, images=images, test_lists=lists)

    def check_uploaded_images(self, source: Path) -> None:
        """Check that the uploaded table, and the list of the test set's images, have images. Raises InputError."""
        test = self.test
        elsewhere = f"type the path of their folder under “{IMAGES_FOLDER}”, or "
        for path, hint in ((source, elsewhere), (test and (test.images or test.articles), "")):
            if path and not (self.images or recognises(path) or holds_images(path)):
                raise InputError(
                    f"'{path.name}' has no images. To add them, {hint}upload a ZIP of the table with its images."
                )

    def verb(self, source: Path) -> list[str]:
        """Return the words after ``rematch``; `--option=value`, so that no value is read as an option."""
        values = {"domain": self.slug, "title": self.title, "language": self.language, "images": self.images}
        values |= self.test_lists | self.columns.options()
        flags = {"copy-images": self.copy_images, "replace": self.replace}
        options = [f"--{option}={value}" for option, value in values.items() if value]
        options += self.choices.options() + self.options.options()
        return ["import", str(source), *options, *(f"--{flag}" for flag, on in flags.items() if on)]
