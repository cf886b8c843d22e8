"""From the command to the exit status: the folder, the ports, the server, the play, the verdict, and the tidying up."""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.live import Live

from tenure.console.demo.picture import Picture, take_picture
from tenure.console.demo.play import Play
from tenure.console.demo.screen import render_screen, seconds_text
from tenure.console.demo.server import ServerFailed, start_server
from tenure.console.demo.site import Site, write_site
from tenure.console.demo.story import Chance, Plot, Scene
from tenure.console.demo.verdict import Ending, exit_status, print_verdict
from tenure.console.demo.wires import free_port

LIFETIME = 20  # seconds of a lease
SCENE_LIFETIME = 6  # the same in a bounded run, which must see leases end
PLAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    once: bool
    devices: int
    seconds: int | None
    seed: int = 1
    keep: bool = False  # the folder


def run(options: Options) -> int:
    """Runs the demo; the exit status is 0 if DNS agreed with the leases, 1 if it did not or could not run."""
    return asyncio.run(_run(options, Console(highlight=False)))


async def _run(options: Options, console: Console) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    try:
        folder = Path(tempfile.mkdtemp(prefix="tenure-demo-"))
    except OSError as error:
        return _fail(f"no temporary folder can be made ({error.strerror}); set TMPDIR to a folder that can be written")
    try:
        site = Site(
            folder,
            await free_port(),
            await free_port(),
            options.devices,
            SCENE_LIFETIME if options.once else LIFETIME,
        )
        random = Random(options.seed)
        write_site(site, b64encode(random.randbytes(32)).decode("ascii"))
        return await _perform(site, options, random, console, stop)
    except ServerFailed as failure:
        return _fail(str(failure))
    finally:
        if options.keep:
            console.print(f"kept: {folder}", soft_wrap=True)
        else:
            shutil.rmtree(folder)


def _fail(text: str) -> int:
    Console(stderr=True, highlight=False).print(f"tenure demo: {text}", style="red", markup=False, soft_wrap=True)
    return 1


async def _perform(site: Site, options: Options, random: Random, console: Console, stop: asyncio.Event) -> int:
    plot: Plot = (
        Scene(options.devices, site.lifetime) if options.once else Chance(options.devices, options.seconds, random)
    )
    console.print(f"configuration {site.configuration}", soft_wrap=True)
    console.print(f"DNS 127.0.0.1:{site.dns_port}, DHCP through a relay at 127.0.0.1:{site.dhcp_port}", soft_wrap=True)
    server = await start_server(site)
    try:
        play = Play(site, server, plot, random, stop)
        await _watch(play, console)
    finally:
        await server.stop()
    ending = Ending.STOPPED if not options.once else Ending.CUT_OFF if stop.is_set() else Ending.PLAYED_OUT
    picture = take_picture(play, asyncio.get_running_loop().time())
    print_verdict(console, picture, play.judge, ending)
    return exit_status(play.judge, ending)


async def _watch(play: Play, console: Console) -> None:
    """Plays with a live screen on a terminal, with a plain line now and then in a pipe."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True, screen=True) as live:
            await play.run(
                lambda now: live.update(render_screen(take_picture(play, now), console.height), refresh=True)
            )
        return
    said_at = 0.0

    def say(now: float) -> None:
        nonlocal said_at
        if now >= said_at + PLAIN_SECONDS:
            said_at = now
            console.print(plain_line(take_picture(play, now)), soft_wrap=True)

    await play.run(say)


def plain_line(picture: Picture) -> str:
    """The moment in one line."""
    right, pending, wrong = (
        sum(count for (_, verdict), count in picture.counts.items() if verdict.value == word)
        for word in ("right", "pending", "wrong")
    )
    return (
        f"{picture.played:5.1f} s  {picture.leases} leases, DNS: {right} right, {pending} pending, {wrong} wrong; "
        f"{len(picture.refusals)} claims refused; lag p50 {seconds_text(picture.lag_p50)}, "
        f"p99 {seconds_text(picture.lag_p99)}"
    )
