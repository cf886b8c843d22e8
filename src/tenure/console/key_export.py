"""A TSIG key as other programs want it written: one function for each program, from the same few values."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tenure.config.fields import Endpoint
from tenure.dnswire.name import to_text
from tenure.signing.key import algorithm_to_text
from tenure.signing.rotation import Secret


class Program(StrEnum):
    """What a key can be exported for."""

    TENURE = "tenure"
    BIND = "bind"
    KEA = "kea"
    DHCPD = "dhcpd"
    NSUPDATE = "nsupdate"
    EXTERNAL_DNS = "external-dns"
    TERRAFORM = "terraform"


_PLAIN = ("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512")
_TRUNCATED = ("hmac-sha256-128", "hmac-sha384-192", "hmac-sha512-256")
# What each program can sign with; a key of another algorithm is not written for it.
_KNOWN: dict[Program, frozenset[str]] = {
    Program.TENURE: frozenset({"hmac-md5", *_PLAIN, *_TRUNCATED}),
    Program.BIND: frozenset({"hmac-md5", *_PLAIN, *_TRUNCATED}),
    Program.NSUPDATE: frozenset({"hmac-md5", *_PLAIN, *_TRUNCATED}),
    Program.KEA: frozenset({"hmac-md5", *_PLAIN, *_TRUNCATED}),
    Program.DHCPD: frozenset({"hmac-md5", *_PLAIN}),
    Program.EXTERNAL_DNS: frozenset(_PLAIN),
    Program.TERRAFORM: frozenset({"hmac-md5", "hmac-sha1", "hmac-sha256", "hmac-sha512"}),
}
NEEDS_SERVER = frozenset({Program.EXTERNAL_DNS, Program.TERRAFORM})


@dataclass(frozen=True, slots=True)
class ExportedKey:
    """What the blocks are made from."""

    name: str  # with the final dot
    algorithm: str
    secret: str  # base64
    server: Endpoint | None  # where updates go
    zones: tuple[str, ...]  # that the key may update, with the final dot


def exported_key(secret: Secret, server: Endpoint | None, zones: Sequence[str]) -> ExportedKey:
    """The values of one secret."""
    algorithm = algorithm_to_text(secret.algorithm)
    text = base64.b64encode(secret.secret).decode("ascii")
    return ExportedKey(to_text(secret.name), algorithm, text, server, tuple(zones))


def export_text(key: ExportedKey, program: Program) -> str:
    """The block for the program; `ValueError` says why there can be none."""
    if key.algorithm not in _KNOWN[program]:
        known = ", ".join(sorted(_KNOWN[program]))
        raise ValueError(f"{program} does not know {key.algorithm}; a key for it has one of {known}")
    if program in NEEDS_SERVER and key.server is None:
        raise ValueError("by which address this server is reached is not in the configuration; write --server ADDRESS")
    return _WRITERS[program](key)


def _tenure(key: ExportedKey) -> str:
    """A `[[keys]]` table of the configuration."""
    return f'[[keys]]\nname = "{key.name}"\nalgorithm = "{key.algorithm}"\nsecret = "{key.secret}"\n'


def _bind(key: ExportedKey) -> str:
    """A `key` statement of named.conf; also what `nsupdate -k` and `dig -k` read."""
    return f'key "{key.name}" {{\n\talgorithm {key.algorithm};\n\tsecret "{key.secret}";\n}};\n'


def _dhcpd(key: ExportedKey) -> str:
    """A `key` statement of dhcpd.conf, and the zones that are updated with it."""
    blocks = [f"key {key.name} {{\n\talgorithm {key.algorithm};\n\tsecret {key.secret};\n}};\n"]
    if key.server is not None and ":" not in key.server.host:
        # dhcpd.conf has no port: it always updates port 53
        blocks += [f"zone {zone} {{\n\tprimary {key.server.host};\n\tkey {key.name};\n}}\n" for zone in key.zones]
    return "\n".join(blocks)


def _kea(key: ExportedKey) -> str:
    """The `tsig-keys` of `DhcpDdns`. Kea has the bits of a truncated MAC beside the algorithm."""
    words = key.algorithm.split("-")
    entry: dict[str, str | int] = {"name": key.name, "algorithm": "-".join(words[:2]).upper()}
    if len(words) > 2:
        entry["digest-bits"] = int(words[2])
    return json.dumps({"tsig-keys": [entry | {"secret": key.secret}]}, indent=2) + "\n"


def _external_dns(key: ExportedKey) -> str:
    """A Kubernetes secret, and what the container of external-dns needs to use it."""
    assert key.server is not None
    settings = {
        "--provider": ["rfc2136"],
        "--rfc2136-host": [key.server.host],
        "--rfc2136-port": [str(key.server.port)],
        "--rfc2136-zone": [zone.rstrip(".") for zone in key.zones],
        "--rfc2136-tsig-keyname": [key.name.rstrip(".")],
        "--rfc2136-tsig-secret-alg": [key.algorithm],
    }
    lines = [
        *("apiVersion: v1", "kind: Secret", "metadata:", "  name: external-dns-rfc2136", "type: Opaque"),
        *("stringData:", f'  tsig-secret: "{key.secret}"', "---"),
        "# in the container of external-dns",
        "args:",
        *(f'- "{option}={value}"' for option, values in settings.items() for value in values),
        "- --rfc2136-tsig-axfr",
        *("env:", "- name: EXTERNAL_DNS_RFC2136_TSIG_SECRET", "  valueFrom:", "    secretKeyRef:"),
        *("      name: external-dns-rfc2136", "      key: tsig-secret"),
    ]
    return "\n".join(lines) + "\n"


def _terraform(key: ExportedKey) -> str:
    """The provider `hashicorp/dns`."""
    assert key.server is not None
    return f"""\
terraform {{
  required_providers {{
    dns = {{
      source = "hashicorp/dns"
    }}
  }}
}}

provider "dns" {{
  update {{
    server        = "{key.server.host}"
    port          = {key.server.port}
    key_name      = "{key.name}"
    key_algorithm = "{key.algorithm}"
    key_secret    = "{key.secret}"
  }}
}}
"""


_WRITERS: dict[Program, Callable[[ExportedKey], str]] = {
    Program.TENURE: _tenure,
    Program.BIND: _bind,
    Program.NSUPDATE: _bind,
    Program.KEA: _kea,
    Program.DHCPD: _dhcpd,
    Program.EXTERNAL_DNS: _external_dns,
    Program.TERRAFORM: _terraform,
}
