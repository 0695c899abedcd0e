"""The long tests share what the short ones have."""

from tests.browser.conftest import *  # noqa: F403 (fixtures are found by their names)
from tests.conftest import *  # noqa: F403
from tests.conftest import _lite, _lite_multilingual  # noqa: F401 (a star leaves these out)
