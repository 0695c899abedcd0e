"""The report as Markdown: text and tables, without charts and images."""

from tabulate import tabulate

from core.presentation.blocks import Block, Chart, Grid, Words
from core.presentation.markdown_escaping import inline
from core.report.document import Document, glossary


def as_markdown(document: Document) -> str:
    """Return the report as Markdown; external text is escaped, so that no headline becomes a link or a heading."""
    lines = [f"# {inline(document.title)}", ""]
    for line in document.summary:
        lines += [inline(line), ""]
    lines += ["## In short", ""]
    lines += [f"- **{inline(title)}** {inline(answer)}" for title, answer in document.answers]
    if document.unanswered:
        lines += ["", inline(f"Not answered yet: {'; '.join(document.unanswered)}.")]
    lines += ["", "## Terms", ""]
    lines += [f"- **{inline(word)}**: {inline(meaning)}" for word, meaning in glossary()]
    for section in document.sections:
        lines += ["", f"## {inline(section.title)}", "", f"**{inline(section.answer)}**"]
        for block in section.blocks:
            lines += _block(block)
    lines += ["", "## Articles with the largest change of rank"]
    for group in document.moved:
        lines += ["", f"### {inline(group.title)}", ""]
        lines += [f"- **{inline(card.article_id)}** {inline(card.text)} ({inline(card.ranks)})" for card in group.cards]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> list[str]:
    if isinstance(block, Chart):
        return []
    if isinstance(block, Words):
        return ["", inline(block.text)]
    assert isinstance(block, Grid)
    rows = [[inline(cell) for cell in row] for row in block.table.to_numpy().tolist()]
    table = tabulate(
        rows, headers=[inline(name) for name in block.table.columns], tablefmt="github", disable_numparse=True
    )
    return ["", inline(block.caption), "", table]
