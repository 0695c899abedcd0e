"""The command `translate`: add an English version to a domain by machine translation."""

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
from core.errors import InputError, counted
from core.extras import check_extra
from core.workspace.folders import Workspace
from core.workspace.runs import load_runs

if TYPE_CHECKING:
    from core.data.translation.marian import Translator
    from core.data.translation.quality import Quality


def translate(
    domain: DomainOption,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Translate with this Marian model: a name on the model hub, or a folder. Default: "
            "Helsinki-NLP/opus-mt-CODE-en, CODE being the language.",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CODE",
            help="Translate the articles in this language (two letters, such as de). Default: the domain's language.",
        ),
    ] = None,
    reference_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Score the translation with chrF against the human translation in this column: of the texts if its "
            "name begins with text, else of the titles.",
        ),
    ] = None,
    worst: Annotated[
        int,
        typer.Option(
            metavar="N", help="Print the N translations with the lowest chrF. Needs --reference-column.", min=0
        ),
    ] = 0,
    device: DeviceOption = "auto",
    root: WorkspaceOption = None,
    cache: CacheOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate articles into English. Articles that came with English keep it, and the originals stay."""
    check_extra("translate", "rematch translate")
    be_quiet(as_json)
    workspace = workspace_of(root, cache)
    loaded = workspace.load_domain(domain)
    language = source or loaded.info.language
    _check_reference(loaded, reference_column)
    name = model or f"Helsinki-NLP/opus-mt-{language}-{ENGLISH}"
    if language == ENGLISH:
        raise InputError(f"domain '{domain}' is English. Name the language to translate with --from.")
    from core.data.translation.marian import Translator
    from core.encoders.loading import choose_device
    from core.experiment.translate import translate_domain

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
        f"{counted(done.articles, 'article')} in '{language}' translated into English by {translator.name}; "
        f"{done.came_with:,} more came with English and keep it. {counted(done.sentences, 'sentence')} translated now, "
        f"the others came from the cache."
    ]
    if done.others:
        others = ", ".join(f"{name} {count}" for name, count in done.others.items())
        lines.append(f"articles in other languages are not translated: {others}. Translate them with --from.")
    lines += [
        f"note: run {run.info.name} reads the English version by {' and '.join(gone)}. To open it, translate with that "
        f"model again, or train a new run."
        for run in load_runs(workspace, domain)
        if (gone := sorted(set(run.info.translators or ()) - set(done.domain.translated_by)))
    ]
    if quality is not None:
        lines += _quality_lines(quality, reference_column)
    answer(as_json, record, "\n".join(lines), f"train --domain {domain}")


def _check_reference(domain: Domain, column: str | None) -> None:
    """Raise InputError if the domain has no such column."""
    if column is not None and column not in domain.articles:
        columns = ", ".join(domain.articles.columns)
        raise InputError(
            f"--reference-column {column}: domain '{domain.info.slug}' has no such column. Its columns: {columns}."
        )


def _quality(
    domain: Domain, language: str, column: str, worst: int, translator: "Translator", workspace: Workspace
) -> "Quality":
    """Score the translation of all articles with a reference, also of those whose English came with the data."""
    from core.data.translation.quality import translation_quality
    from core.experiment.translate import translate_texts

    original = "text" if column.startswith("text") else "title"
    articles = domain.articles[domain.articles["language"] == language]
    articles = articles[(articles[column].fillna("") != "") & (articles[original].fillna("") != "")]
    if articles.empty:
        raise InputError(
            f"--reference-column {column}: no article in '{language}' has both a {original} and a reference."
        )
    english, _ = translate_texts(articles[original], language, translator, workspace)
    sources = articles[original].tolist()
    return translation_quality(sources, [english[text] for text in sources], articles[column].tolist(), worst)


def _quality_lines(quality: "Quality", column: str | None) -> list[str]:
    lines = [f"chrF {quality.chrf:.1f} against {column}, n = {quality.n} ({quality.signature})."]
    for example in quality.worst:
        lines.append(
            f"  chrF {example.chrf:.1f}: {example.source}\n    translated: {example.translation}\n"
            f"    reference:  {example.reference}"
        )
    return lines
