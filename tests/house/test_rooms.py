"""The import rules of the house: which room may import which, what a pure room may know of the machine, no cycles."""

from __future__ import annotations

import grimp
import pytest

from tenure import compiled

ROOMS: dict[str, set[str]] = {
    "octets": set(),
    "dnswire": {"octets"},
    "dhcpwire": {"octets", "dnswire.name"},
    "signing": {"octets", "dnswire"},
    "naming": {"octets", "dnswire", "dhcpwire"},
    "leasing": {"octets", "dnswire.name", "dhcpwire", "naming"},
    "hearing": {"octets", "dnswire", "dhcpwire", "naming"},
    "updating": {"octets", "dnswire", "signing", "naming"},
    "registering": {"octets", "dnswire", "signing", "naming"},
    "obtaining": {"octets", "dnswire", "dhcpwire"},
    "authority": {"octets", "dnswire", "signing", "naming.event"},
    "upkeep": {"octets", "dnswire", "naming", "leasing.lease", "authority.zone"},
}
ROOMS["upkeep"] |= {"authority.aged", "authority.owner", "authority.settings"}
ROOMS["ledger"] = {*ROOMS, "leasing.lease"} - {"upkeep"}
ROOMS["serving"] = {*ROOMS}
ROOMS["config"] = {"octets", "dnswire", "dhcpwire", "signing", "naming", "leasing.v4.subnet", "updating.routing"}
ROOMS["config"] |= {"leasing.expression", "leasing.classes", "leasing.level", "leasing.pool", "leasing.share"}
ROOMS["config"] |= {"leasing.v6.subnet"}
ROOMS["config"] |= {"authority.policy", "authority.requestor", "authority.settings", "authority.server_settings"}
ROOMS["config"] |= {"authority.owner", "authority.ownership", "authority.views"}
ROOMS["console"] = {
    "octets",
    "dnswire",
    "dhcpwire",
    "signing",
    "naming",
    "leasing.lease",
    "leasing.whereabouts",
    "leasing.tie",
    "ledger",
    "config",
}
ROOMS["console"] |= {"leasing.story.line", "updating.stage", "updating.preflight"}
ROOMS["console"] |= {"authority.zone", "hearing.ending", "hearing.heard", "upkeep.finding", "upkeep.standing"}
ROOMS["console"] |= {"authority.aged", "authority.owner", "authority.settings", "upkeep.staleness"}
ROOMS["config"] |= {"hearing.heard", "registering.settings", "registering.entry"}
ROOMS["config"] |= {"obtaining.wish"}
ROOMS["console"] |= {"obtaining.lease"}
ROOMS["console"] |= {f"registering.{one}" for one in ("selection", "names", "survey", "entry", "promise", "sshfp")}
ROOMS["console"] |= {"registering.client"}
for room in ("serving", "console"):
    ROOMS[room] |= {"compiled"}  # to say in which form the rooms run
EVERYTHING = {"assembly", "compiled", "__main__"}

PURE = ["octets", "dnswire", "dhcpwire", "signing", "naming", "leasing", "hearing", "updating", "authority", "upkeep"]
PURE += ["registering", "obtaining"]
MACHINE = {
    *("socket", "selectors", "select", "ssl", "asyncio", "threading", "subprocess", "multiprocessing", "signal"),
    *("time", "random", "secrets", "uuid", "os", "pathlib", "io", "tempfile", "shutil", "logging", "structlog"),
    *(
        "sqlite3",
        "psycopg",
        "sqlalchemy",
        "alembic",
        "typer",
        "rich",
        "pydantic",
        "pyroute2",
        "prometheus_client",
        "gssapi",
    ),
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("tenure", include_external_packages=True, cache_dir=None)


def ours(graph: grimp.ImportGraph, room: str) -> set[str]:
    root = f"tenure.{room}"
    return ({root} | graph.find_descendants(root)) & graph.modules


def within(module: str, room: str) -> bool:
    return module == f"tenure.{room}" or module.startswith(f"tenure.{room}.")


def test_every_module_is_in_a_room(graph: grimp.ImportGraph) -> None:
    known = {"tenure", *(f"tenure.{room}" for room in [*ROOMS, *EVERYTHING])}
    strays = {m for m in graph.modules if m.startswith("tenure.") and ".".join(m.split(".")[:2]) not in known}
    assert not strays


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_table_allows(graph: grimp.ImportGraph, room: str) -> None:
    allowed = ROOMS[room] | {room}
    wrong = [
        f"{module} imports {imported}"
        for module in ours(graph, room)
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.startswith("tenure.") and not any(within(imported, permitted) for permitted in allowed)
    ]
    assert not wrong


def test_every_room_that_is_compiled_is_so_with_all_that_it_imports() -> None:
    assert list(compiled.ROOMS) == [*PURE, "ledger", "serving"]
    for room in compiled.ROOMS:
        imported = {name.partition(".")[0] for name in ROOMS[room]} - {"compiled"}
        assert imported <= {*compiled.ROOMS}, room


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_knows_nothing_of_the_machine(graph: grimp.ImportGraph, room: str) -> None:
    wrong = [
        f"{module} imports {imported}"
        for module in ours(graph, room)
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] in MACHINE
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("module", "rooms"),
    [
        ("sqlite3", {"ledger"}),
        ("psycopg", {"ledger"}),
        ("gssapi", {"serving"}),
        ("sqlalchemy", {"ledger"}),
        ("socket", {"serving"}),
        ("time", {"serving", "console"}),
    ],
)
def test_only_its_room_touches(graph: grimp.ImportGraph, module: str, rooms: set[str]) -> None:
    if module not in graph.modules:
        pytest.fail(f"nothing imports {module}: the rule is about nothing")
    importers = graph.find_modules_that_directly_import(module)
    assert {m.split(".")[1] for m in importers} <= rooms, importers


def test_there_is_no_import_cycle(graph: grimp.ImportGraph) -> None:
    onwards = {m: graph.find_modules_directly_imported_by(m) for m in graph.modules if m.startswith("tenure")}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path, module])
        if module not in done:
            for imported in onwards.get(module, ()):
                visit(imported, (*path, module))
            done.add(module)

    for module in onwards:
        visit(module, ())
