"""The report as HTML and Markdown: complete, reproducible, self-contained and with all text escaped."""

import re
from dataclasses import replace

import pytest

from core.data.domain import save_domain
from core.data.importers import import_domain
from core.findings.question import RunContext
from core.findings.registry import QUESTIONS
from core.presentation.blocks import Chart
from core.report.document import document
from core.report.html import as_html
from core.report.markdown import as_markdown
from tests.written_runs import write_run

HOSTILE = '</script><img src="http://example.org/x"> **bold** [a](http://example.org)'


@pytest.fixture
def context(workspace, shapes):
    domain = import_domain(shapes, workspace.domain_folder("shapes"), title=HOSTILE, language="en").domain
    domain.articles["title"] = HOSTILE
    save_domain(domain)
    return RunContext(write_run(workspace, domain), domain, workspace)


@pytest.fixture
def report(context):
    return document(context, ask_all=False, with_images=True)


def test_quick_questions_are_answered_and_slow_ones_named(report):
    assert len(report.answers) == sum(question.duration_hint is None for question in QUESTIONS)
    assert len(report.unanswered) == sum(question.duration_hint is not None for question in QUESTIONS)


def test_two_reports_of_a_run_have_equal_bytes(context, report):
    again = document(RunContext(context.run, context.domain, context.workspace), ask_all=False, with_images=True)
    assert as_html(again) == as_html(report)
    assert as_markdown(again) == as_markdown(report)


def _without_plotly(page: bytes) -> str:
    """Return the page without Plotly's script, which is full of addresses and tags."""
    text = page.decode()
    start = text.index("<script>")
    return text[:start] + text[text.index("</script>", text.index("function draw")) :]


def test_nothing_is_loaded_and_no_text_becomes_markup(report):
    page = _without_plotly(as_html(report))
    assert "default-src 'none'" in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert '<img src="http' not in page
    assert page.count("</script>") == page.count("<script>") + 1  # the one cut off
    assert "&lt;/script&gt;" in page


def test_the_report_has_images_only_on_request(context, report):
    assert b"data:image/jpeg" in as_html(report)
    without = document(context, ask_all=False, with_images=False)
    assert b"data:image/jpeg" not in as_html(without)
    assert [card.article_id for group in without.moved for card in group.cards]


def test_an_article_whose_image_is_missing_is_listed(context):
    gone = RunContext(context.run, context.domain, context.workspace)
    gone.domain.articles["image_file"] = "gone.png"
    cards = [card for group in document(gone, ask_all=False, with_images=True).moved for card in group.cards]
    assert cards
    assert all(card.image is None for card in cards)


def test_markdown_has_every_section_and_its_text_escaped(report):
    text = as_markdown(report)
    for section in report.sections:
        assert f"## {section.title.replace('*', chr(92) + '*')}" in text
    assert "**bold**" not in text
    assert "[a](" not in text
    assert "<img" not in re.sub(r"\\<img", "", text)
    assert "http://" not in text


def test_versions_and_settings_are_in_it(report):
    made = report.sections[-1]
    settings = made.blocks[0].table
    assert "epochs" in settings["setting"].tolist()
    assert (made.name, made.title) == ("made-with", "How this was made")


def test_the_contents_lead_to_every_section(report):
    page = _without_plotly(as_html(report))
    contents = page[page.index('<nav class="contents"') : page.index("</nav>")]
    targets = re.findall(r'href="#([^"]+)"', contents)
    assert [section.name for section in report.sections] == targets[1:-2]
    for target in targets:
        assert f'id="{target}"' in page


def test_each_id_is_of_one_element(report):
    ids = re.findall(r' id="([^"]+)"', _without_plotly(as_html(report)))
    assert len(ids) > 20
    assert len(set(ids)) == len(ids)


def test_a_printed_sheet_names_its_run_and_cannot_end_the_style(context, report):
    page = _without_plotly(as_html(replace(report, sheet='</style><b>"; x')))
    assert "</style><b>" not in page
    assert f"n = {len(context.val.articles)}" in report.sheet
    assert context.run.info.name in report.sheet
    assert "counter(page)" in page


def test_every_figure_of_an_answer_carries_n_in_its_title(report):
    charts = [block for section in report.sections for block in section.blocks if isinstance(block, Chart)]
    of_answers = [chart for chart in charts if not chart.name.startswith("curve-")]
    assert len(of_answers) >= 5
    for chart in of_answers:
        assert "n = " in chart.title, chart.name
        assert chart.alt
