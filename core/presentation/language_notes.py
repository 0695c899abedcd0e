"""The text that a run reads, in words, and the mark for an encoder that does not read its language."""

from core.data.domain import Domain
from core.workspace.runs import Run

MARK = "†"


def language_mark(run: Run) -> str:
    """Return `†` for a run whose encoder does not read the language of its texts, else an empty string."""
    return "" if run.info.reads_the_language else MARK


def language_note(run: Run, domain: Domain) -> str | None:
    """Return the sentence that explains the mark; None for a run without it."""
    if run.info.reads_the_language:
        return None
    return (
        f"{MARK} {run.info.encoder} does not read '{domain.info.language}', the language of these texts, so the "
        f"numbers mean little. Train with --encoder lite-multilingual, which reads German and fourteen other "
        f"languages, or make an English version with rematch translate and train on it."
    )


def text_read(run: Run, domain: Domain) -> str:
    """Return in words which parts of the articles a run reads, their language, and the source of the English."""
    language = f"'{domain.info.language}'"
    if not run.info.english:
        return f"{run.info.text.describe()} in {language}"
    translators = run.info.translators if run.info.translators is not None else domain.translated_by
    models = ", ".join(translators)
    return f"{run.info.text.describe()}, English version of {language} " + (
        f"(machine-translated by {models})" if models else "(came with the data)"
    )
