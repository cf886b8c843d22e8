"""The parameters of Kea's hook gss_tsig, which are D2's way to sign by Kerberos, as ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tenure.dnswire.name import from_text

_HOOK = "libddns_gss_tsig.so"
_DNS_PORT = 53
_OURS = ("client-principal", "tkey-lifetime", "rekey-interval")  # that mean the same
_WHY = {
    "fallback": "tenure sends nothing unsigned because there is no key",
    "tkey-protocol": "tenure negotiates over TCP",
    "retry-interval": "tenure tries again by itself, sooner and then later",
    "exchange-timeout": "tenure has its own timeouts",
    "gss-replay-flag": "tenure asks for replay detection always",
    "gss-sequence-flag": "tenure has several updates on their way at a time, and asks for no sequence",
}
_USUAL: dict[str, Any] = {
    "fallback": False,
    "tkey-protocol": "TCP",
    "gss-replay-flag": True,
    "gss-sequence-flag": False,
}
_OF_SERVERS = frozenset({"id", "domain-names", "ip-address", "port", "server-principal", "comment", "user-context"})

Note = Callable[[str, str], None]  # where, and what was not taken or is to be looked at


@dataclass(frozen=True, slots=True)
class GssTsigHook:
    """What the hook says."""

    parameters: Mapping[str, Any]
    where: str  # in the file

    def table(self, note: Note) -> dict[str, object]:
        """The keys of `[ddns.gss-tsig]`."""
        made: dict[str, object] = {}
        for key, value in self.parameters.items():
            if key in _OURS:
                made[key] = value
            elif key == "client-keytab" and value:
                made[key] = str(value).removeprefix("FILE:")
            elif key == "credentials-cache" and value:
                made[key] = value
            elif key in _WHY and value != _USUAL.get(key):
                note(f"{self.where}.{key}", f"not taken: {_WHY[key]}")
        for index, server in enumerate(self.parameters.get("servers", [])):
            for key in sorted(server.keys() - _OF_SERVERS):
                if server[key] != self.parameters.get(key, _USUAL.get(key)):
                    why = _WHY.get(key, "tenure has one value for all servers, in [ddns.gss-tsig]")
                    note(f"{self.where}.servers[{index}].{key}", f"not taken: {why}")
        if "client-keytab" not in made and "credentials-cache" not in made:
            note(self.where, "it names no client-keytab: set it in [ddns.gss-tsig]; the environment is not looked at")
        return made

    def domain(self, name: str, servers: list[Mapping[str, Any]], where: str, note: Note) -> dict[str, object]:
        """What `[[ddns.forward]]` or `[[ddns.reverse]]` says of signing; nothing where none of its servers is one."""
        found = [self._entry(name, server) for server in servers]
        entries = [entry for entry in found if entry is not None]
        if not entries:
            return {}
        if len(entries) < len(found):
            note(where, "some of its servers are not those of the hook: updates to all are signed by Kerberos now")
        principals = {str(e.get("server-principal") or self.parameters.get("server-principal", "")) for e in entries}
        if len(principals) == 1:
            return {"gss-tsig": True, "server-principal": principals.pop() or None}
        words = "its servers have principals of their own, which tenure finds by the names in their SOA records"
        note(where, f"{words}: {', '.join(sorted(principals))}")
        return {"gss-tsig": True}

    def _entry(self, name: str, server: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The server of the hook that has the address and port, and the domain among its own if it names any."""
        place = server.get("ip-address"), server.get("port", _DNS_PORT)
        for entry in self.parameters.get("servers", []):
            domains = entry.get("domain-names") or [name]
            same = {from_text(one).lower() for one in domains}
            if (entry.get("ip-address"), entry.get("port", _DNS_PORT)) == place and from_text(name).lower() in same:
                return dict(entry)
        return None


def gss_tsig_hook(section: Mapping[str, Any]) -> GssTsigHook | None:
    """The hook in the list of a file of D2; None: it is not there."""
    for index, hook in _hooks(section):
        if str(hook.get("library", "")).endswith(_HOOK):
            return GssTsigHook(hook.get("parameters", {}), f"DhcpDdns.hooks-libraries[{index}].parameters")
    return None


def other_hooks(section: Mapping[str, Any]) -> bool:
    """Whether there are others than that."""
    return any(not str(hook.get("library", "")).endswith(_HOOK) for _, hook in _hooks(section))


def _hooks(section: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    yield from enumerate(section.get("hooks-libraries", []))
