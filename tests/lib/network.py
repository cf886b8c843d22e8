"""Small networks made of namespaces: a bridge per segment, a namespace per host, veth pairs between them.

Everything made here is unmade at the end: processes by their ids, then the namespaces (interfaces go with them).
Nothing of the machine's own network is touched or reached.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from peers import need_root, program

_counter = itertools.count()


@dataclass
class Process:
    """A program that runs in a host, with what it printed."""

    popen: subprocess.Popen[bytes]
    log: Path

    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self, sig: signal.Signals = signal.SIGTERM, wait: float = 10) -> int:
        """End it and its group, by id; the exit status."""
        for attempt in (sig, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.popen.pid, attempt)
            try:
                return self.popen.wait(wait)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError(f"process {self.popen.pid} does not end")


@dataclass
class Host:
    """A namespace with a mount table of its own for /run, /var/lib and resolv.conf."""

    name: str
    namespace: str
    folder: Path
    processes: list[Process] = field(default_factory=list)

    def command(self, args: Sequence[str | Path], private: bool = True) -> list[str]:
        """The command line that runs `args` in this host; `ip netns exec` gives it its own mount table."""
        words = shlex.join(str(a) for a in args)
        if private:
            mounts = " && ".join(
                [
                    "mount -t tmpfs none /run",
                    f"mount --bind {self.folder}/lib /var/lib",
                    f"mount --bind {self.folder}/resolv.conf /etc/resolv.conf",
                ]
            )
            words = f"{mounts} && exec {words}"
        else:
            words = f"exec {words}"
        return [program("ip"), "netns", "exec", self.namespace, "sh", "-c", words]

    def run(self, *args: str | Path, timeout: float = 30, check: bool = True) -> str:
        """Run to the end and give what it printed."""
        done = subprocess.run(
            self.command(args), capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False
        )
        if check and done.returncode:
            raise AssertionError(f"{args} in {self.name}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def start(self, *args: str | Path, env: dict[str, str] | None = None, private: bool = True) -> Process:
        """Start in the background, in a process group of its own."""
        log = self.folder / f"{Path(str(args[0])).name}-{next(_counter)}.log"
        with log.open("wb") as out:
            popen = subprocess.Popen(
                self.command(args, private),
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **(env or {})},
            )
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def addresses(self, interface: str = "eth0") -> list[str]:
        """The IPv4 addresses of an interface."""
        text = self.run("ip", "-4", "-o", "addr", "show", "dev", interface)
        return [line.split()[3].split("/")[0] for line in text.splitlines() if " inet " in line]


class Network:
    """A context that makes segments and hosts, and takes them away again."""

    def __init__(self) -> None:
        need_root("network namespaces")
        self._stack = contextlib.ExitStack()
        self._mark = f"t{os.getpid()}x{next(_counter)}"
        self._hosts: list[Host] = []
        self._links = itertools.count()

    def __enter__(self) -> Self:
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tenure-net-")))
        self.folder.chmod(0o755)
        self._switch = self._namespace("sw")
        return self

    def __exit__(self, *exc: object) -> None:
        for host in self._hosts:
            for process in reversed(host.processes):
                process.stop()
        self._stack.close()

    def _ip(self, *args: str, namespace: str | None = None) -> None:
        inside = ["-n", namespace] if namespace else []
        done = subprocess.run([program("ip"), *inside, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"ip {' '.join([*inside, *args])}: {done.stderr}"

    def _namespace(self, name: str) -> str:
        namespace = f"{self._mark}-{name}"
        self._ip("netns", "add", namespace)
        self._stack.callback(self._ip, "netns", "del", namespace)
        self._ip("link", "set", "lo", "up", namespace=namespace)
        return namespace

    def segment(self, name: str) -> str:
        """A wire: a bridge in the switch's namespace, without delays of spanning tree."""
        self._ip("link", "add", name, "type", "bridge", "forward_delay", "0", namespace=self._switch)
        self._ip("link", "set", name, "up", namespace=self._switch)
        return name

    def host(self, name: str) -> Host:
        """A host without a wire yet."""
        folder = self.folder / name
        (folder / "lib" / "dhcp").mkdir(parents=True)
        (folder / "lib" / "dhcpcd").mkdir()
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        host = Host(name, self._namespace(name), folder)
        self._hosts.append(host)
        return host

    def wire(self, one: Host, one_address: str, other: Host, other_address: str, interface: str = "eth0") -> None:
        """Connect two hosts directly, without a bridge; addresses with their prefix lengths."""
        peer = ["peer", "name", interface, "netns", other.namespace]
        self._ip("link", "add", interface, "type", "veth", *peer, namespace=one.namespace)
        for host, address in ((one, one_address), (other, other_address)):
            self._ip("addr", "add", address, "dev", interface, namespace=host.namespace)
            self._ip("link", "set", interface, "up", namespace=host.namespace)

    def plug(self, host: Host, segment: str, address: str | None = None, interface: str = "eth0") -> None:
        """Connect a host to a wire; `address` with its prefix length."""
        port = f"p{next(self._links)}"
        peer = [
            "peer",
            "name",
            interface,
            "netns",
            host.namespace,
        ]
        self._ip("link", "add", port, "type", "veth", *peer, namespace=self._switch)
        self._ip("link", "set", port, "master", segment, "up", namespace=self._switch)
        if address:
            self._ip("addr", "add", address, "dev", interface, namespace=host.namespace)
        self._ip("link", "set", interface, "up", namespace=host.namespace)


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """A new, empty network."""
    with Network() as made:
        yield made


def eventually(check: Callable[[], object], what: str, seconds: float = 15, log: Callable[[], str] = str) -> object:
    """Ask until the answer is true; it bounds a wait, and measures nothing. `log` is read when it never is.

    Most questions start programs: what is long in coming is asked for less often, and so leaves the processor to it.
    """
    began = time.monotonic()
    while not (answer := check()):
        waited = time.monotonic() - began
        assert waited < seconds, f"after {seconds} s still not so: {what}\n{log()}"
        time.sleep(min(max(0.1, waited / 10), 0.5))
    return answer
