"""Settings of the app and the container that a deployment must not loosen by accident."""

import ast
import re
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


def test_every_upload_names_the_endings_it_takes():
    """What is behind an ending is checked by its content where it is read (test_uploads, test_match, test_pixels)."""
    pages = (Path(__file__).parents[1] / "pages").rglob("*.py")
    calls = [node for page in pages for node in ast.walk(ast.parse(page.read_text(encoding="utf-8")))]
    uploads = [call for call in calls if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.file_uploader"]
    assert uploads
    for call in uploads:
        assert any(keyword.arg == "type" for keyword in call.keywords), ast.unparse(call)


def test_no_file_of_a_user_is_served_as_it_is():
    assert not CONFIG["server"].get("enableStaticServing", False)


def test_streamlit_sends_no_name_in_place_of_what_the_browser_may_have_forgotten():
    assert CONFIG["global"]["minCachedMessageSize"] > 1e9


def test_no_table_is_exported_past_what_keeps_formulas_out():
    assert CONFIG["client"]["disableDataExport"] is True


def test_the_weights_of_a_container_are_in_a_volume():
    """`docker compose` restarts with an empty home folder, so HF_HOME must be in a volume."""
    root = Path(__file__).parents[1]
    home = re.search(r"HF_HOME=(\S+)", (root / "Dockerfile").read_text(encoding="utf-8"))[1]
    volumes = re.findall(r":(/[\w/]+)\"", (root / "compose.yaml").read_text(encoding="utf-8").partition("volumes:")[2])
    assert any(Path(volume) in Path(home).parents for volume in volumes)
