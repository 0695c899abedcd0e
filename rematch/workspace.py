"""Workspaces: the folders with domains and runs, and the import of domains."""

from collections.abc import Mapping
from dataclasses import fields
from os import PathLike
from pathlib import Path

from core.data.dates import DateChoices, DayOrder
from core.data.importers import ColumnNames, ImportChoices, SourceOptions, import_domain, named_test_set
from core.data.importers.options import Captions
from core.data.time_split import SplitGroups
from core.encoders.choices import DeviceChoice
from core.errors import InputError
from core.workspace.folders import default_workspace
from rematch.domain import Domain

FilePath = str | PathLike[str]


class Workspace:
    """The folders that Rematch works in.

    Args:
        root: folder of domains, runs and tags, created when needed; if not given, the environment variable
            REMATCH_WORKSPACE, else `workspace` in the current folder.
        cache: folder of derived files, safe to delete; if not given, REMATCH_CACHE, else `cache`.
        device: device of the models: `auto` (cuda, else mps, else cpu), `cpu`, `cuda` or `mps`.

    Examples:
        >>> ws = rm.Workspace("workspace", cache="cache")
        >>> ws.domains()
        ['my-news']
    """

    def __init__(
        self, root: FilePath | None = None, cache: FilePath | None = None, device: DeviceChoice = "auto"
    ) -> None:
        self._folders = default_workspace(_path(root), _path(cache))
        self._device = device

    @property
    def root(self) -> Path:
        """The folder of domains, runs and tags, absolute."""
        return self._folders.root

    @property
    def cache(self) -> Path:
        """The folder of derived files, absolute."""
        return self._folders.cache

    def domains(self) -> list[str]:
        """Return the names of all domains, sorted.

        Examples:
            >>> ws.domains()
            ['my-news']
        """
        return self._folders.domain_slugs()

    def domain(self, name: str) -> Domain:
        """Return the domain called `name`. Raises InputError that lists the existing domains.

        Examples:
            >>> ws.domain("my-news")
            <Domain 'my-news': 60 articles (train 48, val 12), 1 run>
        """
        return Domain(self._folders, name, self._device)

    def import_domain(
        self,
        source: FilePath,
        name: str,
        images: FilePath | None = None,
        *,
        title: str | None = None,
        language: str | None = None,
        columns: Mapping[str, str] | None = None,
        copy_images: bool = False,
        replace: bool = False,
        encoding: str | None = None,
        captions: Captions = "all",
        truncated_images: bool = False,
        day_order: DayOrder | None = None,
        date_format: str | None = None,
        split_groups: SplitGroups = "image",
        ignore_split: bool = False,
        test_articles: FilePath | None = None,
        test_images: FilePath | None = None,
        ground_truth: FilePath | None = None,
        test_encoding: str | None = None,
    ) -> Domain:
        """Read articles and their images into a new domain, split in time into train and val.

        Args:
            source: a table, a NewsImages release, shards, or another collection that `rematch import` reads.
            name: of the new domain: lower-case letters, digits and single hyphens.
            images: folder of the images, if they are not in the folder of the table.
            title: display name of the domain; `name` if not given.
            language: two letters, for articles that do not state theirs.
            columns: role → column of the table, for columns that are not recognised. Roles: id, title, text,
                title_en, text_en, image, language, date, url.
            copy_images: copy the images into the workspace.
            replace: replace the domain if it exists.
            encoding: of the table; detected if not given.
            captions: several captions of one image: `all` (an article each), `first` or `joined`.
            truncated_images: accept truncated JPEGs; copies the images.
            day_order: order in dates such as 3/4/2023, `day first` or `month first`; detected if not given.
            date_format: of all dates, as for `strptime`.
            split_groups: articles that the split keeps together: those of one `image`, or `none`.
            ignore_split: split in time even if the table has a column `split`.
            test_articles: list of the articles of a separate test set, or a folder or ZIP with both lists.
            test_images: list of the images of the test set; in `test_articles` if not given.
            ground_truth: file that names the image of each test article.
            test_encoding: of the test set's files; detected if not given.

        Raises:
            InputError: the domain exists, unknown role, fewer than 20 usable pairs, or unreadable input.

        Examples:
            >>> domain = ws.import_domain("articles.csv", name="tweets", columns={"title": "title"}, language="en")
            >>> domain.articles["split"].value_counts().to_dict()
            {'train': 48, 'val': 12}
        """
        import_domain(
            Path(source),
            self._folders.domain_folder(name),
            columns=_columns(columns or {}),
            title=title,
            language=language,
            images=_path(images),
            copy_images=copy_images,
            replace_existing=replace,
            test=named_test_set(_path(test_articles), _path(test_images), _path(ground_truth), test_encoding),
            options=SourceOptions(encoding, captions, truncated_images),
            choices=ImportChoices(DateChoices(day_order, date_format), split_groups, not ignore_split),
        )
        return self.domain(name)

    def __repr__(self) -> str:
        return f"<Workspace {str(self.root)!r}>"


def _path(path: FilePath | None) -> Path | None:
    return None if path is None else Path(path)


def _columns(columns: Mapping[str, str]) -> ColumnNames:
    roles = [field.name for field in fields(ColumnNames)]
    if unknown := [role for role in columns if role not in roles]:
        raise InputError(f"columns: '{unknown[0]}' is not a role; expected one of {', '.join(roles)}.")
    return ColumnNames(**columns)
