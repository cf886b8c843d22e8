"""The program that external rules ask: its answers, and what is said when it gives none."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tenure.authority.requestor import Inquiry, Requestor
from tenure.dnswire.name import from_text
from tenure.serving.dns.external_policy import ANSWER_SECONDS, PAUSE_SECONDS, ExternalPolicy, question
from tenure.signing.key import ALGORITHMS

WHO = Requestor(from_text("dhcp."), ALGORITHMS["hmac-sha256"].name, "192.0.2.77", stream=False)


def inquiry(path: Path) -> Inquiry:
    return Inquiry(str(path), WHO, from_text("pc.example.test."), 16)


@contextmanager
def program(path: Path, answer: bytes | None) -> Iterator[list[bytes]]:
    """Answers each connection in this way; None: never."""
    questions: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(0.05)
        held = []
        done = threading.Event()

        def serve() -> None:
            while not done.is_set():
                try:
                    stream, _ = listener.accept()
                except TimeoutError:
                    continue
                questions.append(stream.recv(4096))
                if answer is None:
                    held.append(stream)
                    continue
                stream.sendall(answer)
                stream.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield questions
        done.set()
        thread.join(10)
        for stream in held:
            stream.close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"\0\0\0\1", ""),
        (b"\0\0\0\0", "does not permit it"),
        (b"\0\0\0\2", "gave an answer that is none (00000002)"),
        (b"\0\1", "gave an answer that is none (0001)"),
        (b"", "gave an answer that is none (nothing)"),
    ],
)
def test_answers(tmp_path: Path, answer: bytes, words: str) -> None:
    with program(tmp_path / "s", answer) as questions:
        assert ExternalPolicy().ask(inquiry(tmp_path / "s")).endswith(words)
    assert questions == [question(inquiry(tmp_path / "s"))]
    assert questions[0][8:] == b"dhcp\0pc.example.test\x00192.0.2.77\0TXT\0dhcp/163/0\0\0\0\0\0"


def test_a_program_that_hangs_is_waited_for_once(tmp_path: Path) -> None:
    clock = [100.0]
    policy = ExternalPolicy(lambda: clock[0])
    with program(tmp_path / "s", None) as questions:
        began = time.monotonic()
        assert policy.ask(inquiry(tmp_path / "s")).endswith(f"did not answer within {ANSWER_SECONDS:g} s")
        assert time.monotonic() - began >= ANSWER_SECONDS
        policy.forget()
        assert "is not asked for 5 s, because it did not answer" in policy.ask(inquiry(tmp_path / "s"))
        assert len(questions) == 1
        clock[0] += PAUSE_SECONDS
        policy.forget()
        assert "did not answer" in policy.ask(inquiry(tmp_path / "s"))
        assert len(questions) == 2


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be asked (No such file or directory)" in ExternalPolicy().ask(inquiry(tmp_path / "nobody"))


def test_what_it_said_holds_for_the_batch(tmp_path: Path) -> None:
    policy = ExternalPolicy()
    with program(tmp_path / "s", b"\0\0\0\1") as questions:
        assert policy.ask(inquiry(tmp_path / "s")) == policy.ask(inquiry(tmp_path / "s")) == ""
        assert len(questions) == 1
        policy.forget()
        policy.ask(inquiry(tmp_path / "s"))
        assert len(questions) == 2
