"""What the commands of `tenure agent` need of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from tenure.config.agent import Agent
    from tenure.config.configuration import Configuration
    from tenure.console.agent import HookRow
    from tenure.registering.client import Client
    from tenure.registering.promise import Heard, Promise
    from tenure.registering.survey import Survey

SurveyHost: TypeAlias = "Callable[[Agent], Survey]"


class InstallHooks(Protocol):
    """Puts the hooks of DHCP clients below a root, or takes them away."""

    def __call__(
        self, root: Path, config: Path, clients: Sequence[Client], *, dry_run: bool, remove: bool
    ) -> list[HookRow]:
        """What became of each file, or would. `clients`: of these; of none, of all that are installed."""


class HostAgent(NamedTuple):
    """What they run. It is here for every command line, so it loads nothing by itself."""

    survey: SurveyHost
    # Keeps the names of the host, and the leases of the interfaces that are named; the exit status
    run: Callable[[Path, Sequence[str]], int]
    register: Callable[[Configuration], bool]  # looks at everything now; False: the agent that runs did not answer
    learn: Callable[[Configuration, Heard], Promise | None]  # remembers what a DHCP client has told
    install_hooks: InstallHooks
