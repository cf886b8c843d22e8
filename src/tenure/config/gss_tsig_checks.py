"""The rules about `[ddns.gss-tsig]` and the zones that have gss-tsig set, and about keytabs."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from tenure.config.configuration import Configuration
from tenure.config.ddns import DomainSection
from tenure.config.gss_tsig import GssTsigSection
from tenure.config.problem import Location, Problem
from tenure.signing.principal import parse_principal

_DNS = "DNS/"


def check_gss_tsig(configuration: Configuration) -> Iterator[Problem]:
    """The keytab is there and a secret, principals read as such, and no zone is signed for in two ways."""
    ddns = configuration.ddns
    ours = ddns.gss_tsig
    is_used = False
    for way, sections in (("forward", ddns.forward), ("reverse", ddns.reverse)):
        for index, section in enumerate(sections or ()):
            is_used |= section.gss_tsig
            yield from _check_domain(section, ("ddns", way, index))
    if is_used and (ours is None or (ours.client_keytab is None and ours.credentials_cache is None)):
        right = 'write [ddns.gss-tsig] with client-keytab = "dhcp.keytab"'
        yield Problem(("ddns", "gss-tsig"), "does not say where the updater has its tickets from", right)
    if ours is not None:
        yield from check_login(configuration, ours, ("ddns", "gss-tsig"))


def check_login(configuration: Configuration, ours: GssTsigSection, at: Location) -> Iterator[Problem]:
    """Who we are to Kerberos: the principal reads as one, and the keytab is there and a secret."""
    if ours.client_principal is not None:
        yield from _check_principal(ours.client_principal, (*at, "client-principal"))
    if ours.rekey_interval >= ours.tkey_lifetime:
        wrong = f"is not shorter than tkey-lifetime ({ours.tkey_lifetime})"
        yield Problem((*at, "rekey-interval"), wrong, "three quarters of it is usual")
    if ours.client_keytab is not None:
        yield from check_keytab(
            configuration.beside(ours.client_keytab),
            (*at, "client-keytab"),
            "export the key of the client there: kadmin ktadd -k FILE PRINCIPAL",
        )


def check_keytab(path: Path, at: Location, right: str) -> Iterator[Problem]:
    """A keytab can be read, and not by everybody; `right`: what helps where it is not there."""
    try:
        if path.stat().st_mode & stat.S_IROTH:
            yield Problem(at, f"{path} is readable by everybody", f"run: chmod o-rwx {path}")
    except OSError as error:
        yield Problem(at, f"{path} cannot be read ({error.strerror})", right)


def _check_domain(section: DomainSection, at: Location) -> Iterator[Problem]:
    if not section.gss_tsig:
        for key, value in (
            ("server-principal", section.server_principal),
            ("update-security-level", section.update_security_level),
        ):
            if value is not None:
                yield Problem((*at, key), "updates of this zone are not signed by Kerberos", "add gss-tsig = true")
        return
    if section.key is not None:
        yield Problem((*at, "key"), "gss-tsig is set, so updates are signed by Kerberos", "leave one of the two out")
    for index, server in enumerate(section.servers or ()):
        if server.key is not None:
            wrong = "gss-tsig is set, so what goes to this server is signed by Kerberos"
            yield Problem((*at, "servers", index), wrong, "leave its key out, or gss-tsig")
    if section.server_principal is not None:
        principal = section.server_principal
        if not principal.startswith(_DNS) or not principal.removeprefix(_DNS).partition("@")[0]:
            yield Problem((*at, "server-principal"), "is no principal of a DNS server", "write it as DNS/HOST@REALM")
        elif "@" in principal:
            yield from _check_principal(principal, (*at, "server-principal"))


def _check_principal(text: str, at: Location) -> Iterator[Problem]:
    try:
        parse_principal(text)
    except ValueError as error:
        yield Problem(at, f"it is no principal: {error}", "write it as NAME/HOST@REALM")
