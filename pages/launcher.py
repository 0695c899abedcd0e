"""Start the app's server: `rematch app`.

It is Streamlit's server with three differences. A deep link as the very first request works: until the app has run
once, `streamlit run app.py` uses the folder `pages/` for its older multipage navigation and shows "Page not found"
(1.67.0). The first HTML has the app's style sheet, so that nothing moves when the app's first elements arrive. And
the pages' modules are imported while the user opens the browser, not while the first visit of a page waits.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from threading import Thread
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.pages_manager import PagesManager
from streamlit.starlette import App
from streamlit.web import cli

from pages.page_files import style_sheet

HERE = Path(__file__).parent
FIRST_PAINT = HERE / "shared" / "first_paint.css"

#: Request headers that an HTML page is answered without: they ask for compressed bytes, or for none if it is known.
_REMOVED = (b"accept-encoding", b"if-none-match", b"if-modified-since")


class StyledPage:
    """ASGI middleware that adds the app's style sheet to the head of HTML pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.style = f"<style>{FIRST_PAINT.read_text('utf-8')}{style_sheet()}</style>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or b"text/html" not in dict(scope["headers"]).get(b"accept", b""):
            await self.app(scope, receive, send)
            return

        async def send_styled(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)["content-length"]
            elif message["type"] == "http.response.body":
                message["body"] = message.get("body", b"").replace(b"</head>", self.style + b"</head>", 1)
            await send(message)

        headers = [header for header in scope["headers"] if header[0] not in _REMOVED]
        await self.app({**scope, "headers": headers}, receive, send_styled)


def app_script() -> Path:
    """Return the path of `app.py`: next to `pages/` in a clone, inside it where Rematch was installed."""
    return next(script for script in (HERE.parent / "app.py", HERE / "app.py") if script.exists())


def import_pages() -> None:
    """Import the modules that pages use; some take a second, such as SciPy's. A page itself runs when it is visited."""
    modules = (module.name for module in walk_packages([str(HERE)], "pages.") if not module.name.endswith(".page"))
    # Plotly and Streamlit import these when the first chart and the first icon are drawn.
    for name in (*modules, "plotly.graph_objs._scatter", "streamlit.emojis"):
        import_module(name)


@asynccontextmanager
async def _importing_pages(app: App) -> AsyncIterator[None]:
    Thread(target=import_pages, name="imports", daemon=True).start()  # Streamlit's runtime has to exist before
    yield


def serve(options: list[str]) -> None:
    """Serve the app until it is stopped. `options` are those of `streamlit run`, such as `--server.port=8600`."""
    script = str(app_script())
    PagesManager.uses_pages_directory = False
    config = _config(script, options)
    sys.argv = [script]  # Streamlit reads the settings next to this file
    App(script, lifespan=_importing_pages, middleware=[Middleware(StyledPage)]).run(config=config)


def _config(script: str, options: list[str]) -> dict[str, Any]:
    """Return the settings that `options` give, by their names such as server.port; exits if one is wrong."""
    context = cli.main_run.make_context("rematch app", [script, *options])
    return {
        name.replace("_", "."): value
        for name, value in context.params.items()
        if name not in ("target", "args") and value not in (None, ())
    }
