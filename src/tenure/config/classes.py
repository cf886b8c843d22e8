"""`[[dhcp4.client-classes]]`: sets of clients, by what is in their packets. Keys and meanings are Kea's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tenure.config.fields4 import ClassTest
from tenure.config.lease_parameters import LevelParameters


class ClientClassSection(LevelParameters):
    """A set of DHCPv4 clients: those whose packets pass the test, and those whose reservation names the class."""

    name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\x21-\x7e]+$")]
    """The name. `ALL`, `KNOWN`, `UNKNOWN` and `VENDOR_CLASS_` with option 60 behind it are there by themselves;
    a packet in the class `DROP` is not answered."""

    test: ClassTest | None = None
    """The test, in the words of Kea: `option[60].text == 'phone' and not member('lab')`. Default: only reservations
    name members."""

    only_if_required: bool = False
    """Test only the clients of a subnet or pool that lists the class in `require-client-classes`; then an address is
    chosen already."""
