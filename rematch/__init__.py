"""Python API of Rematch: fine-tune CLIP on news, mix zero-shot weights back in, and inspect every article's rank.

```python
import rematch as rm

ws = rm.Workspace("workspace", cache="cache")
domain = ws.import_domain("articles.csv", name="my-news")
run = domain.fine_tune()
sweep = run.sweep()
with run.at(sweep.best_alpha) as model:
    print(model.find_images("a red circle", k=3))
```

The API reads and writes the same files as the command line and the app, so their numbers agree. Errors that a user can
fix are `RematchError`s. Modules are imported on first use: `Domain.fine_tune`, `Domain.import_run`, `Run.sweep` and
`Run.at` import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from core import __version__

if TYPE_CHECKING:
    from core.data.query_text import Reading
    from core.errors import InputError, RematchError
    from rematch.domain import Domain
    from rematch.model import Model, Ranking
    from rematch.run import Run, Sweep
    from rematch.workspace import Workspace

__all__ = [
    "Workspace", "Domain", "Run", "Sweep", "Model", "Ranking", "Reading", "RematchError", "InputError", "__version__",
]  # fmt: skip

_MODULES = {
    "Workspace": "rematch.workspace",
    "Domain": "rematch.domain",
    "Run": "rematch.run",
    "Sweep": "rematch.run",
    "Model": "rematch.model",
    "Ranking": "rematch.model",
    "Reading": "core.data.query_text",
    "RematchError": "core.errors",
    "InputError": "core.errors",
}


def __getattr__(name: str) -> Any:
    """Import a class on first use (PEP 562), so that `import rematch` itself takes milliseconds."""
    if name not in _MODULES:
        raise AttributeError(f"module 'rematch' has no attribute '{name}'")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
