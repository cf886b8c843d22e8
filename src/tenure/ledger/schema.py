"""The tables of both halves, as SQLAlchemy sees them. What a column means is said here; `migrations` makes them.

Addresses are 4 or 16 octets and names are lower-cased wire names, so that octet order is address order. `_at` columns
are UTC seconds. The hot statements go past SQLAlchemy to the driver; a service with a current schema never imports it.
SQLite has one table more (`blocks`).
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

LEASE_HALF: Final = MetaData()
ZONE_HALF: Final = MetaData()

# On SQLite only a column called exactly INTEGER is the row's own number.
ROW_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")

DUE_AT: Final = """\
case when forward_due_at is null or reverse_due_at < forward_due_at then reverse_due_at else forward_due_at end"""


def _present(column: str) -> dict[str, Any]:
    """An index that holds only the rows that have the column."""
    return _where(f"{column} is not null")


def _where(condition: str) -> dict[str, Any]:
    """An index that holds only the rows of which this is true."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def _direction(name: str) -> list[Column[Any]]:
    """The columns of one direction of a registration (`naming.registration.Part`)."""
    return [
        Column(f"{name}_state", Text, nullable=False),
        Column(f"{name}_due_at", Double),
        Column(f"{name}_attempts", Integer, nullable=False),
        Column(f"{name}_reason", Text, nullable=False),
        Column(f"{name}_detail", Text, nullable=False),
        Column(f"{name}_changed_at", Double, nullable=False),
    ]


def _event(name: str, metadata: MetaData) -> Table:
    """The history of one half (`naming.event.Event`)."""
    return Table(
        name,
        metadata,
        Column("id", ROW_NUMBER, primary_key=True),
        Column("at", Double, nullable=False),
        Column("kind", Text, nullable=False),
        Column("actor", Text, nullable=False),
        Column("cause", Text, nullable=False),
        Column("correlation", Text, nullable=False),
        Column("address", LargeBinary),
        Column("name", LargeBinary),
        Column("client", LargeBinary),
        Column("hardware", LargeBinary),
        Column("detail", Text, nullable=False),
    )


def _subject(event: str, metadata: MetaData) -> Table:
    """The late index of a history (`subjects`)."""
    return Table(
        f"{event}_subject",
        metadata,
        Column("subject", LargeBinary, primary_key=True),
        Column("event_id", BigInteger, primary_key=True),
        sqlite_with_rowid=False,
    )


def _indexed(event: str, metadata: MetaData) -> Table:
    """How far the late index goes: one row."""
    return Table(
        f"{event}_indexed",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("last_id", BigInteger, nullable=False),
    )


LEASE: Final = Table(
    "lease",
    LEASE_HALF,
    Column("address", LargeBinary, primary_key=True),
    Column("subnet_id", Integer, nullable=False),
    Column("client", LargeBinary),
    Column("hardware", LargeBinary, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("valid_lifetime", BigInteger, nullable=False),
    Column("heard_name", Text, nullable=False),
    Column("fqdn", LargeBinary),
    Column("dhcid", LargeBinary),
    Column("forward", Boolean, nullable=False),
    Column("reverse", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("relay", LargeBinary),
    Column("correlation", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False, server_default=text("0")),
    Column("iaid", BigInteger, nullable=False, server_default=text("0")),
    Column("prefix_length", SmallInteger, nullable=False, server_default=text("0")),
    Column("preferred_lifetime", BigInteger, nullable=False, server_default=text("0")),
    Column("circuit", LargeBinary),
    Index("lease_client", "client", "subnet_id", "kind", "iaid", unique=True),
    Index("lease_end", "state", "ends_at"),
    Index("lease_circuit", "circuit", "ends_at", **_where("length(circuit) > 0")),
    Index("lease_hardware", "hardware", "subnet_id", "ends_at", **_present("circuit")),
    sqlite_with_rowid=False,
)

REGISTRATION: Final = Table(
    "registration",
    LEASE_HALF,
    Column("name", LargeBinary, primary_key=True),
    Column("address", LargeBinary, primary_key=True),
    Column("dhcid", LargeBinary, primary_key=True),
    Column("ttl", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("wanted_at", Double, nullable=False),
    Column("cause", Text, nullable=False),
    Column("correlation", Text, nullable=False),
    *_direction("forward"),
    *_direction("reverse"),
    Column("wished_name", LargeBinary),  # see naming.registration.Wished; null: no other name stands in
    Column("guest_suffix", LargeBinary),
    Column("conflict_mode", Text),  # see naming.registration.Want; null: that of the zone
    Column("due_at", Double, Computed(DUE_AT, persisted=True)),
    Index("registration_due", "due_at", "name", "address", "dhcid", **_present("due_at")),
    Index("registration_address", "address"),
    Index("registration_leaving_name", "name", **_where("forward_state = 'removing'")),
    Index("registration_leaving_address", "address", **_where("reverse_state = 'removing'")),
    sqlite_with_rowid=False,
)

SECRET: Final = Table(
    "tsig_secret",
    LEASE_HALF,
    Column("name", LargeBinary, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the key's secrets, in their order
    Column("algorithm", LargeBinary, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("from_at", Double, nullable=False),
    Column("until_at", Double),
)

KEY_USE: Final = Table(
    "key_use",
    LEASE_HALF,
    Column("name", LargeBinary, primary_key=True),
    Column("fingerprint", Text, primary_key=True),  # of the secret (`signing.rotation`)
    Column("service", Text, primary_key=True),  # dns: verified with it; updater: signed with it
    Column("at", Double, nullable=False),
)

LEASE_SECRET: Final = Table(
    "lease_secret",
    LEASE_HALF,
    Column("purpose", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

DEVICE_TIE: Final = Table(
    "device_tie",
    LEASE_HALF,
    Column("hardware", LargeBinary, primary_key=True),  # see leasing.tie
    Column("identity", LargeBinary, primary_key=True),
    Column("learned", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("device_tie_identity", "identity"),
    sqlite_with_rowid=False,
)

HEARD_LEASE: Final = Table(
    "heard_lease",
    LEASE_HALF,
    Column("address", LargeBinary, primary_key=True),  # see hearing.heard
    Column("source", Text, primary_key=True),
    Column("name", LargeBinary, nullable=False),
    Column("dhcid", LargeBinary, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("forward", Boolean, nullable=False),
    Column("reverse", Boolean, nullable=False),
    Column("ends_at", BigInteger),
    Index("heard_lease_end", "source", "ends_at"),
    sqlite_with_rowid=False,
)

STANDING_NAME: Final = Table(
    "standing_name",
    LEASE_HALF,
    Column("address", LargeBinary, primary_key=True),  # see naming.standing
    Column("name", LargeBinary, nullable=False),
    Column("dhcid", LargeBinary, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("gives_way", Boolean, nullable=False),
    Index("standing_name_name", "name"),
    sqlite_with_rowid=False,
)

LOCKED_NAME: Final = Table(
    "locked_name",
    LEASE_HALF,
    Column("name", LargeBinary, primary_key=True),  # see naming.locked_name
    Column("holder", LargeBinary),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    sqlite_with_rowid=False,
)

ZONE_TROUBLE: Final = Table(
    "zone_trouble",
    LEASE_HALF,
    Column("zone", LargeBinary, primary_key=True),
    Column("until_at", Double, nullable=False),  # see naming.zone_trouble
    Column("since_at", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("asked_at", Double, nullable=False, server_default=text("0")),
)

SERVER_TROUBLE: Final = Table(
    "server_trouble",
    LEASE_HALF,
    Column("zone", LargeBinary, primary_key=True),  # see naming.server_trouble
    Column("server", Text, primary_key=True),
    Column("since_at", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("asked_at", Double, nullable=False),
    sqlite_with_rowid=False,
)

SOURCE_TROUBLE: Final = Table(
    "source_trouble",
    LEASE_HALF,
    Column("source", Text, primary_key=True),  # see hearing.heard.SourceTrouble
    Column("code", Text, primary_key=True),
    Column("since_at", Double, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_with_rowid=False,
)

ZONE_READING: Final = Table(
    "zone_reading",
    LEASE_HALF,
    Column("zone", LargeBinary, primary_key=True),
    Column("read_at", Double, nullable=False),  # see naming.zone_reading
    Column("server", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("clean", Boolean, nullable=False),
)

EVENT: Final = _event("event", LEASE_HALF)
EVENT_SUBJECT: Final = _subject("event", LEASE_HALF)
EVENT_INDEXED: Final = _indexed("event", LEASE_HALF)

ZONE: Final = Table(
    "zone",
    ZONE_HALF,
    Column("id", Integer, primary_key=True),
    Column("name", LargeBinary, nullable=False),
    Column("soa_ttl", BigInteger, nullable=False),
    Column("soa_rdata", LargeBinary, nullable=False),
    Column("view", Text, nullable=False),  # that it is in; empty: it is shared by the views
    Column("has_owners", Boolean, nullable=False, server_default=false()),  # whether any of its names ever had one
    UniqueConstraint("name", "view", name="zone_name_view"),
)

RECORD: Final = Table(
    "record",
    ZONE_HALF,
    Column("zone_id", Integer, primary_key=True),
    Column("name_key", LargeBinary, primary_key=True),  # dnswire.name.tree_key: a subtree is a range
    Column("rtype", Integer, primary_key=True),
    Column("rdata", LargeBinary, primary_key=True),  # of a long RDATA: its beginning and digest
    Column("long_rdata", LargeBinary),  # the RDATA, when it is too long to be a key
    Column("ttl", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),  # its class, by who wrote it: static, reservation, lease, foreign
    Column("stamp", BigInteger, nullable=False),  # last refresh; 0: never aged
    Column("ends_at", BigInteger),  # it goes by itself then; null: it stays
    Index("record_end", "ends_at", **_present("ends_at")),
    sqlite_with_rowid=False,
)

NAME_OWNER: Final = Table(
    "name_owner",
    ZONE_HALF,
    Column("zone_id", Integer, primary_key=True, autoincrement=False),
    Column("name_key", LargeBinary, primary_key=True),
    Column("owner", Text, nullable=False),  # see authority.owner
    Column("since_at", BigInteger, nullable=False),
    Column("wrote_at", BigInteger, nullable=False),
    Index("name_owner_owner", "zone_id", "owner"),
    sqlite_with_rowid=False,
)

JOURNAL: Final = Table(
    "journal",
    ZONE_HALF,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("zone_id", Integer, nullable=False),
    Column("from_serial", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("change", LargeBinary, nullable=False),  # difference sequences of RFC 1995 section 4, see journal.py
    Index("journal_serial", "zone_id", "from_serial"),
)

SECONDARY_ZONE: Final = Table(
    "secondary_zone",
    ZONE_HALF,
    Column("zone_id", Integer, primary_key=True, autoincrement=False),
    Column("server", Text, nullable=False),  # see ledger/secondaries.py
    Column("refreshed_at", Double),
    Column("expires_at", Double),
    Column("next_at", Double, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("notified_at", Double, nullable=False),
)

ZONE_AGING: Final = Table(
    "zone_aging",
    ZONE_HALF,
    Column("zone_id", Integer, primary_key=True, autoincrement=False),
    Column("since_at", Double, nullable=False),  # see authority/aged.py
    Column("seen_at", Double, nullable=False),
    Column("no_refresh", BigInteger, nullable=False),
    Column("refresh", BigInteger, nullable=False),
    Column("passed_at", Double),
)

SCAVENGED: Final = Table(
    "scavenged",
    ZONE_HALF,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("zone_id", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("correlation", Text, nullable=False),
    Column("name_key", LargeBinary, nullable=False),  # the record as it was, with the whole RDATA
    Column("rtype", Integer, nullable=False),
    Column("rdata", LargeBinary, nullable=False),
    Column("ttl", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Column("stamp", BigInteger, nullable=False),
    Column("ends_at", BigInteger),
    Column("owner", Text),  # of the name, then; null: nobody
    Column("owner_since_at", BigInteger),
    Column("owner_wrote_at", BigInteger),
    Index("scavenged_name", "zone_id", "name_key"),
    Index("scavenged_at", "at"),
)

SERVER_SECRET: Final = Table(
    "server_secret",
    ZONE_HALF,
    Column("purpose", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
)

ZONE_EVENT: Final = _event("zone_event", ZONE_HALF)
ZONE_EVENT_SUBJECT: Final = _subject("zone_event", ZONE_HALF)
ZONE_EVENT_INDEXED: Final = _indexed("zone_event", ZONE_HALF)
