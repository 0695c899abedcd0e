"""Start the app's server: `rematch app`.

`streamlit run app.py` works too, with one exception: until the app has run once, Streamlit uses a folder `pages/` for
its older multipage navigation. A deep link as the very first request then shows a "Page not found" dialog (1.67.0).
"""

import sys
from pathlib import Path

from streamlit.runtime.pages_manager import PagesManager
from streamlit.web import cli

HERE = Path(__file__).parent


def app_script() -> Path:
    """Return the path of `app.py`: next to `pages/` in a clone, inside it where Rematch was installed."""
    return next(script for script in (HERE.parent / "app.py", HERE / "app.py") if script.exists())


def serve(options: list[str]) -> None:
    """Serve the app until it is stopped. `options` are those of `streamlit run`, such as `--server.port=8600`."""
    PagesManager.uses_pages_directory = False
    sys.argv = ["streamlit", "run", str(app_script()), *options]
    cli.main()
