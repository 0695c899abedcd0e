"""The long tests share what the short ones have."""

from tests.conftest import *  # noqa: F403 (fixtures are found by their names)
