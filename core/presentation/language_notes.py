"""What a run reads, in words, and the mark on numbers of an encoder that does not read the language it was shown."""

from core.data.domain import Domain
from core.workspace.runs import Run

MARK = "†"


def language_mark(run: Run) -> str:
    """`†` for what stands beside the run's numbers where its encoder does not read them; else nothing."""
    return "" if run.info.reads_the_language else MARK


def language_note(run: Run, domain: Domain) -> str | None:
    """The sentence that the mark stands for; None for a run without it."""
    if run.info.reads_the_language:
        return None
    return (
        f"{MARK} {run.info.encoder} does not read '{domain.info.language}' and was shown it as it is, so these numbers "
        f"say little. --encoder lite-multilingual reads German and fourteen other languages; translate makes an "
        f"English version to train on."
    )


def text_read(run: Run, domain: Domain) -> str:
    """Which parts of the articles, in which language, and who wrote the English that the run read."""
    language = f"'{domain.info.language}'"
    if not run.info.english:
        return f"{run.info.text.describe()} in {language}"
    translators = run.info.translators if run.info.translators is not None else domain.translated_by
    models = ", ".join(translators)
    return f"{run.info.text.describe()}, English version of {language} " + (
        f"(machine-translated by {models})" if models else "(came with the data)"
    )
