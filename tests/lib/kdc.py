"""A real MIT Kerberos of a test's own: a KDC on loopback, with its configuration and database in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from peers import program
from ports import free_port

REALM = "EXAMPLE.TEST"
SERVER = "ns.example.test"

KRB5_CONF = """\
[libdefaults]
    default_realm = {realm}
    dns_lookup_kdc = false
    dns_lookup_realm = false
    dns_canonicalize_hostname = false
    rdns = false
    default_ccache_name = FILE:{folder}/default.ccache
    {more}
[realms]
{realms}
[domain_realm]
    .example.test = EXAMPLE.TEST
    example.test = EXAMPLE.TEST
[capaths]
    OTHER.TEST = {{
        EXAMPLE.TEST = .
    }}
"""
ONE_REALM = "    {realm} = {{\n        kdc = 127.0.0.1:{port}\n    }}\n"
KDC_CONF = """\
[kdcdefaults]
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
[realms]
    {realm} = {{
        database_name = {folder}/{realm}.db
        key_stash_file = {folder}/{realm}.stash
        max_life = 24h
    }}
[logging]
    kdc = FILE:{folder}/{realm}.log
"""


class Kdc:
    """A realm whose KDC runs, and its clients' side."""

    def __init__(self, folder: Path, realm: str, port: int, environment: Mapping[str, str]) -> None:
        self.folder, self.realm, self.port = folder, realm, port
        self.environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run the KDC, until it listens."""
        out_path = self.folder / f"{self.realm}.out"
        with out_path.open("wb") as out:
            command = [program("krb5kdc"), "-n", "-r", self.realm]
            self._process = subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)
        until = time.monotonic() + 30
        while not _listens(self.port):
            assert self._process.poll() is None, out_path.read_text(errors="replace")
            assert time.monotonic() < until, "the KDC does not listen"
            time.sleep(0.02)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """While this is entered the KDC takes what comes, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End the KDC, if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def admin(self, *queries: str) -> str:
        """What kadmin.local says to these."""
        said = ""
        for query in queries:
            command = [program("kadmin.local"), "-r", self.realm, "-q", query]
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True, timeout=60)
            said += done.stdout + done.stderr
        return said

    def keytab(self, principal: str, *more: str) -> Path:
        """A new keytab with new keys of the principals, which are made where they are not there yet."""
        path = self.folder / f"{len(list(self.folder.glob('*.keytab')))}.keytab"
        for one in (principal, *more):
            self.admin(f'addprinc -randkey "{one}"', f'ktadd -k {path} "{one}"')
        path.chmod(0o600)
        return path

    def client(self, principal: str, *, lifetime: str = "10h", realm: str = "") -> dict[str, str]:
        """The environment in which programs have a ticket of the principal, which is made if it is not there yet."""
        number = len(list(self.folder.glob("*.ccache")))
        cache = self.folder / f"{number}.ccache"
        environment = {**self.environment, "KRB5CCNAME": f"FILE:{cache}"}
        keytab = self.keytab(principal)
        command = [program("kinit"), "-l", lifetime, "-k", "-t", str(keytab), f"{principal}@{realm or self.realm}"]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
        return environment


def need_gssapi() -> None:
    """Skips the test where the extra is not installed."""
    pytest.importorskip(
        "gssapi", reason="the extra gss is not installed: Debian's packages libkrb5-dev gcc python3-dev"
    )


@contextlib.contextmanager
def kdc(folder: Path, realm: str = REALM, *, trusted_by: Kdc | None = None, more: str = "") -> Iterator[Kdc]:
    """The realm, with nobody in it; `more`: lines of `[libdefaults]`."""
    need_gssapi()
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    realms = ONE_REALM.format(realm=realm, port=port)
    if trusted_by is not None:
        realms += ONE_REALM.format(realm=trusted_by.realm, port=trusted_by.port)
    conf, profile = folder / "krb5.conf", folder / "kdc.conf"
    conf.write_text(KRB5_CONF.format(realm=realm, folder=folder, realms=realms, more=more))
    profile.write_text(KDC_CONF.format(realm=realm, folder=folder, port=port))
    environment = {**os.environ, "KRB5_CONFIG": str(conf), "KRB5_KDC_PROFILE": str(profile)}
    environment |= {"KRB5RCACHEDIR": str(folder), "KRB5RCACHENAME": f"file2:{folder}/rcache"}
    create = [program("kdb5_util"), "-r", realm, "create", "-s", "-W", "-P", "of no use to anybody"]
    subprocess.run(create, env=environment, check=True, capture_output=True, timeout=60)
    made = Kdc(folder, realm, port, environment)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def _listens(port: int) -> bool:
    import socket  # noqa: PLC0415

    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
