"""`python -m benchmarks`: the table of `make bench`; `python -m benchmarks gpu`: throughput on an accelerator.

What a measurement needs is imported when it runs, so that the second works without what the first needs.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from core.encoders.choices import DeviceChoice

app = typer.Typer(add_completion=False)


@app.callback(invoke_without_command=True)
def table(
    context: typer.Context,
    domain: Annotated[str | None, typer.Option(help="A domain of the workspace; else the demo's portals.")] = None,
    only: Annotated[str | None, typer.Option(help="Some of the cases, separated by commas; else all.")] = None,
    val: Annotated[int | None, typer.Option(help="Use only the newest so many val articles.")] = None,
    out: Annotated[Path, typer.Option(help="The CSV file.")] = Path("bench.csv"),
) -> None:
    """Measure every claim of speed, the obvious way against ours."""
    if context.invoked_subcommand is None:
        from benchmarks.table import write_table

        write_table(domain, only, val, out)


@app.command()
def gpu(
    device: Annotated[DeviceChoice, typer.Option(help="Where to compute.")] = "auto",
    quick: Annotated[bool, typer.Option(help="Use tiny models and few inputs, to try the script itself.")] = False,
    check: Annotated[bool, typer.Option(help="Compare with the CPU instead; exit with 1 if a check fails.")] = False,
    out: Annotated[Path, typer.Option(help="The CSV file.")] = Path("gpu.csv"),
) -> None:
    """Measure encoding, fine-tuning, a sweep and ranks on an accelerator; needs no network and no weights."""
    from benchmarks.gpu.run import run_checks, run_table

    if check:
        sys.exit(0 if run_checks(device, quick, out) else 1)
    run_table(device, quick, out)


if __name__ == "__main__":
    app()
