"""`client-classes` of either family: sets of clients, by what is in their packets. Keys and meanings are Kea's."""

from __future__ import annotations

from tenure.config.fields4 import ClassTest
from tenure.config.fields6 import ClassTest6
from tenure.config.lease6_parameters import Level6Parameters
from tenure.config.lease_parameters import ClassParameters, Level4Parameters


class ClientClassSection(ClassParameters, Level4Parameters):
    """A set of DHCPv4 clients: those whose packets pass the test, and those whose reservation names the class."""

    test: ClassTest | None = None
    """The test, in the words of Kea: `option[60].text == 'phone' and not member('lab')`. Default: only reservations
    name members."""


class ClientClass6Section(ClassParameters, Level6Parameters):
    """A set of DHCPv6 clients: those whose messages pass the test, and those whose reservation names the class."""

    test: ClassTest6 | None = None
    """The test, in the words of Kea: `relay6[-1].option[18].hex == 'port 7' and not member('lab')`. Default: only
    reservations name members."""
