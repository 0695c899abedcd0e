"""Verbs that make domains: `demo` and `import`."""

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

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
from core.errors import InputError
from core.presentation.audit_table import audit_sentences
from core.presentation.import_preview import description_lines
from core.presentation.import_report import import_sentences, report_file

Column = Annotated[str | None, typer.Option(help="Name of that column, if it is not recognised.")]


def demo(
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the app shows the progress.")] = False,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the three synthetic demo domains, fine-tune and sweep each. What is there already is left as it is."""
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
            help="A NewsImages release, a table, shards or another collection (README), or a ZIP of a table."
        ),
    ],
    domain: Annotated[str | None, typer.Option("--domain", help="Slug of the new domain, as in my-news.")] = None,
    describe_only: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read and found, and do nothing.")
    ] = False,
    title: Annotated[str | None, typer.Option(help="Name shown for the domain.")] = None,
    language: Annotated[str | None, typer.Option(help="Two letters, for articles that do not say theirs.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the images, if not beside the table.")] = None,
    copy_images: Annotated[bool, typer.Option("--copy-images", help="Copy the images into the workspace.")] = False,
    test_articles: Annotated[
        Path | None, typer.Option(help="Articles of a test set: its list, or the folder or ZIP of both lists.")
    ] = None,
    test_images: Annotated[
        Path | None,
        typer.Option(help="Images of the test set: another list, or a ZIP of it; in --test-articles if not given."),
    ] = None,
    ground_truth: Annotated[
        Path | None, typer.Option(help="Which image is whose in the test set; can be added later with ground-truth.")
    ] = None,
    test_encoding: Annotated[
        str | None, typer.Option(help="Encoding of the test set's lists and ground truth; detected if not given.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the domain if it exists.")] = False,
    day_first: Annotated[bool, typer.Option("--day-first", help="Read dates such as 3/4/2023 as 3 April.")] = False,
    month_first: Annotated[bool, typer.Option("--month-first", help="Read 3/4/2023 as 4 March.")] = False,
    date_format: Annotated[
        str | None, typer.Option(help="How all dates are written, as for strptime: '%d.%m.%Y %H:%M'.")
    ] = None,
    split_groups: Annotated[
        SplitGroups, typer.Option(help="Articles that stay on one side of the split in time: of one image, or none.")
    ] = "image",
    ignore_split: Annotated[
        bool, typer.Option("--ignore-split", help="Split in time even if the table has a column split.")
    ] = False,
    id_column: Column = None,
    title_column: Column = None,
    text_column: Column = None,
    title_en_column: Column = None,
    text_en_column: Column = None,
    image_column: Column = None,
    language_column: Column = None,
    date_column: Column = None,
    url_column: Column = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the table, as in gb18030 or utf-16; detected if not given.")
    ] = None,
    captions: Annotated[
        Captions, typer.Option(help="Several captions of one image: all (an article each), first, or joined into one.")
    ] = "all",
    truncated_images: Annotated[
        bool,
        typer.Option("--truncated-images", help="Use JPEGs that were cut off, grey below; copies the images."),
    ] = False,
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read articles and their images into a domain, split in time into train and val."""
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
        raise InputError("--day-first and --month-first exclude each other; give one of them.")
    order: DayOrder | None = "day first" if day_first else "month first" if month_first else None
    choices = ImportChoices(DateChoices(order, date_format), split_groups, not ignore_split)
    if describe_only:
        described = describe(source, columns, images, choices.dates, options)
        answer(as_json, asdict(described), "\n".join(description_lines(described)))
        return
    if domain is None:
        raise InputError("Missing option '--domain': the slug of the new domain, as in my-news.")
    test = named_test_set(test_articles, test_images, ground_truth, test_encoding)
    workspace = workspace_of(root, cache)
    with remove_uploads_after([source, test_articles, test_images, ground_truth], workspace.root):
        intake = import_domain(
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
    answer(as_json, _record(intake), _sentences(intake), f"train --domain {domain}")


def fetch_images(
    source: Annotated[
        Path | None, typer.Argument(help="The table with the addresses, as for import; or a test set's images.")
    ] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="Instead: what this domain's import missed.")] = None,
    out: Annotated[
        Path | None, typer.Option("--output", help="Folder to fetch into; with --domain its folder of images.")
    ] = None,
    image_column: Annotated[
        str | None, typer.Option(help="Column that holds the addresses, if it is not recognised.")
    ] = None,
    pause: Annotated[float, typer.Option(help="Seconds between two requests to one host.", min=0.0)] = 1.0,
    root: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download a table's images by their addresses, if you may. Asked again, it goes on with what is missing."""
    from core.data.importers.images.download import FAILURES, download_images, wanted_images

    be_quiet(as_json)
    if (source is None) == (domain is None):
        raise InputError("fetch-images needs either a SOURCE or --domain SLUG.")
    columns = ColumnNames(image=image_column)
    again = ["--domain", domain or "SLUG"]
    if domain is not None:
        loaded = workspace_of(root, None).load_domain(domain)
        source, out = _source_of(loaded), out or loaded.images_root
        columns = ColumnNames(**loaded.info.columns | columns.given())
        again += ["--replace", "--title", loaded.info.title, *loaded.info.options]
    if source is None or out is None:
        raise InputError("fetch-images SOURCE needs --output DIR, the folder to fetch into.")
    fetched = download_images(wanted_images(read_listed(source, columns)), out, pause)
    again += [word for option, name in columns.options().items() for word in (f"--{option}", name)]
    lines = [
        f"{fetched.fetched} images fetched into {out}, {fetched.there} were there, {len(fetched.failures)} failed."
    ]
    if fetched.failures:
        lines.append(f"each that failed, with its reason: {out / FAILURES}; the same command tries them again.")
    then = shlex.join(["import", str(source), *again, "--images", str(out)])
    answer(as_json, asdict(fetched) | {"out": str(out)}, "\n".join(lines), then)


def _source_of(domain: Domain) -> Path:
    """What a domain was imported from. Raises InputError if it is not there any more."""
    source = Path(domain.info.source)
    if not source.exists():
        raise InputError(
            f"domain '{domain.info.slug}' was imported from {source}, which is not there (any more); name its table: "
            f"rematch fetch-images TABLE --output DIR"
        )
    return source


def _record(intake: ImportResult) -> dict:
    info, splits = intake.domain.info, intake.domain.articles["split"].value_counts()
    return {
        "domain": info.slug,
        "listed": intake.listed,
        "usable": len(intake.domain.articles),
        "left_out": intake.left_out,
        "splits": {str(split): int(count) for split, count in splits.items()},
        "split_by": info.split_by,
        "language": info.language,
        "languages": {str(name): int(n) for name, n in intake.domain.articles["language"].value_counts().items()},
        "english": intake.domain.has_english,
        "test_pictures": None if intake.domain.test_images is None else len(intake.domain.test_images),
        "judged": len(intake.domain.labelled("test")),
        "notes": intake.notes,
        "audit": asdict(intake.audit),
        "report": str(report_file(intake.domain)),
    }


def _sentences(intake: ImportResult) -> str:
    """What was counted first, the outcome last: there a terminal stands, and a page shows the last lines of a job."""
    lines = ["pairs to look at:", *(f"  {pair.article_id}: {pair.file}  {pair.text}" for pair in intake.audit.pairs)]
    lines += [*audit_sentences(intake.audit), *intake.notes, *import_sentences(intake.domain, intake.left_out)]
    if intake.left_out:
        lines.append(f"each row left out, with its reason: {report_file(intake.domain)}")
    return "\n".join(lines)
