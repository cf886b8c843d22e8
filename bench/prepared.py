"""How many names a primary takes from messages that were made and signed beforehand: what no updater can be beyond."""

from __future__ import annotations

import base64
import ipaddress
import socket
import time
from collections.abc import Sequence

from bench import nameservers
from tenure.dnswire.codes import Rcode
from tenure.dnswire.name import Name, from_text
from tenure.dnswire.tcp import Deframer, frame
from tenure.naming.registration import Direction, Part, Registration, State
from tenure.naming.reverse import reverse_name
from tenure.serving.updater.pace import WIDE_WINDOW
from tenure.signing.key import ALGORITHMS, Key
from tenure.signing.tsig import sign_request
from tenure.updating.messages import build_message
from tenure.updating.routing import ConflictMode
from tenure.updating.task import Step, Task

NAMES_A_MESSAGE = 200
WINDOW = 2 * WIDE_WINDOW  # messages on their way, as the updater has of two zones


def names_per_second(port: int, wanted: Sequence[tuple[str, str, bytes]], forward: str, reverse: str) -> float:
    """Name, address and DHCID of each; all of them are new to both zones."""
    both = [_messages(wanted, direction, zone) for direction, zone in zip(Direction, (forward, reverse), strict=True)]
    # By turns, since a server may carry out the updates of two zones side by side.
    waiting = [message for of_both in zip(*both, strict=True) for message in of_both]
    deframer, owed = Deframer(), 0
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while waiting or owed:
            while waiting and owed < WINDOW:
                connection.sendall(frame(waiting.pop()))
                owed += 1
            for answer in deframer.feed(connection.recv(65536)):
                assert answer[3] & 0xF == Rcode.NOERROR, "a prepared message was refused"
                owed -= 1
    return len(wanted) / (time.monotonic() - began)


def _messages(wanted: Sequence[tuple[str, str, bytes]], direction: Direction, zone: str) -> list[bytes]:
    key = Key(from_text(nameservers.KEY), ALGORITHMS["hmac-sha256"].name, base64.b64decode(nameservers.SECRET))
    tasks = [_task(direction, from_text(name), ipaddress.ip_address(at).packed, dhcid) for name, at, dhcid in wanted]
    step = tasks[0].step
    messages = []
    for first in range(0, len(tasks), NAMES_A_MESSAGE):
        shared = tasks[first : first + NAMES_A_MESSAGE]
        message = build_message(first & 0xFFFF, from_text(zone), ConflictMode.CHECK_WITH_DHCID, step, shared)
        messages.append(sign_request(message, key, int(time.time()))[0])
    return messages


def _task(direction: Direction, name: Name, address: bytes, dhcid: bytes) -> Task:
    part = Part(State.PENDING, 0.0, 0, "waiting", "", 0.0)
    row = Registration(name, address, dhcid, 1200, 2**31, 1, 0.0, "", "bench", part, part)
    if direction is Direction.FORWARD:
        return Task(row, direction, name, Step.ADD)
    return Task(row, direction, reverse_name(address), Step.REVERSE_ADD)
