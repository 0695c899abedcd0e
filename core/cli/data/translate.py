"""The verb that gives a domain an English version: `translate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.options import (
    CacheOption,
    DeviceOption,
    DomainOption,
    JsonOption,
    WorkspaceOption,
    answer,
    be_quiet,
    workspace_of,
)
from core.data.domain import ENGLISH, Domain
from core.data.translation.quality import Quality, translation_quality
from core.errors import InputError
from core.workspace.folders import Workspace
from core.workspace.runs import load_runs

if TYPE_CHECKING:
    from core.data.translation.marian import Translator


def translate(
    domain: DomainOption,
    model: Annotated[
        str | None,
        typer.Option(help="A Marian model of a hub, or a folder (if not given: Helsinki-NLP/opus-mt-<from>-en)."),
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Two letters: the language to translate (the domain's if not given).")
    ] = None,
    reference_column: Annotated[
        str | None,
        typer.Option(help="Score the titles' translation (chrF) against this one; the texts' for a name in text…."),
    ] = None,
    worst: Annotated[int, typer.Option(help="Print that many of the worst, with --reference-column.", min=0)] = 0,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an English version beside the original, where none came with the data."""
    from core.data.translation.marian import Translator
    from core.encoders.loading import choose_device
    from core.experiment.translate import translate_domain

    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded = workspace.load_domain(domain)
    language = source or loaded.info.language
    _check_reference(loaded, reference_column)
    name = model or f"Helsinki-NLP/opus-mt-{language}-{ENGLISH}"
    if language == ENGLISH:
        raise InputError(f"domain '{domain}' is English; name the language to translate with --from.")
    translator = Translator(name, choose_device(device))
    done = translate_domain(loaded, language, translator, workspace)
    quality = _quality(loaded, language, reference_column, worst, translator, workspace) if reference_column else None
    record = {
        "domain": domain,
        "model": translator.name,
        "from": language,
        "translated": done.articles,
        "came_with_english": done.came_with,
        "sentences_translated_now": done.sentences,
        "other_languages": done.others,
        "english": done.domain.has_english,
        "quality": quality and {"chrf": quality.chrf, "n": quality.n, "signature": quality.signature},
    }
    lines = [
        f"{done.articles} articles in '{language}' have English by {translator.name}; {done.came_with} came with their "
        f"own and keep it. {done.sentences} sentences were translated now, the others were in the cache."
    ]
    if done.others:
        others = ", ".join(f"{name} {count}" for name, count in done.others.items())
        lines.append(f"articles in other languages are read as they are: {others}; --from translates them.")
    lines += [
        f"note: run {run.info.name} reads the English of {' and '.join(gone)}, so it opens only when that model has "
        f"translated again; or train again."
        for run in load_runs(workspace, domain)
        if (gone := sorted(set(run.info.translators or ()) - set(done.domain.translated_by)))
    ]
    if quality is not None:
        lines += _quality_lines(quality, reference_column)
    answer(as_json, record, "\n".join(lines), f"train --domain {domain}")


def _check_reference(domain: Domain, column: str | None) -> None:
    """Raises InputError, before anything is translated, if the domain has no such column."""
    if column is not None and column not in domain.articles:
        there = ", ".join(domain.articles.columns)
        raise InputError(f"--reference-column {column}: domain '{domain.info.slug}' has no such column; its: {there}.")


def _quality(
    domain: Domain, language: str, column: str, worst: int, translator: "Translator", workspace: Workspace
) -> Quality:
    """Score what the model makes of the originals that have a reference, whether it is in the domain or not."""
    from core.experiment.translate import translate_texts

    original = "text" if column.startswith("text") else "title"
    articles = domain.articles[domain.articles["language"] == language]
    articles = articles[(articles[column].fillna("") != "") & (articles[original].fillna("") != "")]
    if articles.empty:
        raise InputError(f"--reference-column {column}: no article in '{language}' has a {original} and a reference.")
    english, _ = translate_texts(articles[original], language, translator, workspace)
    sources = articles[original].tolist()
    return translation_quality(sources, [english[text] for text in sources], articles[column].tolist(), worst)


def _quality_lines(quality: Quality, column: str | None) -> list[str]:
    lines = [f"chrF {quality.chrf:.1f} against {column}, n = {quality.n} ({quality.signature})."]
    for example in quality.worst:
        lines.append(
            f"  chrF {example.chrf:.1f}: {example.source}\n    translated: {example.translation}\n"
            f"    reference:  {example.reference}"
        )
    return lines
