"""The wake-up socket: hints that cost nothing when nobody listens, and survive restarts on both sides."""

from __future__ import annotations

import select
from pathlib import Path

import pytest

from tenure.serving.errors import ServiceError
from tenure.serving.wakeup import LONGEST_PATH, WakeReceiver, WakeSender, wake_path


def readable(receiver: WakeReceiver) -> bool:
    return bool(select.select([receiver], [], [], 0)[0])


def test_the_socket_lies_beside_the_database() -> None:
    assert wake_path("/var/lib/tenure/tenure.db", "updater") == Path("/var/lib/tenure/tenure.db-updater.wake")


def test_many_wake_ups_are_drained_as_one(tmp_path: Path) -> None:
    receiver, sender = WakeReceiver(tmp_path / "wake"), WakeSender(tmp_path / "wake")
    assert not receiver.drain()
    for _ in range(5000):  # more than any queue holds
        sender.wake()
    assert readable(receiver)
    assert receiver.drain()
    assert not readable(receiver)
    sender.close()
    receiver.close()


def test_a_sender_without_a_receiver_does_not_fail_and_finds_it_later(tmp_path: Path) -> None:
    sender = WakeSender(tmp_path / "wake")
    sender.wake()
    receiver = WakeReceiver(tmp_path / "wake")
    sender.wake()
    assert receiver.drain()
    receiver.close()
    assert not (tmp_path / "wake").exists()
    sender.wake()
    sender.close()


def test_a_new_receiver_takes_over_and_the_old_one_leaves_the_path_alone(tmp_path: Path) -> None:
    old, new, sender = WakeReceiver(tmp_path / "wake"), WakeReceiver(tmp_path / "wake"), WakeSender(tmp_path / "wake")
    old.close()
    sender.wake()
    assert new.drain()
    new.close()
    sender.close()


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    path = deep / "wake"
    assert len(str(path)) > LONGEST_PATH
    receiver, sender = WakeReceiver(path), WakeSender(path)
    sender.wake()
    assert receiver.drain()
    receiver.close()
    sender.close()


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match=r"absent/wake: No such file or directory; let this user write"):
        WakeReceiver(tmp_path / "absent" / "wake")
