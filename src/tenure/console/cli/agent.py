"""`tenure agent`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.options import (
    FAILED,
    WRONG,
    ConfigOption,
    Format,
    FormatOption,
    LimitOption,
    OptionalConfig,
    examples,
    fail,
    opened,
)
from tenure.console.cli.output import print_rows
from tenure.registering.client import Client

if TYPE_CHECKING:
    from tenure.console.host_agent import HostAgent, SurveyHost

EXAMPLES = examples(
    "tenure agent -c agent.toml",
    "tenure agent -c agent.toml --dhcp eth0",
    "tenure agent --dry-run",
    "tenure agent --dry-run -c agent.toml -o json",
)
SETTLED = {"registered", "none"}  # what DHCP servers write is none of the agent's
LEARNED_EXAMPLES = examples(
    "tenure agent learned 10.1.0.7 --interface eth0 --moment bound --flags 1 --name pc.office.example -c agent.toml",
    "tenure agent learned 10.1.0.7 --interface eth0 --moment ended -c agent.toml",
)
HOOKS_EXAMPLES = examples(
    "tenure agent install-hooks -c /etc/tenure/agent.toml --dry-run",
    "tenure agent install-hooks -c /etc/tenure/agent.toml --for dhcpcd",
    "tenure agent install-hooks -c /etc/tenure/agent.toml --remove",
)
LEASE_COLUMNS = ("address", "interface", "server_writes", "name", "until")
HELD_COLUMNS = ("interface", "address", "server", "server_writes", "name", "renewal", "until")
LeasesOption = Annotated[bool, typer.Option("--leases", help="Show the leases of the agent's own DHCP client.")]
HOOK_COLUMNS = ("client", "path", "outcome")
AddressArgument = Annotated[
    str,
    typer.Argument(help="The leased address, or all: those of the interface, which have ended.", show_default=False),
]
InterfaceOption = Annotated[str, typer.Option("--interface", help="The interface that has it.", show_default=False)]
MomentOption = Annotated[
    str,
    typer.Option(
        "--moment", help="What has become of the lease: bound, renewed (or confirmed), ended.", show_default=False
    ),
]
FlagsOption = Annotated[
    int | None,
    typer.Option("--flags", help="The octet of flags of option 81 or 39, if it was answered.", show_default=False),
]
NameOption = Annotated[str, typer.Option("--name", help="The name in that option.", show_default=False)]
SecondsOption = Annotated[int | None, typer.Option("--seconds", help="The length of the lease.", show_default=False)]
UntoldOption = Annotated[
    bool, typer.Option("--untold", help="The client does not tell whether the option was answered.")
]
ForOption = Annotated[
    list[Client] | None,
    typer.Option("--for", help="Only for this client, by default for all that are there; can be repeated."),
]
RemoveOption = Annotated[bool, typer.Option("--remove", help="Take the files away again.")]
RootOption = Annotated[Path, typer.Option("--root", help="The root of the system that gets them.")]
HookDryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]
REGISTER_EXAMPLES = examples("tenure agent register -c agent.toml")
STATUS_EXAMPLES = examples(
    "tenure agent status -c agent.toml",
    "tenure agent status -c agent.toml -o json",
    "tenure agent status -c agent.toml --leases",
)
STATUS_COLUMNS = ("name", "records", "state", "verified", "server", "reason")
DhcpOption = Annotated[
    list[str] | None,
    typer.Option("--dhcp", help="Also be the DHCP client of this interface; may be given again.", show_default=False),
]
COLUMNS = ("interface", "address", "verdict", "names", "reason")
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would be registered, and change nothing.")]


def commands(agent: HostAgent) -> typer.Typer:
    """The commands; `agent` is what they run."""
    app = typer.Typer()

    @app.callback(invoke_without_command=True, epilog=EXAMPLES)
    def alone(
        context: typer.Context,
        config: OptionalConfig = None,
        dhcp: DhcpOption = None,
        dry_run: DryRunOption = False,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Keep the names of this host in DNS, until it is stopped; then they are taken out again.

        What is right is not written again, and what is somebody else's is left as it is, unless the configuration says
        otherwise.
        """
        if context.invoked_subcommand is not None:
            return
        if dry_run:
            _show_survey(agent.survey, config, output)
            return
        if config is None:
            raise fail("`tenure agent` needs its configuration; write -c FILE, or --dry-run", WRONG)
        from tenure.console.words import interface_name  # noqa: PLC0415 - `tenure --help` does without

        try:
            interfaces = [interface_name(one) for one in dhcp or ()]
        except ValueError as error:
            raise fail(f"--dhcp: {error}", WRONG) from None
        raise typer.Exit(agent.run(config, interfaces))

    app.command("register", epilog=REGISTER_EXAMPLES)(_register_command(agent))
    app.command("status", epilog=STATUS_EXAMPLES)(status)
    app.command("learned", epilog=LEARNED_EXAMPLES)(_learned_command(agent))
    app.command("install-hooks", epilog=HOOKS_EXAMPLES)(_install_hooks_command(agent))
    return app


def _register_command(agent: HostAgent) -> Callable[..., None]:
    def command(config: ConfigOption, output: FormatOption = Format.TABLE) -> None:
        """Look at everything now, and write what differs: by the agent that runs, or without one.

        Exit status 1 if a name is not registered.
        """
        from tenure.console.agent import name_rows  # noqa: PLC0415 - `tenure --help` does without

        with opened(config) as configuration:
            if not agent.register(configuration):
                raise fail("the agent that runs did not answer; see its log")
            rows = name_rows(configuration)
            print_rows(rows, STATUS_COLUMNS, output)
        if any(row.state not in SETTLED for row in rows):
            raise typer.Exit(FAILED)

    return command


def _learned_command(agent: HostAgent) -> Callable[..., None]:
    def command(
        config: ConfigOption,
        address: AddressArgument,
        interface: InterfaceOption,
        moment: MomentOption,
        flags: FlagsOption = None,
        name: NameOption = "",
        seconds: SecondsOption = None,
        untold: UntoldOption = False,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Tell the agent what a DHCP server has answered about who writes this host's name; hooks of clients do it.

        Without --flags and --untold the option was not in the answer.
        """
        from tenure.console.agent import heard_of, lease_row  # noqa: PLC0415 - `tenure --help` does without

        try:
            heard = heard_of(address, interface, moment, flags, name, seconds, is_told=not untold)
        except ValueError as error:
            raise fail(str(error), WRONG) from None
        with opened(config) as configuration:
            promise = agent.learn(configuration, heard)
            print_rows([] if promise is None else [lease_row(promise, is_told=not untold)], LEASE_COLUMNS, output)

    return command


def _install_hooks_command(agent: HostAgent) -> Callable[..., None]:
    def command(
        config: ConfigOption,
        clients: ForOption = None,
        root: RootOption = Path("/"),
        dry_run: HookDryRunOption = False,
        remove: RemoveOption = False,
        output: FormatOption = Format.TABLE,
    ) -> None:
        """Have DHCP clients tell the agent what their servers answer: install hooks of those that are there.

        A file that another program or a person made is never written over, nor removed.
        """
        with opened(config):
            rows = agent.install_hooks(root, config, clients or [], dry_run=dry_run, remove=remove)
            if dry_run and output is Format.TABLE:
                print("\n".join(f"# {row.path}: {row.outcome}\n{row.text}" for row in rows), end="")
            else:
                print_rows(rows, HOOK_COLUMNS, output)

    return command


def status(
    config: ConfigOption,
    leases: LeasesOption = False,
    output: FormatOption = Format.TABLE,
    limit: LimitOption = None,
) -> None:
    """Show for each name whether it is registered, pending or refused, why, and when the server said so last.

    With --leases: what the agent has leased, where it is the DHCP client too.
    """
    from tenure.console.agent import held_rows, name_rows  # noqa: PLC0415 - `tenure --help` does without

    with opened(config) as configuration:
        if leases:
            print_rows(held_rows(configuration), HELD_COLUMNS, output, limit)
        else:
            print_rows(name_rows(configuration), STATUS_COLUMNS, output, limit)


def _show_survey(survey_host: SurveyHost, config: Path | None, output: Format) -> None:
    """Every address of this host, kept or skipped, and why."""
    from tenure.config.agent import Agent  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.agent import address_rows  # noqa: PLC0415

    if config is None:
        print_rows(address_rows(survey_host(Agent())), COLUMNS, output)
        return
    with opened(config) as configuration:
        print_rows(address_rows(survey_host(configuration.agent or Agent())), COLUMNS, output)
