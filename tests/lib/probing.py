"""`tenure dhcp probe` on a machine of a test network, and what it found."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from network import Host


@dataclass
class Prober:
    """The machine that probes."""

    host: Host

    def probe(self, *options: str, status: int = 0) -> dict[str, Any]:
        """What a probe that ends so found out."""
        patient = ["--timeout", "15"]  # a server that pings first, on a machine with much to do, is not asked twice
        command = [sys.executable, "-m", "tenure", "dhcp", "probe", *patient, *options, "-o", "json"]
        done = self.host.run("sh", "-c", '"$@"; echo "exit $?"', "sh", *command, timeout=60)
        document, _, ended = done.rpartition("exit ")
        assert int(ended) == status, done
        (found,) = json.loads(document)["probes"]
        return dict(found)


def kinds(found: dict[str, Any]) -> list[str]:
    """The messages that went and came."""
    return [message["message"] for message in found["messages"]]


def problems(found: dict[str, Any]) -> list[str]:
    """What was malformed in any of them."""
    return [line["problem"] for message in found["messages"] for line in message["fields"] if line["problem"]]


def field(message: dict[str, Any], name: str) -> str:
    """The value of a field or option that stands once."""
    (value,) = [line["value"] for line in message["fields"] if line["field"] == name and not line["depth"]]
    return str(value)
