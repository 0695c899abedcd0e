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


def test_pages_show_no_stack_and_no_statistics_are_sent():
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert CONFIG["browser"]["gatherUsageStats"] is False


def test_every_upload_has_a_list_of_suffixes():
    """Check the suffixes; test_uploads, test_match and test_pixels check the content of uploads."""
    pages = (Path(__file__).parents[1] / "pages").rglob("*.py")
    calls = [node for page in pages for node in ast.walk(ast.parse(page.read_text(encoding="utf-8")))]
    uploads = [call for call in calls if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.file_uploader"]
    assert uploads
    for call in uploads:
        assert any(keyword.arg == "type" for keyword in call.keywords), ast.unparse(call)


def test_user_files_are_not_served_statically():
    assert not CONFIG["server"].get("enableStaticServing", False)


def test_streamlit_never_sends_a_hash_instead_of_a_message():
    assert CONFIG["global"]["minCachedMessageSize"] > 1e9


def test_tables_are_exported_only_with_formulas_escaped():
    assert CONFIG["client"]["disableDataExport"] is True


def test_the_weights_of_a_container_are_in_a_volume():
    """`docker compose` restarts with an empty home folder, so HF_HOME must be in a volume."""
    root = Path(__file__).parents[1]
    home = re.search(r"HF_HOME=(\S+)", (root / "Dockerfile").read_text(encoding="utf-8"))[1]
    volumes = re.findall(r":(/[\w/]+)\"", (root / "compose.yaml").read_text(encoding="utf-8").partition("volumes:")[2])
    assert any(Path(volume) in Path(home).parents for volume in volumes)
