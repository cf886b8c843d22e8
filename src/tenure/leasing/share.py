"""Which of several servers on one ledger answers a client that begins: RFC 3074's hash, the one of Kea and ISC dhcpd.

It only divides the work. Whoever has to wait is answered by every server, and so is whoever is past its beginning.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tenure.dhcpwire.identity import HARDWARE_KEY

# RFC 3074 section 6: a permutation that every server must have alike
_MIXING: Final = bytes.fromhex(
    "fbaf77d7510e4fbf6731b58fba9d00e81f20373c983a11edae46a090dc5a39df3b03128c6fa6cbc486f37c5fdeb3c541"
    "b430240f6b2ee982a51e7ba1d1176110285bdb3d640ad26dfa7f168a1d6cf443cf09b2cc4a627ef9a774224dc1c87905"
    "14714723800db65e19e2e3c74b1b29f5e6e02be1b11a9b96d48eda73f149586927723effc0c991d6a89edd949a7a0c54"
    "52a32c8be4eccdf2d90bbb929f4056efc32a6ac67670b8ac5702ad75b0e5f7fd89b963a466932d42e7348dd3c2cef6ee"
    "386e4ef83ff0bd5d5c3335b713ab48322168654508fc53784c875536ca7dbcd560eb88d0a281be849c262f0107fe1804"
    "d88359151c8525999550aa4406a9ea97"
)


class Share(NamedTuple):
    """The part of the clients that is this server's, one of `nodes` parts of the same size."""

    nodes: int
    node: int  # from 1
    max_delay: int  # seconds; who has tried for so long is answered, whosever it is

    @property
    def spread(self) -> float:
        """Where this server begins to look in its pools, 0 to 1: as far from the others as can be."""
        return (self.node - 0.5) / self.nodes

    def leaves(self, client: bytes, waited: float) -> bool:
        """Whether another server is to answer the client with this key, which has tried for `waited` seconds."""
        if waited >= self.max_delay:
            return False
        return bucket(client) * self.nodes // 256 != self.node - 1


def bucket(client: bytes) -> int:
    """The hash bucket, 0 to 255, of a client key: of option 61 or the DUID, else of the hardware address alone."""
    identity = client[2:] if client[0] == HARDWARE_KEY else client[1:]
    found = len(identity) & 0xFF
    for octet in reversed(identity):
        found = _MIXING[found ^ octet]
    return found


def waited_seconds(secs: int) -> int:
    """What the field `secs` of a DHCPv4 packet means: some clients write its octets in the wrong order."""
    return secs if secs & 0xFF else secs >> 8
