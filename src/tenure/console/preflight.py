"""`tenure ddns check` for people: the rows of what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tenure.config.configuration import Configuration
from tenure.console.words import name_text, printable
from tenure.updating.preflight import Finding


class CheckDomains(Protocol):
    """Checks the configured domains, and tells of each what is found."""

    def __call__(self, configuration: Configuration, tell: Callable[[Finding], None], *, gss: bool = False) -> bool:
        """False if it was interrupted; `gss`: those alone that are signed for by Kerberos."""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One finding."""

    zone: str
    direction: str
    server: str
    check: str
    verdict: str
    text: str
    remedy: str


def check_line(finding: Finding) -> CheckLine:
    """The row of one finding."""
    return CheckLine(
        zone=name_text(finding.zone),
        direction=finding.direction.value,
        server=finding.server or "-",
        check=finding.check,
        verdict=finding.verdict.value,
        text=printable(finding.text),
        remedy=printable(finding.remedy),
    )
