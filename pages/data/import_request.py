"""What the form of the Data page asks of the verb `import`."""

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
    """All but the source. test_lists: paths by their option, as TEST_LISTS; "" for none.

    Paths are as they were typed, until `located`.
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
        """The test set that comes with it. Raises InputError: lists without the one of the articles."""
        articles, images, truth = (Path(path) if path else None for path in self.test_lists.values())
        return named_test_set(articles, images, truth)

    def located(self) -> "ImportRequest":
        """The same with every path from the root. Raises InputError as `typed_path`, or if the images' folder is none.

        Uploaded lists are added afterwards.
        """
        lists = {option: typed_path(path) for option, path in self.test_lists.items()}
        images = typed_path(self.images)
        if images and not Path(images).is_dir():
            what = "is a file" if Path(images).is_file() else "does not exist"
            raise InputError(f"“{IMAGES_FOLDER}”: '{images}' {what}; name the folder that holds the images.")
        return replace(self, images=images, test_lists=lists)

    def check_uploaded_images(self, source: Path) -> None:
        """Raise InputError if the table `source`, or the list of the test set's images, is uploaded without images."""
        test = self.test
        pair = f"name their folder on the machine that runs the app under “{IMAGES_FOLDER}”, or "
        for path, way in ((source, pair), (test and (test.images or test.articles), "")):
            if path and not (self.images or recognises(path) or holds_images(path)):
                raise InputError(f"'{path.name}' comes without its images; {way}upload a ZIP of it with its images.")

    def verb(self, source: Path) -> list[str]:
        """The words after ``rematch``. Each value stands with its option, so that none is taken for one."""
        given = {"domain": self.slug, "title": self.title, "language": self.language, "images": self.images}
        given |= self.test_lists | self.columns.options()
        flags = {"copy-images": self.copy_images, "replace": self.replace}
        options = [f"--{option}={value}" for option, value in given.items() if value]
        options += self.choices.options() + self.options.options()
        return ["import", str(source), *options, *(f"--{flag}" for flag, on in flags.items() if on)]
