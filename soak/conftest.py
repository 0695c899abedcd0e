"""Fixtures of the short tests, for the long ones."""

from tests.browser.conftest import *  # noqa: F403 (pytest finds fixtures by name)
from tests.conftest import *  # noqa: F403
from tests.conftest import _lite, _lite_multilingual  # noqa: F401 (a star import omits these)
