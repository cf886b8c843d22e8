"""A house (`world`, with DHCPv6 too) made from a configuration file whose reservations keep their names in DNS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dual_stack import DualWorld
from reconciling import Reconciler
from story import Story
from world import LIFETIME

from tenure.config.load import load
from tenure.config.reserved_hosts import reserved_hosts
from tenure.config.standing_names import standing_names
from tenure.config.subnets import subnets
from tenure.config.subnets6 import subnets6
from tenure.dnswire.name import Name
from tenure.leasing.v4.link import SubnetTable
from tenure.leasing.v6.link import SubnetTable as SubnetTable6
from tenure.serving.janitor.standing import StandingKeeper

FILE = f"""
[[keys]]
name = "dhcp."
secret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

[[ddns.forward]]
zone = "example.test."
servers = ["192.0.2.1"]
key = "dhcp."

[[ddns.reverse]]
zone = "10.in-addr.arpa."
servers = ["192.0.2.3"]
key = "dhcp."

[[ddns.reverse]]
zone = "8.b.d.0.1.0.0.2.ip6.arpa."
servers = ["192.0.2.3"]
key = "dhcp."

[ddns]
%s

[dhcp4]
listen = ["127.0.0.1:6767"]
valid-lifetime = {LIFETIME}
reservations = [%s]

[[dhcp4.subnets]]
subnet = "10.1.0.0/24"
pools = ["10.1.0.100-10.1.0.102"]

[[dhcp4.subnets]]
subnet = "10.2.0.0/24"
pools = ["10.2.0.100-10.2.0.102"]
"""
SIX = f"""
[dhcp6]
listen = ["[::1]:5547"]
valid-lifetime = {LIFETIME}
preferred-lifetime = {LIFETIME}
reservations = [%s]

[[dhcp6.subnets]]
subnet = "2001:db8:101::/64"
pools = ["2001:db8:101::100-2001:db8:101::109"]

[[dhcp6.subnets]]
subnet = "2001:db8:102::/64"
pools = ["2001:db8:102::100-2001:db8:102::109"]
"""
ON = "ddns-register-reservations = true"


class StandingHouse:
    """A world whose services are started anew with each `configure`, and a story to tell in it."""

    def __init__(self, folder: Path, template: Path | None = None) -> None:
        self._folder = folder
        self._template = template
        self._reservations: tuple[str, str | None, str] = ("", None, ON)
        self.world = DualWorld(folder, template)
        self.story = Story(self.world)
        self.reconciler = Reconciler(self.world)

    def configure(self, four: str = "", six: str | None = None, ddns: str = ON) -> None:
        """Write the file with these reservations, and have all services begin with it."""
        path = self._folder / "tenure.toml"
        path.write_text(FILE % (ddns, four) + ("" if six is None else SIX % six))
        path.chmod(0o600)
        read = load(path)
        world = self.world
        world.subnets = SubnetTable(subnets(read))
        world.six.subnets = SubnetTable6(subnets6(read), hosts=reserved_hosts(read))
        self._reservations = (four, six, ddns)
        keeper = StandingKeeper(world.leases, standing_names(read), lambda: None, world.report, timer=world.clock)
        world.janitor._standing = keeper

    def restart(self) -> None:
        """All services begin anew with the file as it is; the updater remembers nothing."""
        self.configure(*self._reservations)
        self.world.crash_updater()

    def tell(self, *steps: str) -> None:
        """Go through the steps, with a look of the janitor's before and after each."""
        for step in filter(None, map(str.strip, "\n".join(steps).splitlines())):
            self.look()
            self.story.tell(step)
        self.look()

    def look(self) -> None:
        """The janitor comes by."""
        self.world.now += 6
        keeper = self.world.janitor._standing
        assert keeper is not None
        keeper.look(self.world.now)

    def holds_exactly(self, *lines: str) -> None:
        """All that DNS has besides what people wrote, as `pc A 10.1.0.5`, once all has come to rest; and that a
        reconciling pass finds nothing to do.
        """
        world = self.world
        self.look()
        world.settle()
        for line in lines:
            name, _, records = line.partition(" ")
            self.story.tell(f"{name} holds {records}")
        owners = {line.partition(" ")[0] for line in lines}
        found = {owner for owner, _, _ in world.primary.content() - world.static}
        assert len(found) == len(owners), found
        assert world.primary.content() == world.static | world.registered()
        with self.writes_nothing():
            self.reconciler.run()
            assert not self.reconciler.found
            self.look()
            world.settle()

    @contextmanager
    def writes_nothing(self) -> Iterator[None]:
        """No update is sent that changes anything, or that need not be sent."""
        with self.reconciler.written() as written:
            yield
        needless: set[Name] = written
        assert not needless, needless
