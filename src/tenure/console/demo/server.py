"""The server of the demo: the real `tenure serve`, as a child process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tenure.console.demo.claims import Subject
from tenure.console.demo.judge import Answer
from tenure.console.demo.site import DOMAIN, Site
from tenure.console.demo.wires import Resolver, open_resolver

START_SECONDS = 60.0  # a busy or small machine compiles every module at its first start
STOP_SECONDS = 8.0
LOG_LINES = 12
LIFELINE = "TENURE_LIFELINE"  # the server ends when the pipe that this descriptor reads from is closed


class ServerFailed(Exception):
    """The server did not start or did not stay; the text has the end of its log."""


class Server:
    """A running `tenure serve`."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int, log: Path) -> None:
        self._process = process
        self._lifeline = lifeline
        self._log = log

    def check(self) -> None:
        """Raises `ServerFailed` if it has ended."""
        if self._process.returncode is not None:
            raise ServerFailed(f"tenure serve ended with status {self._process.returncode}:\n{last_lines(self._log)}")

    async def stop(self) -> None:
        """Asks it to end, and makes it if it does not."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()
        os.close(self._lifeline)


async def start_server(site: Site) -> Server:
    """Starts it on the site's configuration and waits until DNS answers for the demo's domain."""
    command = [sys.executable, "-m", "tenure", "serve", "-c", str(site.configuration)]
    reading, writing = os.pipe()
    with site.log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the demo, which then ends the server in good order
            pass_fds=(reading,),
            env=os.environ | {LIFELINE: str(reading)},
        )
    os.close(reading)
    server = Server(process, writing, site.log)
    answers = False
    try:
        await _wait_for_dns(server, site)
        answers = True
    finally:
        if not answers:
            await server.stop()
    return server


async def _wait_for_dns(server: Server, site: Site) -> None:
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()

    def heard(_subject: Subject, _version: int, answer: Answer) -> None:
        if not answer.trouble:
            answered.set()

    resolver: Resolver = await open_resolver(site.dns_port, heard)
    deadline = loop.time() + START_SECONDS
    while loop.time() < deadline:
        server.check()
        resolver.ask(Subject("SOA", DOMAIN), 0, loop.time())
        try:
            await asyncio.wait_for(answered.wait(), 0.05)
        except TimeoutError:
            resolver.give_up(loop.time() + START_SECONDS)
        else:
            resolver.close()
            return
    resolver.close()
    raise ServerFailed(f"DNS does not answer after {START_SECONDS:.0f} s:\n{last_lines(site.log)}")


def last_lines(log: Path) -> str:
    """The end of a log file."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])
