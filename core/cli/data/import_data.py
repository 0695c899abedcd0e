"""Commands that create domains: `demo`, `import` and `fetch-images`."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.options import (
    CacheOption,
    DeviceOption,
    JsonOption,
    WorkspaceOption,
    answer,
    be_quiet,
    workspace_of,
)
from core.data.dates import DateChoices, DayOrder
from core.data.demo import DEMO_DOMAINS
from core.data.domain import Domain
from core.data.importers import ImportChoices, ImportResult, import_domain, named_test_set
from core.data.importers.options import Captions, SourceOptions
from core.data.importers.preview import describe
from core.data.importers.readers import read_listed
from core.data.importers.source_table import ColumnNames
from core.data.importers.uploads import remove_uploads_after
from core.data.time_split import SplitGroups
from core.errors import InputError, counted
from core.presentation.audit_table import audit_sentences
from core.presentation.import_preview import description_lines
from core.presentation.import_report import import_sentences, report_file


def _column(content: str) -> Any:
    """Return an option that names the column with `content`."""
    return typer.Option(metavar="COLUMN", help=f"Read {content} from this column. Default: recognise it by its name.")


IdColumn = Annotated[str | None, _column("the article ids")]
TitleColumn = Annotated[str | None, _column("the titles")]
TextColumn = Annotated[str | None, _column("the texts")]
EnglishTitleColumn = Annotated[str | None, _column("the English titles")]
EnglishTextColumn = Annotated[str | None, _column("the English texts")]
ImageColumn = Annotated[str | None, _column("the names of the image files")]
LanguageColumn = Annotated[str | None, _column("the languages (two letters, such as de)")]
DateColumn = Annotated[str | None, _column("the publication dates")]
UrlColumn = Annotated[str | None, _column("the web addresses of the articles")]


def demo(
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background and return at once. The app shows the progress.")
    ] = False,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create the three demo domains. They are synthetic, and each gets a swept run. Existing parts stay unchanged."""
    from core.experiment.demo import missing_steps, prepare_demo
    from core.jobs import background
    from core.jobs.job import DEMO

    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    missing = missing_steps(workspace)
    if detach and missing:
        background.start(workspace, DEMO, ["demo", "--device", device])
    elif missing:
        prepare_demo(workspace, device, lambda step: None if as_json else print(step, flush=True))
    slugs = [demo_domain.slug for demo_domain in DEMO_DOMAINS]
    state = "in the making" if detach and missing else "ready"
    text = f"demo {state} (synthetic): {', '.join(slugs)}."
    answer(as_json, {"domains": slugs, "synthetic": True, "state": state}, text, f"report --domain {slugs[0]}")


def import_(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="Read this file or folder: a table (CSV, TSV, JSON, Excel, Parquet), a ZIP of a table and its images, "
            "a NewsImages release, WebDataset shards or another collection that docs/import.md lists.",
        ),
    ],
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="SLUG", help="Give the new domain this slug, such as my-news.")
    ] = None,
    describe_only: Annotated[
        bool, typer.Option("--dry-run", help="Report what the import would read and find, and write nothing.")
    ] = False,
    title: Annotated[str | None, typer.Option(help="Show this name in the app. Default: made from the slug.")] = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Set the language (two letters, such as en) of articles without one. Default: detect it.",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Find the images in this folder. Default: the folder of the table."),
    ] = None,
    copy_images: Annotated[
        bool,
        typer.Option("--copy-images", help="Copy the images into the workspace. Default: read them where they are."),
    ] = False,
    test_articles: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Add the articles of a test set: a table, or a folder or ZIP with the tables of its articles "
            "and images.",
        ),
    ] = None,
    test_images: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Add the images of the test set: a table or a ZIP of it. Default: find it in --test-articles.",
        ),
    ] = None,
    ground_truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Add the ground truth of the test set, or add it later with the command ground-truth.",
        ),
    ] = None,
    test_encoding: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Read the files of the test set in this character encoding. Default: detect it.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an existing domain with the same slug.")] = False,
    day_first: Annotated[bool, typer.Option("--day-first", help="Read dates such as 3/4/2023 as 3 April.")] = False,
    month_first: Annotated[bool, typer.Option("--month-first", help="Read dates such as 3/4/2023 as 4 March.")] = False,
    date_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORMAT", help="Read all dates in this format of Python's strptime, such as '%d.%m.%Y %H:%M'."
        ),
    ] = None,
    split_groups: Annotated[
        SplitGroups,
        typer.Option(
            help="Put all articles with the same image into the same split (image), or split by time alone (none)."
        ),
    ] = "image",
    ignore_split: Annotated[
        bool, typer.Option("--ignore-split", help="Split by time even if the table has a column named split.")
    ] = False,
    id_column: IdColumn = None,
    title_column: TitleColumn = None,
    text_column: TextColumn = None,
    title_en_column: EnglishTitleColumn = None,
    text_en_column: EnglishTextColumn = None,
    image_column: ImageColumn = None,
    language_column: LanguageColumn = None,
    date_column: DateColumn = None,
    url_column: UrlColumn = None,
    encoding: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Read the table in this character encoding, such as gb18030 or utf-16. Default: detect it.",
        ),
    ] = None,
    captions: Annotated[
        Captions,
        typer.Option(
            help="Make an article of every caption of an image (all), of the first one, or of all joined into one text."
        ),
    ] = "all",
    truncated_images: Annotated[
        bool,
        typer.Option(
            "--truncated-images", help="Use JPEG files that end too early; the missing part is grey. Copies the images."
        ),
    ] = False,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a domain from articles and their images. The first 80 % in time are train, the last 20 % are val."""
    be_quiet(as_json)
    columns = ColumnNames(
        id=id_column,
        title=title_column,
        text=text_column,
        title_en=title_en_column,
        text_en=text_en_column,
        image=image_column,
        language=language_column,
        date=date_column,
        url=url_column,
    )
    options = SourceOptions(encoding, captions, truncated_images)
    if day_first and month_first:
        raise InputError("--day-first and --month-first contradict each other. Give only one of them.")
    order: DayOrder | None = "day first" if day_first else "month first" if month_first else None
    choices = ImportChoices(DateChoices(order, date_format), split_groups, not ignore_split)
    if describe_only:
        described = describe(source, columns, images, choices.dates, options)
        answer(as_json, asdict(described), "\n".join(description_lines(described)))
        return
    if domain is None:
        raise InputError("Missing option '--domain': give the new domain a slug, such as my-news.")
    test = named_test_set(test_articles, test_images, ground_truth, test_encoding)
    workspace = workspace_of(root, cache)
    with remove_uploads_after([source, test_articles, test_images, ground_truth], workspace.root):
        imported = import_domain(
            source,
            workspace.domain_folder(domain),
            columns=columns,
            title=title,
            language=language,
            images=images,
            copy_images=copy_images,
            replace_existing=replace,
            test=test,
            options=options,
            choices=choices,
        )
    answer(as_json, _record(imported), _sentences(imported), f"train --domain {domain}")


def fetch_images(
    source: Annotated[
        Path | None,
        typer.Argument(
            metavar="SOURCE", help="Read the web addresses of the images from this table, or from a test set's list."
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option(
            "--domain", metavar="SLUG", help="Download the images that the import of this domain did not find."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FOLDER",
            help="Write the images into this folder. Default with --domain: the domain's image folder.",
        ),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Read the image addresses from this column. Default: recognise it by its name."
        ),
    ] = None,
    pause: Annotated[
        float, typer.Option(metavar="SECONDS", help="Wait this long between two requests to the same server.", min=0.0)
    ] = 1.0,
    root: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download the images of a table. Check first that you may. A second call fetches only missing images."""
    from core.data.importers.images.download import FAILURES, download_images, wanted_images

    be_quiet(as_json)
    if (source is None) == (domain is None):
        raise InputError("give either a SOURCE or --domain SLUG, and not both.")
    columns = ColumnNames(image=image_column)
    again = ["--domain", domain or "SLUG"]
    if domain is not None:
        loaded = workspace_of(root, None).load_domain(domain)
        source, out = _source_of(loaded), out or loaded.images_root
        columns = ColumnNames(**loaded.info.columns | columns.given())
        again += ["--replace", "--title", loaded.info.title, *loaded.info.options]
    if source is None or out is None:
        raise InputError("--output is missing: give the folder that the images of SOURCE are written to.")
    fetched = download_images(wanted_images(read_listed(source, columns)), out, pause)
    again += [word for option, name in columns.options().items() for word in (f"--{option}", name)]
    lines = [
        f"{counted(fetched.fetched, 'image')} downloaded into {out}, {fetched.there:,} already there, "
        f"{len(fetched.failures):,} failed."
    ]
    if fetched.failures:
        lines.append(f"failures with their reasons: {out / FAILURES}. Run the same command to try them again.")
    then = shlex.join(["import", str(source), *again, "--images", str(out)])
    answer(as_json, asdict(fetched) | {"out": str(out)}, "\n".join(lines), then)


def _source_of(domain: Domain) -> Path:
    """Return the path that a domain was imported from. Raises InputError if it does not exist any more."""
    source = Path(domain.info.source)
    if not source.exists():
        raise InputError(
            f"domain '{domain.info.slug}' was imported from {source}, which does not exist any more. Name its table: "
            f"rematch fetch-images TABLE --output FOLDER"
        )
    return source


def _record(imported: ImportResult) -> dict:
    info, splits = imported.domain.info, imported.domain.articles["split"].value_counts()
    return {
        "domain": info.slug,
        "listed": imported.listed,
        "usable": len(imported.domain.articles),
        "left_out": imported.left_out,
        "splits": {str(split): int(count) for split, count in splits.items()},
        "split_by": info.split_by,
        "language": info.language,
        "languages": {str(name): int(n) for name, n in imported.domain.articles["language"].value_counts().items()},
        "english": imported.domain.has_english,
        "test_images": None if imported.domain.test_images is None else len(imported.domain.test_images),
        "judged": len(imported.domain.labelled("test")),
        "notes": imported.notes,
        "audit": asdict(imported.audit),
        "report": str(report_file(imported.domain)),
    }


def _sentences(imported: ImportResult) -> str:
    """Return the output for a person: details first, the result last, where it is visible in a terminal or job log."""
    lines = [
        "examples of pairs, to check:",
        *(f"  {pair.article_id}: {pair.file}  {pair.text}" for pair in imported.audit.pairs),
    ]
    lines += [*audit_sentences(imported.audit), *imported.notes, *import_sentences(imported.domain, imported.left_out)]
    if imported.left_out:
        lines.append(f"rows that were left out, with their reasons: {report_file(imported.domain)}")
    return "\n".join(lines)
