"""The `tenure` command: what is shown comes from the console; what runs is put together here.

What comes as exactly `SERVICE -c FILE`, as the supervisor and systemd write it, does not load the command line. The
supervisor adds `--worker N` for one of several processes of a service.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tenure import compiled

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tenure.assembly.service import Service
    from tenure.config.agent import Agent
    from tenure.config.configuration import Configuration
    from tenure.console.agent import HookRow
    from tenure.console.host_agent import HostAgent
    from tenure.console.probe.wire import Route, Wire
    from tenure.console.reconciliation import Order, Outcome
    from tenure.console.rehearsal import Act, Question
    from tenure.console.scavenging import Scavenges
    from tenure.registering.client import Client
    from tenure.registering.promise import Heard, Promise
    from tenure.registering.survey import Survey
    from tenure.serving.report import Report
    from tenure.serving.stop import Stop
    from tenure.updating.preflight import Finding

SERVICES = {
    "dhcp": "Run the DHCP server alone, for IPv4, IPv6 or both, as configured.",
    "dns": "Run the DNS server alone.",
    "requests": "Run the requests service alone: it takes Kea's name change requests, in the place of D2.",
    "follower": "Run the follower alone: it keeps DNS as the leases of other DHCP servers are.",
    "updater": "Run the updater alone: it registers the names of leases in DNS.",
    "transfers": "Run the transfer service alone: it tells other servers of changes, and keeps secondary zones fresh.",
    "janitor": "Run the janitor alone: it ends leases that have expired and prunes the history.",
}
AGENT = "agent"
FAILED, WRONG, INTERRUPTED = 1, 2, 130
_WORKER, _PACKET = "--worker", "--packet"
IPV6 = 6

# How the standard input, output and error are opened where whoever started us closed them: what is printed then fails
# as on a full disk, and what is logged goes nowhere.
_IN_THE_PLACE_OF_CLOSED = (os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)


def main() -> None:
    """The entry point; leaves with 0 done, 1 it failed, 2 wrong usage or configuration, 130 Ctrl-C before any work."""
    try:
        _open_closed_files()
        sys.exit(_main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _main(arguments: Sequence[str]) -> int:
    if len(arguments) in {3, 5} and arguments[1] == "-c" and arguments[3:4] in ([], [_WORKER]):
        name, path = arguments[0], Path(arguments[2])
        if name == "serve" and len(arguments) == 3:
            return serve_all(path)
        if name == AGENT and len(arguments) == 3:
            return run_agent(path, ())
        if name in SERVICES:
            return run(name, path, int(arguments[4]) if len(arguments) == 5 else None)
    if arguments[:1] == ["explain"] and any(word.partition("=")[0] == _PACKET for word in arguments):
        _become_plain()
    from tenure.console.cli import app  # noqa: PLC0415 - a service does without the command line
    from tenure.serving.errors import ServiceError  # noqa: PLC0415

    commands = app.command_line(
        SERVICES,
        run,
        serve_all,
        become,
        open_wire,
        rehearse,
        reconcile_zones,
        check_domains,
        open_scavenging,
        host_agent=host_agent(),
    )
    try:
        return app.execute(commands)
    except ServiceError as error:  # of what a command asks of this host
        print(f"tenure: {error}", file=sys.stderr)
        return FAILED


def _become_plain() -> None:
    """Begin again as plain Python: a packet's story is what a witness sees of it, and none sees compiled functions."""
    if compiled.WHY_PLAIN is None:
        os.environ[compiled.PLAIN_PLEASE] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - it is this very program


def _open_closed_files() -> None:
    """Give the three standard numbers to files, so that no socket or store of ours gets one of them."""
    for number, flags in enumerate(_IN_THE_PLACE_OF_CLOSED):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w")
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w")


def open_wire(route: Route) -> Wire:
    """What a probe speaks through."""
    if route.version == IPV6:
        from tenure.serving.dhcp.probe6 import link_wire, relay_wire  # noqa: PLC0415 - the other commands do without

        return relay_wire(route.server) if route.server is not None else link_wire(route.interface or "")
    from tenure.serving.dhcp.probe4 import LinkWire, RelayWire  # noqa: PLC0415 - the other commands do without

    if route.interface is not None:
        return LinkWire(route.interface, route.hardware)
    assert route.server is not None
    return RelayWire(route.server, route.relay, route.client)


def run(name: str, path: Path, worker: int | None = None) -> int:
    """Run one service until it is asked to end; the exit status. `worker` is the number of one of its processes."""
    from tenure.serving.metrics_port import answer_scrapes  # noqa: PLC0415 - the command line does without
    from tenure.serving.reload import Reload, leave_to_supervisor  # noqa: PLC0415
    from tenure.serving.report import Report  # noqa: PLC0415
    from tenure.serving.stop import Stop  # noqa: PLC0415
    from tenure.serving.supervision import follow_lifeline, guard, has_supervisor  # noqa: PLC0415

    stop = Stop.on_signals()
    configuration = _load(path)
    if configuration is None:
        return WRONG
    from tenure.assembly.service import Service  # noqa: PLC0415
    from tenure.assembly.services import run_service, workers_of  # noqa: PLC0415

    service = Service(name)
    if worker is None and workers_of(service, configuration):
        return _supervise([service], configuration, path, Report(name), stop, configuration.metrics.of(name))
    report = Report(name if worker is None else f"{name}-{worker}")
    reload = Reload(path, report, stop)
    if has_supervisor():
        leave_to_supervisor()
    else:
        reload.listen()
    follow_lifeline(stop)
    answer_scrapes(report, configuration.metrics.of(name))
    status = guard(lambda: run_service(service, configuration, report, stop, worker), report)
    reload.begin_again()
    return status


def serve_all(path: Path) -> int:
    """Run every configured service until it is asked to end; the exit status."""
    from tenure.serving.report import Report  # noqa: PLC0415 - the command line does without
    from tenure.serving.stop import Stop  # noqa: PLC0415

    stop = Stop.on_signals()
    configuration = _load(path)
    if configuration is None:
        return WRONG
    from tenure.assembly.services import services_of  # noqa: PLC0415

    return _supervise(
        services_of(configuration), configuration, path, Report("serve"), stop, configuration.metrics.of_all()
    )


def become(user: str) -> str:
    """Give up root for that user; why not, if that cannot be."""
    from tenure.serving import privileges  # noqa: PLC0415 - the other commands do without
    from tenure.serving.errors import ServiceError  # noqa: PLC0415

    try:
        privileges.become(user)
    except ServiceError as error:
        return str(error)
    return ""


def rehearse(configuration: Configuration, question: Question) -> Sequence[Act]:
    """What would become of packets."""
    from tenure.assembly.rehearsal import rehearse_packets  # noqa: PLC0415 - the other commands do without

    return rehearse_packets(configuration, question)


def reconcile_zones(configuration: Configuration, order: Order) -> Outcome:
    """One reconciling pass, as a person orders it."""
    from tenure.assembly.reconciling import reconcile  # noqa: PLC0415 - the other commands do without
    from tenure.assembly.store import wake_updater  # noqa: PLC0415

    return reconcile(configuration, order, wake_updater(configuration))


def open_scavenging(configuration: Configuration) -> AbstractContextManager[Scavenges]:
    """What is stale in the store, to be shown, taken away and brought back."""
    from tenure.assembly import scavenging  # noqa: PLC0415 - the other commands do without

    return scavenging.open_scavenging(configuration)


def check_domains(configuration: Configuration, tell: Callable[[Finding], None], *, gss: bool = False) -> bool:
    """The way to every server that leases are registered at, tried once."""
    from tenure.assembly.preflight import check_domains as check  # noqa: PLC0415 - the other commands do without

    return check(configuration, tell, gss=gss)


def host_agent() -> HostAgent:
    """What the commands of the agent run."""
    from tenure.console.host_agent import HostAgent  # noqa: PLC0415 - a service does without

    return HostAgent(survey_host, run_agent, register_host, learn_lease, install_hooks)


def survey_host(agent: Agent) -> Survey:
    """What this host would register now."""
    from tenure.assembly.agent import survey_host as look  # noqa: PLC0415 - the other commands do without

    return look(agent)


def register_host(configuration: Configuration) -> bool:
    """All names of this host looked at now."""
    from tenure.assembly.agent import register  # noqa: PLC0415 - the other commands do without
    from tenure.serving.report import Report  # noqa: PLC0415

    return register(configuration, Report(AGENT))


def learn_lease(configuration: Configuration, heard: Heard) -> Promise | None:
    """What a DHCP client has told of a lease, remembered."""
    from tenure.assembly.agent import learn_lease as learn  # noqa: PLC0415 - the other commands do without
    from tenure.serving.report import Report  # noqa: PLC0415

    return learn(configuration, heard, Report(AGENT).now())


def install_hooks(root: Path, config: Path, clients: Sequence[Client], *, dry_run: bool, remove: bool) -> list[HookRow]:
    """The hooks of DHCP clients, put into their places or taken away; `ServiceError`."""
    from tenure.assembly.agent_hooks import install, uninstall  # noqa: PLC0415 - the other commands do without

    if remove:
        return uninstall(root, clients, dry_run=dry_run)
    return install(root, config, clients, dry_run=dry_run)


def run_agent(path: Path, dhcp: Sequence[str]) -> int:
    """Keep the names of this host until it is asked to end; the exit status. `dhcp`: whose addresses it leases."""
    from tenure.serving.report import Report  # noqa: PLC0415 - the command line does without
    from tenure.serving.stop import Stop  # noqa: PLC0415
    from tenure.serving.supervision import guard  # noqa: PLC0415

    stop = Stop.on_signals()
    configuration = _load(path)
    if configuration is None:
        return WRONG
    from tenure.assembly import agent  # noqa: PLC0415

    report = Report(AGENT)
    return guard(lambda: agent.run(configuration, report, stop, dhcp), report)


def _supervise(
    services: Sequence[Service],
    configuration: Configuration,
    path: Path,
    report: Report,
    stop: Stop,
    metrics: Sequence[tuple[str, int]],
) -> int:
    """Make what the services need, then keep their processes until the stop; the exit status."""
    from tenure.assembly.services import check_services, check_shared_ports, hold_sockets  # noqa: PLC0415 - the command line does without
    from tenure.assembly.store import prepare  # noqa: PLC0415
    from tenure.serving.metrics_port import open_port  # noqa: PLC0415
    from tenure.serving.reload import Reload  # noqa: PLC0415
    from tenure.serving.supervision import Held, Supervisor, follow_lifeline, guard, hand_on, in_child  # noqa: PLC0415

    def begin() -> None:
        check_services(services)
        check_shared_ports(configuration)
        prepare(configuration, report)

    held: dict[str, Held] = {}

    def hold() -> None:
        held.update(hold_sockets(services, configuration))

    failed = in_child(begin, report) or guard(hold, report)
    if failed:
        return failed
    reload = Reload(path, report, stop)
    reload.listen()
    follow_lifeline(stop)
    supervisor = Supervisor(_commands(services, configuration, path), report, held)
    open_port(metrics, supervisor.metrics_texts, report)
    status = supervisor.run(stop)
    hand_on(held.values())
    reload.begin_again()
    return status


def _commands(services: Sequence[Service], configuration: Configuration, path: Path) -> dict[str, list[str]]:
    """The command line of each process that the supervisor keeps, by the name of the process."""
    from tenure.assembly.services import workers_of  # noqa: PLC0415 - the command line does without

    found = {}
    for service in services:
        # -P: no module of the working directory stands in for one of ours.
        command = [sys.executable, "-P", "-m", "tenure", str(service), "-c", str(path)]
        workers = workers_of(service, configuration)
        if not workers:
            found[str(service)] = command
        found |= {f"{service}-{number}": [*command, _WORKER, str(number)] for number in workers}
    return found


def _load(path: Path) -> Configuration | None:
    """The configuration; None after its problems were printed."""
    from tenure.config.load import load  # noqa: PLC0415 - the command line does without
    from tenure.config.problem import ConfigurationError  # noqa: PLC0415

    try:
        return load(path)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return None


if __name__ == "__main__":
    main()
