"""A private PostgreSQL: a cluster in a folder of its own, on a socket in that folder, ended with the test run.

It syncs like a real one (`fsync` stays on), because durability is what is tested. Root cannot run PostgreSQL: then the
`postgres` user of Debian's package runs it.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from peers import program

_PORT = 5432  # of a socket's name only: the folder is ours alone


class PostgresCluster:
    """A running server; databases are made on demand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._user = _server_user()
        self._numbers = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        if self._user is not None:
            for path in (folder, folder / "data"):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        initdb = [program("initdb"), "-D", str(folder / "data"), "-U", "tenure", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*initdb, "--no-sync"], check=True, capture_output=True, **self._identity())
        self.start()

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        command = [program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(_PORT)]
        settings = ["listen_addresses=", "shared_buffers=16MB", "max_connections=40", "fsync=on"]
        arguments = [part for setting in settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command + arguments, stdout=log, stderr=log, **self._identity())
        ready = [program("pg_isready"), "-q", "-h", str(self.folder), "-p", str(_PORT)]
        for _ in range(1200):  # a busy machine takes long over the first start
            if subprocess.run(ready, check=False).returncode == 0:
                return
            if self._server.poll() is not None:
                break
            signal.sigtimedwait([], 0.05)
        self.stop(signal.SIGKILL)
        pytest.fail(f"PostgreSQL does not start: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends the server: SIGINT drops its connections at once, SIGQUIT is a crash with recovery at the next start."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(60)
            self._server = None

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"tenure{next(self._numbers)}"
        command = [program("createdb"), "-h", str(self.folder), "-p", str(_PORT), "-U", "tenure", name]
        subprocess.run(command, check=True, capture_output=True)
        return f"postgresql://tenure@/{name}?host={self.folder}&port={_PORT}"

    def _identity(self) -> dict[str, object]:
        if self._user is None:
            return {"cwd": self.folder}
        return {"cwd": self.folder, "user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}


@contextmanager
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A cluster for the time of the `with`; skips the test where PostgreSQL or psycopg is not installed."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: tenure[postgres]")
    program("postgres")
    folder = Path(tempfile.mkdtemp(prefix="tenure-pg-", dir="/tmp"))  # short: a socket's path has 107 octets at most
    cluster = None
    try:
        cluster = PostgresCluster(folder)
        yield cluster
    finally:
        if cluster is not None:
            cluster.stop(signal.SIGQUIT)  # nothing of it is kept; to end in order takes long where disks are slow
        shutil.rmtree(folder, ignore_errors=True)


def _server_user() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("root cannot run PostgreSQL and there is no postgres user: Debian's package postgresql")
