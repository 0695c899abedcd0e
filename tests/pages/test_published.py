"""Published numbers: `?paper=` has the same values on all pages."""

import pytest

from core.evaluation.published import PAPERS
from tests.pages.conftest import bars_shown


@pytest.mark.parametrize("page", ["overview", "curves"])
def test_the_url_names_the_paper_by_its_id(page, open_page, run):
    app = open_page(page, paper=PAPERS[1])
    assert not app.exception
    choice = app.selectbox(key="paper")
    assert choice.value == PAPERS[1]
    # The browser writes the text of the option into the URL.
    assert choice.options == ["none", *PAPERS]
    shown = app.dataframe[0].value["model"] if page == "curves" else bars_shown(app)
    assert sum(str(model).startswith("published") for model in shown) == 3
