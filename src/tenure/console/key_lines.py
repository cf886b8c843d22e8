"""The TSIG keys as people see them: each secret with its origin, its end, who uses it, and when it was last used."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tenure.config.configuration import Configuration
from tenure.config.domains import all_plans
from tenure.config.secrets import configured_secrets, stored_algorithms
from tenure.config.zones import place_of, policy_of
from tenure.console.words import time_text
from tenure.dnswire.name import Name, to_text
from tenure.ledger.keys import Use
from tenure.signing.key import algorithm_to_text
from tenure.signing.rotation import Secret, effective_secrets, good_secrets


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One secret of a key, without the secret itself."""

    key: str
    secret: str  # its fingerprint
    state: str  # current, previous, ended, coming, switched off, not made yet
    until: str
    algorithm: str
    source: str  # configuration, or store
    last_used: str
    last_used_by: tuple[str, ...]  # services
    uses: tuple[str, ...]

    @property
    def used_by(self) -> str:
        """What the key is good for, in one line."""
        return "; ".join(self.uses)


@dataclass(frozen=True, slots=True)
class OpenKeyLine(KeyLine):
    """The same with the secret, in base64, for who asked to see it."""

    base64: str


class KeyState(NamedTuple):
    """What is known of the keys: by the configuration, and by the store."""

    configured: tuple[Secret, ...]
    stored: tuple[Secret, ...]
    uses: tuple[Use, ...]

    def configured_as(self, name: Name) -> list[Secret]:
        """The secrets that the configuration has of one key, the newer one first."""
        return [one for one in self.configured if one.name == name]

    def good(self, name: Name, now: float) -> list[Secret]:
        """The secrets of one key that are good now, the newer one first."""
        secrets = effective_secrets(self.configured, self.stored)
        return [one for one in good_secrets(secrets, now, allow_md5=True) if one.name == name]


def key_state(configuration: Configuration, stored: Sequence[Secret] = (), uses: Sequence[Use] = ()) -> KeyState:
    """The state, as the configuration and the rows of the store give it."""
    return KeyState(tuple(configured_secrets(configuration)), tuple(stored), tuple(uses))


def key_lines(configuration: Configuration, state: KeyState, now: float) -> Iterator[KeyLine]:
    """All secrets by key, the newest of a key first; also the keys that the store is to have and has not yet."""
    lines = sorted(_lines(configuration, state, now), key=lambda line: line.key)
    return iter(lines)


def _lines(configuration: Configuration, state: KeyState, now: float) -> Iterator[KeyLine]:
    secrets = effective_secrets(state.configured, state.stored)
    usable = good_secrets(secrets, now, allow_md5=configuration.tsig.allow_md5)
    last = _last_uses(state.uses)
    missing = stored_algorithms(configuration)
    for secret in sorted(secrets, key=lambda one: -one.from_at):
        missing.pop(secret.name, None)
        at, services = last.get((secret.name, secret.fingerprint), (None, ()))
        yield KeyLine(
            to_text(secret.name),
            secret.fingerprint,
            _state(secret, usable, now),
            time_text(secret.until_at),
            algorithm_to_text(secret.algorithm),
            "store" if secret in state.stored else "configuration",
            time_text(at),
            services,
            key_uses(configuration, secret.name),
        )
    for name, algorithm in missing.items():
        uses = key_uses(configuration, name)
        yield KeyLine(to_text(name), "", "not made yet", "", algorithm_to_text(algorithm), "store", "", (), uses)


def open_line(line: KeyLine, secrets: Sequence[Secret]) -> OpenKeyLine:
    """The line with its secret, which is one of these."""
    found = [one for one in secrets if (to_text(one.name), one.fingerprint) == (line.key, line.secret)]
    text = base64.b64encode(found[0].secret).decode("ascii") if found else ""
    return OpenKeyLine(
        *(line.key, line.secret, line.state, line.until, line.algorithm, line.source),
        *(line.last_used, line.last_used_by, line.uses),
        base64=text,
    )


def why_no_secret(configuration: Configuration, state: KeyState, name: Name) -> str:
    """Why a key has no secret that is good now, in words."""
    if any(one.name == name for one in (*state.stored, *state.configured)):
        return "its secrets have ended"
    if name in stored_algorithms(configuration):
        return "it has no secret yet; the services make one when they start"
    return "neither the configuration nor the store has a key of this name"


def key_uses(configuration: Configuration, name: Name) -> tuple[str, ...]:
    """Which views, zones, policies and domains the configuration uses a key for."""
    zones = configuration.dns.zones if configuration.dns else []
    views = [
        f"clients of view {view.name}"
        for view in (configuration.dns.views if configuration.dns else ())
        if any(word.key == name for word in view.match_clients or ())
    ]
    policies = [
        f"policy of {place_of(zone)}" for zone in zones if any(rule.names_key(name) for rule in policy_of(zone))
    ]
    transfers = [
        f"transfer of {place_of(zone)}" for zone in zones if any(one.key == name for one in zone.allow_transfer)
    ]
    updates = [
        f"our updates of {to_text(plan.zone)} at {', '.join(f'{one.host}#{one.port}' for one in plan.servers)}"
        for plan in all_plans(configuration)
        if plan.key == name
    ]
    return (*views, *policies, *transfers, *updates)


def updatable_zones(configuration: Configuration, name: Name) -> tuple[str, ...]:
    """The zones in which a policy grants the key anything."""
    zones = configuration.dns.zones if configuration.dns else []
    granting = (zone for zone in zones if any(rule.grant and rule.names_key(name) for rule in policy_of(zone)))
    return tuple(dict.fromkeys(to_text(zone.name) for zone in granting))


def _last_uses(uses: Sequence[Use]) -> Mapping[tuple[Name, str], tuple[float, tuple[str, ...]]]:
    found: dict[tuple[Name, str], tuple[float, tuple[str, ...]]] = {}
    for name, digits, service, at in uses:
        latest, services = found.get((name, digits), (0.0, ()))
        found[name, digits] = max(latest, at), (*services, service)
    return found


def _state(secret: Secret, usable: Sequence[Secret], now: float) -> str:
    if secret in usable:
        first = next(one for one in usable if one.name == secret.name)
        return "current" if secret is first else "previous"
    if secret.from_at > now:
        return "coming"
    return "switched off" if secret.is_good(now) else "ended"
