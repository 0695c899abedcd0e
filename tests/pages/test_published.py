"""Published numbers: `?paper=` has the same values on all pages."""

import pytest

from core.evaluation.published import PAPERS, PUBLISHED


@pytest.mark.parametrize("page", ["overview", "curves"])
def test_the_url_names_the_paper_by_its_id(page, open_page, run):
    app = open_page(page, paper=PAPERS[1])
    assert not app.exception
    assert app.selectbox(key="paper").value == PAPERS[1]
    assert any(PUBLISHED[PAPERS[1]].name in element.value for element in app.caption) or page == "curves"
    app.selectbox(key="paper").set_value(PAPERS[2]).run()
    assert app.query_params["paper"] == PAPERS[2]
