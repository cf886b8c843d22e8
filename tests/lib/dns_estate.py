"""A real `tenure serve` of DNS alone, on loopback, that a test can kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dnspeer import SECRET_TEXT
from network import eventually

HEAD = f"""\
[store]
url = "{{store}}"
[[keys]]
name = "dhcp."
secret = "{SECRET_TEXT}"
[dns]
listen = ["127.0.0.1:{{port}}"]
[[dns.zones]]
name = "example.test."
allow-transfer = ["127.0.0.0/8", "key dhcp."]
"""


class DnsEstate:
    """The supervisor and its services."""

    def __init__(self, folder: Path, port: int, zone: str, store: str = "sqlite:tenure.db") -> None:
        folder.mkdir(exist_ok=True)
        self.port = port
        self.config = folder / "tenure.toml"
        self.config.write_text(HEAD.format(port=port, store=store) + zone)
        self.config.chmod(0o600)
        self.log_path = folder / "log"
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens, which takes its time where a large zone is read first."""
        listening = self.log.count("event=dns-listening")
        with self.log_path.open("ab") as log:
            command = [sys.executable, "-m", "tenure", "serve", "-c", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            eventually(lambda: self.log.count("event=dns-listening") > listening, "DNS listens", 90, lambda: self.log)
        except AssertionError:
            self.kill()
            raise

    @property
    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    def kill(self) -> None:
        """As when the power goes: every process of it at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        time.sleep(0.1)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
