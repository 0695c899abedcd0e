"""The app's settings: what a deployment must not loosen unawares."""

import tomllib
from pathlib import Path

CONFIG = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_only_this_machine_is_served():
    assert CONFIG["server"]["address"] == "localhost"


def test_requests_from_other_sites_are_refused():
    assert CONFIG["server"]["enableXsrfProtection"] is True
    assert CONFIG["server"]["enableCORS"] is True


def test_uploads_are_at_most_fifty_megabytes():
    assert CONFIG["server"]["maxUploadSize"] <= 50


def test_no_stack_reaches_a_page_and_nothing_is_told_to_anyone():
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_every_upload_names_the_endings_it_takes_and_none_is_larger_than_the_server_allows():
    """What is behind an ending is checked by its content where it is read (test_uploads, test_match, test_pixels)."""
    pages = (Path(__file__).parents[1] / "pages").rglob("*.py")
    uploads = [call for page in pages for call in page.read_text(encoding="utf-8").split("st.file_uploader(")[1:]]
    assert uploads
    assert all("type=" in call[:400] for call in uploads)


def test_no_file_of_a_user_is_served_as_it_is():
    assert not CONFIG["server"].get("enableStaticServing", False)


def test_streamlit_sends_no_name_in_place_of_what_the_browser_may_have_forgotten():
    assert CONFIG["global"]["minCachedMessageSize"] > 1e9


def test_no_table_is_exported_past_what_keeps_formulas_out():
    assert CONFIG["client"]["disableDataExport"] is True
