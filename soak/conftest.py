"""The long tests share what the short ones have."""

from tests.browser.conftest import *  # noqa: F403 (fixtures are found by their names)
from tests.conftest import *  # noqa: F403
