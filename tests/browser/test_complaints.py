"""Console messages that the browser tests ignore; needs no browser."""

import pytest

from tests.browser.complaints import complaint_of

MISSING = "Failed to load resource: the server responded with a status of 404 (Not Found)"
ROOT = "http://localhost:8501"


@pytest.mark.parametrize(
    "path",
    ["/data/_stcore/health", "/changes/_stcore/host-config?x=1", "/media/0f3a.jpg"],
)
def test_requests_that_streamlit_expects_to_fail_pass(path):
    assert complaint_of("error", MISSING, ROOT + path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/health",  # its own end points are at the root
        "/data/deeper/_stcore/health",
        "/data",
        "/app/static/photo.jpg",
        "/data/media/0f3a.jpg",
        "/static/x.js?from=/media/0f3a.jpg",
        "/",
    ],
)
def test_anything_else_that_is_missing_is_a_complaint_with_its_address(path):
    assert complaint_of("error", MISSING, ROOT + path) == f"{MISSING} ({ROOT}{path})"


def test_only_a_missing_resource_passes():
    failed = MISSING.replace("404 (Not Found)", "500 (Internal Server Error)")
    assert complaint_of("error", failed, f"{ROOT}/media/0f3a.jpg") is not None
    assert complaint_of("error", "Error: 404 images are missing", f"{ROOT}/media/0f3a.jpg") is not None
    assert complaint_of("error", "Uncaught TypeError", "") == "Uncaught TypeError (no address)"


def test_only_errors_are_complaints():
    assert complaint_of("warning", "deprecated", f"{ROOT}/data") is None
