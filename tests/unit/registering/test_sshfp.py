"""SSHFP records of public keys, with the example of RFC 7479."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure.registering.sshfp import fingerprint, fingerprint_text

# RFC 7479 section 3
BLOB = "AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS"
DIGEST = "a87f1b687ac0e57d2a081a2f282672334d90ed316d2b818ca9580ea384d92401"


@pytest.mark.parametrize("line", [f"ssh-ed25519 {BLOB}", f"ssh-ed25519 {BLOB} root@pc\n", f" ssh-ed25519 {BLOB} a b c"])
def test_the_example_of_rfc_7479(line: str) -> None:
    rdata = fingerprint(line)
    assert rdata is not None
    assert fingerprint_text(rdata) == f"4 2 {DIGEST}"


@pytest.mark.parametrize(
    ("kind", "number"),
    [("ssh-rsa", 1), ("ssh-dss", 2), ("ecdsa-sha2-nistp256", 3), ("ecdsa-sha2-nistp521", 3), ("ssh-ed448", 6)],
)
def test_each_kind_has_its_number(kind: str, number: int) -> None:
    blob = len(kind).to_bytes(4, "big") + kind.encode() + bytes(40)
    rdata = fingerprint(f"{kind} {base64.b64encode(blob).decode()}")
    assert rdata == bytes((number, 2)) + hashlib.sha256(blob).digest()


@pytest.mark.parametrize(
    "line",
    [
        *("", "ssh-ed25519", "ssh-ed25519 ", "ssh-ed25519 !", f"ssh-ed25519 {BLOB[:-1]}", f"ssh-rsa {BLOB}"),
        *(f"ssh-ed25519-cert-v01@openssh.com {BLOB}", f"command=x ssh-ed25519 {BLOB}", "ssh-ed25519 AAAA", BLOB),
    ],
)
def test_what_is_no_key_has_none(line: str) -> None:
    assert fingerprint(line) is None


@given(st.text())
def test_any_text_gives_none_or_34_octets(text: str) -> None:
    for line in (text, f"ssh-ed25519 {text}", f"ssh-ed25519 {BLOB} {text}"):
        rdata = fingerprint(line)
        assert rdata is None or len(rdata) == 34
