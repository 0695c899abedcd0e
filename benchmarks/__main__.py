"""`python -m benchmarks`: the table of `make bench`; `python -m benchmarks gpu`: throughput on an accelerator.

Each command imports its own modules, so that the second works without the packages of the first.
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
    domain: Annotated[
        str | None, typer.Option(help="Use a domain of the workspace. Default: the demo's portals.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(help="Measure only these cases, separated by commas. Default: all.")
    ] = None,
    val: Annotated[int | None, typer.Option(help="Use only the newest N val articles.")] = None,
    out: Annotated[Path, typer.Option(help="Write this CSV file.")] = Path("bench.csv"),
) -> None:
    """Measure every claim of speed: Rematch against the obvious implementation."""
    if context.invoked_subcommand is None:
        from benchmarks.table import write_table

        write_table(domain, only, val, out)


@app.command()
def gpu(
    device: Annotated[DeviceChoice, typer.Option(help="Compute on this device.")] = "auto",
    quick: Annotated[bool, typer.Option(help="Use tiny models and few inputs, to test the script.")] = False,
    check: Annotated[
        bool, typer.Option(help="Compare results with the CPU instead; exit with status 1 if a check fails.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Write this CSV file.")] = Path("gpu.csv"),
) -> None:
    """Measure encoding, fine-tuning, a sweep and ranks on an accelerator, without network and weights."""
    from benchmarks.gpu.run import run_checks, run_table

    if check:
        sys.exit(0 if run_checks(device, quick, out) else 1)
    run_table(device, quick, out)


@app.command()
def linear(
    n: Annotated[int, typer.Option(help="Rank this number of articles among as many images.")] = 1134,
) -> None:
    """Measure ranks and overtakings along α for linear heads against a product at each α."""
    from benchmarks.linear import lines

    for line in lines(n):
        print(
            f"{line.work}, {line.size}: {line.obvious_seconds:.2f} s / {line.ours_seconds:.2f} s = {line.ratio:.1f}, "
            f"peak {line.obvious_peak_mb:,.0f} / {line.ours_peak_mb:,.0f} MB; {line.difference}"
        )


@app.command()
def statistics(
    domain: Annotated[
        str | None, typer.Option(help="Also study the choice of α on this domain's newest sweep.")
    ] = None,
) -> None:
    """Simulate how often intervals contain the truth, and what the choice of α adds to its gain."""
    from benchmarks.statistics import report
    from core.workspace.folders import default_workspace
    from core.workspace.runs import find_run
    from core.workspace.sweep_results import cross_fit_on_val

    if domain is None:
        print(report(None, "recall@1"))
        return
    fit = cross_fit_on_val(find_run(default_workspace(), domain, None, prefer_swept=True))
    print(report(fit.curve, fit.criterion))


Chromium = Annotated[Path, typer.Option(help="Path of the Chromium browser.")]
CHROMIUM = Path("/usr/bin/chromium")


@app.command()
def drag(
    pairs: Annotated[int, typer.Option(help="Number of val pairs.")] = 1134,
    seconds: Annotated[float, typer.Option(help="Seconds to drag.")] = 20.0,
    chromium: Chromium = CHROMIUM,
) -> None:
    """Measure the delay of the Alpha page while its slider is dragged, with random results."""
    from benchmarks.drag import measure

    measure(pairs, seconds, chromium)


@app.command()
def pages(
    pairs: Annotated[int, typer.Option(help="Number of val pairs.")] = 1134,
    address: Annotated[
        str | None, typer.Option(help="Measure the running app at this address. Default: one with random results.")
    ] = None,
    chromium: Chromium = CHROMIUM,
) -> None:
    """Measure each page's time to its content after a click in the navigation, and what moves while it is drawn."""
    from benchmarks.pages import measure

    measure(pairs, address, chromium)


@app.command("match")
def time_match(
    address: Annotated[str, typer.Option(help="Address of the running app.")] = "http://localhost:8501",
    domain: Annotated[str, typer.Option(help="Slug of a domain with a swept run.")] = "demo-rss",
    wait: Annotated[float, typer.Option(help="Seconds between opening the page and the first headline.")] = 30.0,
    chromium: Chromium = CHROMIUM,
) -> None:
    """Measure the time to an answer on the Match page of a running app, and the redraws of its slider."""
    from benchmarks.match import measure

    measure(address, domain, wait, chromium)


if __name__ == "__main__":
    app()
