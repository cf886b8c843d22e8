"""`tenure demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure.console.cli.options import examples

EXAMPLES = examples("tenure demo", "tenure demo --once", "tenure demo --devices 1000 --keep")


def demo(
    once: Annotated[bool, typer.Option("--once", help="A bounded run of every kind of event, then a verdict.")] = False,
    devices: Annotated[
        int | None, typer.Option(min=24, max=5000, help="How many devices. Default: 300, with --once 60.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(min=1, help="End by itself after so long; not with --once.")] = None,
    seed: Annotated[int, typer.Option(help="Where chance starts from.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the folder with its configuration and store.")] = False,
) -> None:
    """Run a small network on loopback, without root: simulated devices, real DHCP, real DNS, and a judge."""
    from tenure.console.demo.running import Options, run  # noqa: PLC0415 - `tenure --help` does without

    if once and seconds is not None:
        raise typer.BadParameter("a bounded run has its own length", param_hint="--seconds")
    raise typer.Exit(run(Options(once, devices or (60 if once else 300), seconds, seed, keep)))
