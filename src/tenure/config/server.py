"""What the keys of `[dns]` mean for the server as a whole, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tenure.authority.server_settings import (
    CookieSettings,
    KerberosSettings,
    RateLimits,
    ServerSettings,
    TcpSettings,
)
from tenure.config.configuration import Configuration
from tenure.config.dns import Dns
from tenure.config.dns_server import RateLimit
from tenure.config.gss_tsig_checks import check_keytab
from tenure.config.problem import Problem
from tenure.config.secrets import is_readable_by_everybody
from tenure.signing.context import ContextLimits
from tenure.signing.principal import parse_principal

COOKIE_SECRET_SIZE = 16  # octets


def server_settings(configuration: Configuration) -> ServerSettings:
    """How the server behaves; the file was checked."""
    dns = configuration.dns
    if dns is None:
        return ServerSettings()
    return ServerSettings(
        cookies=CookieSettings(
            answer=dns.answer_cookie,
            require_server_cookie=dns.require_server_cookie,
            secrets=_cookie_secrets(configuration, dns),
        ),
        tcp=TcpSettings(dns.tcp_clients, dns.tcp_clients_per_address, dns.tcp_idle_timeout, dns.tcp_transfer_timeout),
        rate_limit=None if dns.rate_limit is None else _rate_limits(dns.rate_limit),
        kerberos=_kerberos(configuration, dns),
        max_updates_per_second=dns.max_updates_per_second or 0,
    )


def check_server(configuration: Configuration) -> Iterator[Problem]:
    """Secrets of cookies can be read, and keys that have no effect are not there."""
    dns = configuration.dns
    if dns is None:
        return
    if dns.require_server_cookie and not dns.answer_cookie:
        yield Problem(
            ("dns", "require-server-cookie"),
            "answer-cookie is false, so nobody has one",
            "leave one of the two out",
        )
    if dns.cookie_secret_file is not None:
        try:
            _cookie_secrets(configuration, dns)
        except ValueError as error:
            wrong, _, right = str(error).partition("; ")
            yield Problem(("dns", "cookie-secret-file"), wrong, right)
    yield from _check_kerberos(configuration, dns)


def _check_kerberos(configuration: Configuration, dns: Dns) -> Iterator[Problem]:
    """The keytab is there, and a secret; the principal reads as one."""
    if dns.tkey_gssapi_keytab is None:
        if dns.tkey_gssapi_credential is not None:
            right = "add tkey-gssapi-keytab, or leave this key out"
            yield Problem(("dns", "tkey-gssapi-credential"), "there is no keytab with its key", right)
        return
    at = ("dns", "tkey-gssapi-keytab")
    path = configuration.beside(dns.tkey_gssapi_keytab)
    yield from check_keytab(path, at, "export the server's key there: kadmin ktadd -k FILE DNS/HOST")
    if dns.tkey_gssapi_credential is not None:
        try:
            parse_principal(dns.tkey_gssapi_credential)
        except ValueError as error:
            right = "write it as DNS/HOST@REALM"
            yield Problem(("dns", "tkey-gssapi-credential"), f"it is no principal: {error}", right)


def _kerberos(configuration: Configuration, dns: Dns) -> KerberosSettings | None:
    if dns.tkey_gssapi_keytab is None:
        return None
    limits = ContextLimits(
        contexts=dns.tkey_contexts,
        per_principal=dns.tkey_contexts_per_principal,
        seconds=float(dns.tkey_context_lifetime),
    )
    keytab = str(configuration.beside(dns.tkey_gssapi_keytab))
    return KerberosSettings(keytab, dns.tkey_gssapi_credential or "", limits)


def _rate_limits(section: RateLimit) -> RateLimits:
    values = {name: getattr(section, name) for name in RateLimit.model_fields}
    return RateLimits(**{**values, "exempt_clients": tuple(section.exempt_clients)})


def _cookie_secrets(configuration: Configuration, dns: Dns) -> tuple[bytes, ...]:
    """The secrets in their order; `ValueError` says what is wrong and never shows one."""
    if dns.cookie_secret_file is None:
        return ()
    path = configuration.beside(dns.cookie_secret_file)
    lines = [line.strip() for line in _private_lines(path)]
    secrets = [_secret(path, number, line) for number, line in enumerate(lines, 1) if line]
    if not secrets:
        raise ValueError(f"{path} has no secret; write 32 hexadecimal digits, such as `openssl rand -hex 16` gives")
    return tuple(secrets)


def _private_lines(path: Path) -> list[str]:
    try:
        if is_readable_by_everybody(path):
            raise ValueError(f"{path} is readable by everybody; run: chmod o-rwx {path}")
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError as error:
        remedy = f"make it with: (umask 077; openssl rand -hex 16 > {path})"
        raise ValueError(f"{path} cannot be read ({error.strerror}); {remedy}") from None


def _secret(path: Path, number: int, line: str) -> bytes:
    try:
        secret = bytes.fromhex(line)
    except ValueError:
        secret = b""
    if len(secret) != COOKIE_SECRET_SIZE:
        raise ValueError(f"line {number} of {path} is no secret of 128 bits; write 32 hexadecimal digits")
    return secret
