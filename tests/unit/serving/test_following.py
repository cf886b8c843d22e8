"""The follower over files that grow, are rewritten, cut, emptied and lost, and over a clock that is moved."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import pwd
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from tenure.dnswire.name import from_text, labels
from tenure.hearing.entry import Entry
from tenure.hearing.follow import Followed
from tenure.hearing.heard import SourceTrouble
from tenure.ledger.errors import LedgerUnavailable
from tenure.ledger.leases import LeaseLedger
from tenure.ledger.opening import open_leases
from tenure.ledger.reading import RegistrationFilter
from tenure.ledger.source_troubles import SourceTroubles
from tenure.naming.policy import NamingPolicy
from tenure.serving.hearers.following import GRACE_SECONDS, LATE_SECONDS, FollowerService, Source, Watched
from tenure.serving.hearers.lease_database import FollowedDatabase
from tenure.serving.hearers.lease_files import Dhcpd, FollowedFile, FollowedFiles, Format, KeaMemfile, SourceUnavailable
from tenure.serving.report import Report
from tenure.serving.steady_clock import BOOT_SECONDS, is_synchronised

NOW = 1_800_000_000
TIME_ERROR = 5  # of ntp_gettime(3): the clock is not synchronised
LEASE_SECONDS = 3600  # of each, unless it is said otherwise
ZONE = from_text("example.test.")
POLICY = NamingPolicy(qualifying_suffix=ZONE, forward_zones=frozenset({ZONE}))
HEAD = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"


def kea(number: int, ends: int = NOW + 3600, lifetime: int = 3600, state: int = 0, name: str | None = None) -> str:
    """A line of Kea's."""
    hardware = f"02:00:00:00:{number // 256:02x}:{number % 256:02x}"
    host = f"pc{number}" if name is None else name
    return f"{IPv4Address('10.1.0.0') + number},{hardware},,{lifetime},{ends},1,0,0,{host},{state},\n"


def dhcpd(number: int, state: str = "active", ends: int = NOW + 3600, name: str | None = None) -> str:
    """A declaration of dhcpd's."""
    end = datetime.fromtimestamp(ends, UTC).strftime("%w %Y/%m/%d %H:%M:%S")
    return (
        f"lease {IPv4Address('10.1.0.0') + number} {{\n  starts {end};\n  ends {end};\n  binding state {state};\n"
        f"  hardware ethernet 02:00:00:00:00:{number:02x};\n"
        f'  client-hostname "{f"pc{number}" if name is None else name}";\n}}\n'
    )


class Estate:
    """A follower whose rounds are made one by one, over a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = float(NOW)
        self.steady = 0.0
        self.is_synchronised = True
        self.file = folder / "leases"
        self.ledger: LeaseLedger = open_leases(f"sqlite:{folder}/tenure.db")
        self.log = io.StringIO()
        self.report = Report("follower", stream=self.log, clock=lambda: self.now)
        self.woken = 0
        self.source: Source | None = None

    def follow(self, source: Source) -> None:
        """Another process begins to follow."""
        self.close_source()
        self.source = source
        self.service = FollowerService(
            self.ledger,
            [Watched(Followed("other", POLICY), source, 1.0)],
            self._wake,
            self.report,
            clock=lambda: self.now,
            steady=lambda: self.steady,
            is_synchronised=lambda: self.is_synchronised,
        )

    def round(self, seconds: float = 1.0) -> None:
        """Time passes, and the follower looks."""
        self.now += seconds
        self.steady += seconds
        self.service.round()

    def names(self) -> set[str]:
        """The names that are wanted."""
        found = self.ledger.registrations(RegistrationFilter(limit=10_000))
        return {labels(row.name)[0].decode() for row in found if not row.cause}

    def close_source(self) -> None:
        """The process that followed ends."""
        if self.source is not None:
            self.source.close()

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    yield made
    made.close_source()
    made.ledger.close()


def followed_kea(estate: Estate, *lines: str) -> None:
    estate.file.write_text(HEAD + "".join(lines))
    estate.follow(FollowedFiles([FollowedFile(estate.file, KeaMemfile())]))
    estate.round()


def append(estate: Estate, text: str) -> None:
    with estate.file.open("a") as file:
        file.write(text)


def pcs(*numbers: int) -> set[str]:
    return {f"pc{number}" for number in numbers}


def test_the_last_line_of_an_address_counts_and_what_is_appended_is_followed(estate: Estate) -> None:
    followed_kea(estate, kea(1, name="before"), kea(2), kea(1), kea(3), kea(3, lifetime=0))
    assert estate.names() == pcs(1, 2)
    assert estate.woken
    append(estate, kea(4) + kea(2, state=2))
    estate.round()
    assert estate.names() == pcs(1, 4)
    estate.round()
    assert estate.report.counts["leases_followed"] == 4, "what was read before is not worked on again"


def test_a_renewal_moves_the_end_and_writes_nothing_else(estate: Estate) -> None:
    followed_kea(estate, kea(1))
    append(estate, kea(1, ends=NOW + 7200))
    estate.round()
    (row,) = estate.ledger.registrations(RegistrationFilter())
    assert (row.generation, row.until) == (1, NOW + 7200)


def test_a_line_that_is_not_whole_waits(estate: Estate) -> None:
    followed_kea(estate, kea(1))
    line = kea(2)
    append(estate, line[:30])
    estate.round()
    assert estate.names() == pcs(1)
    append(estate, line[30:])
    estate.round()
    assert estate.names() == pcs(1, 2)
    assert not estate.report.problems


def test_a_declaration_that_is_not_whole_waits(estate: Estate) -> None:
    half = dhcpd(2)
    estate.file.write_text("# written by dhcpd\nauthoring-byte-order little-endian;\n\n" + dhcpd(1) + half[:60])
    estate.follow(FollowedFiles([FollowedFile(estate.file, Dhcpd())]))
    estate.round()
    assert estate.names() == pcs(1)
    append(estate, half[60:] + dhcpd(1, "free") + 'failover peer "x" state {\n  my state normal;\n}\n')
    estate.round()
    assert estate.names() == pcs(2)


def test_a_file_that_is_rewritten_and_renamed_is_read_again(estate: Estate) -> None:
    estate.file.write_text(dhcpd(1, name="before") + dhcpd(1) + dhcpd(2))
    estate.follow(FollowedFiles([FollowedFile(estate.file, Dhcpd())]))
    estate.round()
    new = estate.file.with_name("leases.new")
    new.write_text(dhcpd(2) + dhcpd(1) + dhcpd(3))
    new.rename(estate.file)
    estate.round()
    assert estate.names() == pcs(1, 2, 3)


def test_the_steps_of_kea_s_cleanup(estate: Estate) -> None:
    followed_kea(estate, kea(1), kea(2))

    def beside(suffix: str) -> Path:
        return estate.file.with_name(estate.file.name + suffix)

    estate.file.rename(beside(".1"))
    estate.round()
    assert "not there" in estate.report.problems["source-unavailable other"].text
    estate.file.write_text(HEAD + kea(3))
    estate.round()
    assert estate.names() == pcs(1, 2, 3)
    beside(".output").write_text(HEAD + kea(1))
    append(estate, kea(2, lifetime=0))
    estate.round()
    assert estate.names() == pcs(1, 3)
    beside(".output").rename(beside(".completed"))
    beside(".1").unlink()
    estate.round()
    beside(".completed").rename(beside(".2"))
    estate.round()
    append(estate, kea(4))
    estate.round()
    assert estate.names() == pcs(1, 3, 4)
    assert not estate.report.problems


def test_what_was_written_just_before_a_cleanup_is_not_missed(estate: Estate) -> None:
    followed_kea(estate, kea(1), kea(2))
    append(estate, kea(2, lifetime=0))
    cleaned = estate.file.with_name(estate.file.name + ".2")
    cleaned.write_text(HEAD + kea(1))
    estate.file.unlink()
    estate.file.write_text(HEAD + kea(3))
    estate.round()
    assert estate.names() == pcs(1, 3), "a lease that was released is not in the cleaned file"


def test_a_file_that_is_away_for_a_moment_has_said_what_it_said(estate: Estate) -> None:
    followed_kea(estate, kea(1))
    append(estate, kea(1, lifetime=0) + kea(2))
    estate.file.unlink()
    estate.round()
    assert estate.names() == pcs(2)
    estate.round()
    assert "source-unavailable other" in estate.report.problems


def test_what_is_wrong_with_a_source_is_kept_until_it_is_well_whoever_follows_it_then(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, put = [], SourceTroubles.put

    def counted(self: SourceTroubles, trouble: SourceTrouble) -> None:
        written.append(trouble)
        put(self, trouble)

    monkeypatch.setattr(SourceTroubles, "put", counted)
    kept = estate.ledger.source_troubles
    followed_kea(estate, kea(1))
    assert kept.all() == []
    away = estate.file.with_name("away")
    estate.file.rename(away)
    estate.round()
    (trouble,) = kept.all()
    assert (trouble.source, trouble.code, trouble.since_at) == ("other", "source-unavailable", estate.now)
    assert trouble.text == f"{estate.file}: it is not there; its leases stay as they were last known"
    for _ in range(5):
        estate.round()
    assert len(written) == 1, "only a change is written"
    for _ in range(2):
        estate.follow(FollowedFiles([FollowedFile(estate.file, KeaMemfile())]))
        estate.round()
        assert kept.all() == [trouble], "it began when it began"
    estate.follow(FollowedFiles([FollowedFile(estate.file, KeaMemfile())]))
    estate.file.write_text(HEAD + kea(1) + "10.1.0.x,nothing,of,a,lease\n")
    estate.round()
    assert [one.code for one in kept.all()] == ["source-unreadable"]
    estate.file.unlink()
    estate.file.write_text(HEAD + kea(1))
    estate.round()
    assert kept.all() == []


def test_one_file_of_two_that_is_not_there_holds_up_time_and_not_the_other(estate: Estate) -> None:
    other = estate.file.with_name("leases6")
    estate.file.write_text(HEAD + kea(1, ends=NOW + 60))
    estate.follow(FollowedFiles([FollowedFile(one, KeaMemfile()) for one in (estate.file, other)]))
    estate.round()
    append(estate, kea(2))
    estate.round(600)
    assert estate.names() == pcs(1, 2)
    estate.round()
    told = estate.report.problems["source-unavailable other"].text
    assert told == f"{other}: it is not there; its leases stay as they were last known", "and not the other one"
    other.write_text(HEAD)
    estate.round()
    assert estate.names() == pcs(2), "an address family may have no lease at all"
    assert not estate.report.problems


@pytest.mark.parametrize("harm", ["gone", "empty", "header", "not Kea's", "unreadable"])
def test_a_source_that_says_nothing_takes_no_name_away(estate: Estate, harm: str) -> None:
    followed_kea(estate, kea(1), kea(2))
    if harm == "gone":
        estate.file.unlink()
    elif harm == "unreadable":
        estate.file.unlink()
        estate.file.mkdir()
    else:
        estate.file.write_text({"empty": "", "header": HEAD, "not Kea's": "hello,world\n"}[harm])
    for _ in range(3):
        estate.round(3600)
    assert estate.names() == pcs(1, 2), "though the leases are over by now"
    assert "source-unavailable other" in estate.report.problems
    if harm == "unreadable":
        estate.file.rmdir()
    estate.file.unlink(missing_ok=True)
    estate.file.write_text(HEAD + kea(1, ends=NOW + 90_000) + kea(2, lifetime=0))
    estate.round()
    assert estate.names() == pcs(1)
    assert not estate.report.problems


def test_a_file_that_the_service_may_not_read_says_who_is_to_let_it(estate: Estate) -> None:
    estate.file.write_text(HEAD + kea(1))
    estate.file.chmod(0)
    source = FollowedFile(estate.file, KeaMemfile())
    with unprivileged(), pytest.raises(SourceUnavailable, match=r"Permission denied\); let the user of the service"):
        source.look()


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """As a user for whom the modes of files count."""
    who = os.geteuid()
    os.seteuid(who or pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(who)


def test_a_file_that_another_is_copied_over_is_read_when_that_is_done(estate: Estate) -> None:
    """In the midst of it the address is free, as it once was; the word that leases it again comes later."""
    old, new = dhcpd(1, "free", NOW - 7200), dhcpd(1)
    estate.file.write_text(old + dhcpd(2) + new)
    estate.follow(FollowedFiles([FollowedFile(estate.file, Dhcpd())]))
    estate.round()
    assert estate.names() == pcs(1, 2)
    estate.file.write_text(old)
    estate.round()
    assert estate.names() == pcs(1, 2)
    append(estate, new + dhcpd(3) + dhcpd(2, "free") + dhcpd(4))
    estate.round()
    assert estate.names() == pcs(1, 3, 4)
    estate.file.write_text(new)
    estate.round()
    append(estate, dhcpd(1, "free"))
    estate.round()
    assert estate.names() == pcs(3, 4), "also where the copy is shorter"


def test_a_file_that_was_cut_takes_no_name_away_before_its_time(estate: Estate) -> None:
    followed_kea(estate, *(kea(number) for number in range(1, 200)))
    estate.file.write_text(HEAD + kea(1))
    estate.round()
    assert len(estate.names()) == 199


@pytest.mark.parametrize("form", [KeaMemfile(), Dhcpd()], ids=["kea", "dhcpd"])
@pytest.mark.parametrize("old", ["free", "renewed since", "somebody else's"])
def test_a_file_that_was_cut_back_to_old_words_is_not_believed(estate: Estate, form: Format, old: str) -> None:
    ends, name = NOW - 3600, "other" if old == "somebody else's" else None
    if isinstance(form, Dhcpd):
        head, first, second = "", dhcpd(1, "free" if old == "free" else "active", ends, name), dhcpd(1)
    else:
        head, first, second = HEAD, kea(1, ends, 0 if old == "free" else 3600, name=name), kea(1)
    estate.file.write_text(head + first + second)
    estate.follow(FollowedFiles([FollowedFile(estate.file, form)]))
    estate.round()
    assert estate.names() == pcs(1)
    os.truncate(estate.file, len(head + first))
    for _ in range(3):
        estate.round(GRACE_SECONDS)
    assert estate.names() == pcs(1)
    append(estate, dhcpd(1, "free", NOW + 90) if isinstance(form, Dhcpd) else kea(1, NOW + 90, lifetime=0))
    estate.round()
    assert estate.names() == set(), "what is said since is news"


def test_a_lease_that_is_over_ends_a_little_later_without_a_word(estate: Estate) -> None:
    followed_kea(estate, kea(1), kea(2, ends=NOW + 7200))
    estate.round(3600)
    assert estate.names() == pcs(1, 2)
    estate.round(GRACE_SECONDS)
    assert estate.names() == pcs(2)


def test_very_many_that_end_at_once_wait_for_a_word(estate: Estate) -> None:
    followed_kea(estate, *(kea(number) for number in range(1, 200)))
    estate.round(3600 + GRACE_SECONDS)
    assert len(estate.names()) == 199
    assert "199 of 199" in estate.report.problems["source-overdue other"].text
    append(estate, "".join(kea(number, ends=NOW + 9000) for number in range(1, 190)))
    estate.round()
    assert estate.names() == pcs(*range(1, 190))
    assert not estate.report.problems


def test_a_clock_that_jumps_ends_nothing_at_once(estate: Estate) -> None:
    followed_kea(estate, kea(1))
    estate.now += 10 * 86400
    estate.round()
    assert estate.names() == pcs(1)
    assert "clock-jumped" in estate.report.problems
    estate.now -= 10 * 86400
    estate.round(61)
    assert estate.names() == pcs(1)
    assert not estate.report.problems


def set_clock(estate: Estate, seconds: float) -> None:
    estate.now += seconds


def begins_ahead_and_is_set_right(estate: Estate, source: Source) -> None:
    """The follower begins with a clock by which the first of two leases is over."""
    set_clock(estate, 7200)
    estate.follow(source)
    estate.round()
    assert estate.names() == pcs(2)
    set_clock(estate, -7200)
    estate.round()
    estate.round()
    assert estate.names() == pcs(1, 2)


def test_names_that_a_clock_ahead_has_ended_come_back_when_it_is_set_right(estate: Estate) -> None:
    """The clock was ahead when the follower began, as after a start from a hardware clock that keeps local time."""
    followed_kea(estate, kea(1), kea(2, ends=NOW + 90_000))
    begins_ahead_and_is_set_right(estate, FollowedFiles([FollowedFile(estate.file, KeaMemfile())]))
    assert "event=clock-set-back seconds=7200" in estate.log.getvalue()
    followed = estate.report.counts["leases_followed"]
    estate.round()
    assert estate.report.counts["leases_followed"] == followed, "it is read anew once"


def test_names_of_a_database_come_back_as_well(estate: Estate) -> None:
    table = Table()
    table.rows = [row(1), row(2, ends=NOW + 90_000)]
    begins_ahead_and_is_set_right(estate, FollowedDatabase(table))


def test_a_clock_that_is_corrected_by_little_reads_nothing_anew(estate: Estate) -> None:
    followed_kea(estate, kea(1))
    estate.round()
    set_clock(estate, -GRACE_SECONDS)
    estate.round()
    assert "clock-set-back" not in estate.log.getvalue()


def test_after_an_outage_the_file_is_read_before_anything_ends(estate: Estate) -> None:
    followed_kea(estate, kea(1), kea(2))
    append(estate, kea(1, ends=NOW + 90_000))
    estate.now += 80_000
    estate.follow(FollowedFiles([FollowedFile(estate.file, KeaMemfile())]))
    estate.round()
    assert estate.names() == pcs(1)


def a_start_with_a_clock_ahead(estate: Estate, seconds: float) -> None:
    """The machine starts, with a clock that nobody has set, and the server has said nothing new."""
    followed_kea(estate, kea(1), kea(2))
    estate.now += LEASE_SECONDS + seconds
    estate.steady, estate.is_synchronised = 20.0, False
    estate.follow(FollowedFiles([FollowedFile(estate.file, KeaMemfile())]))
    estate.round()


def test_a_machine_that_starts_with_a_wrong_clock_ends_nothing_before_it_is_set(estate: Estate) -> None:
    a_start_with_a_clock_ahead(estate, 7200)
    assert estate.names() == pcs(1, 2)
    assert "nobody has set its clock" in estate.report.problems["clock-not-set other"].text
    estate.now -= 7200 + LEASE_SECONDS
    estate.is_synchronised = True
    estate.round()
    assert estate.names() == pcs(1, 2)
    assert not estate.report.problems


@pytest.mark.parametrize("by", ["time service", "patience"])
def test_and_then_it_is_the_time(estate: Estate, by: str) -> None:
    a_start_with_a_clock_ahead(estate, 7200)
    if by == "patience":
        estate.steady += BOOT_SECONDS
    else:
        estate.is_synchronised = True
    estate.round()
    assert estate.names() == set()
    assert not estate.report.problems


def test_the_kernel_says_whether_somebody_keeps_the_clock() -> None:
    asked = ctypes.CDLL(None).ntp_gettime(ctypes.create_string_buffer(256))
    assert is_synchronised() == (asked != TIME_ERROR)


def test_what_ended_a_moment_ago_ends_though_nobody_has_set_the_clock(estate: Estate) -> None:
    a_start_with_a_clock_ahead(estate, LATE_SECONDS / 2)
    assert estate.names() == set()


def test_lines_that_cannot_be_read_are_counted_and_the_others_followed(estate: Estate) -> None:
    followed_kea(estate, kea(1), "10.1.0.2,not,a,lease\n", kea(3))
    assert estate.names() == pcs(1, 3)
    assert "1 leases in it" in estate.report.problems["source-unreadable other"].text


def test_nothing_is_lost_while_the_store_is_away(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    followed_kea(estate, kea(1))
    with monkeypatch.context() as patched:

        def unavailable(_work: object, _now: float) -> None:
            raise LedgerUnavailable("here", "the disk is full")

        patched.setattr(estate.ledger, "transact_heard", unavailable)
        append(estate, kea(2))
        estate.round()
        assert "ledger-unavailable" in estate.report.problems
    estate.round()
    assert estate.names() == pcs(1, 2)
    assert not estate.report.problems


class Table:
    """A database of Kea's, as its reader gives it."""

    place = "a database"

    def __init__(self) -> None:
        self.rows: list[Entry] = []
        self.fails_after: int | None = None
        self.unreadable = 0

    def entries(self) -> Iterator[Entry]:
        for number, row in enumerate(self.rows):
            if number == self.fails_after:
                raise LedgerUnavailable(self.place, "the connection was lost")
            yield row

    def close(self) -> None:
        """Nothing is open."""


def row(number: int, ends: int = NOW + 3600) -> Entry:
    address = (IPv4Address("10.1.0.0") + number).packed
    return Entry(address, b"\0\1" + number.to_bytes(6, "big"), b"pc%d" % number, None, ends, 3600)


def test_a_row_that_was_deleted_is_over(estate: Estate) -> None:
    table = Table()
    table.rows = [row(1), row(2)]
    estate.follow(FollowedDatabase(table))
    estate.round()
    assert estate.names() == pcs(1, 2)
    table.rows = [row(2), row(3)]
    estate.round()
    assert estate.names() == pcs(2, 3)
    estate.follow(FollowedDatabase(table))
    table.rows = [row(3)]
    estate.round()
    assert estate.names() == pcs(3), "also by a follower that has just begun"


def test_a_row_that_cannot_be_read_is_not_taken_for_one_that_was_deleted(estate: Estate) -> None:
    table = Table()
    table.rows = [row(1), row(2)]
    estate.follow(FollowedDatabase(table))
    estate.round()
    table.rows, table.unreadable = [row(2), row(3)], 1
    estate.round()
    assert estate.names() == pcs(1, 2, 3)
    assert "1 leases in it cannot be read" in estate.report.problems["source-unreadable other"].text
    table.unreadable = 0
    estate.round()
    assert estate.names() == pcs(2, 3), "now it is known to be gone"
    assert not estate.report.problems


def test_a_small_database_that_was_emptied_and_has_a_new_lease_takes_nothing_away(estate: Estate) -> None:
    table = Table()
    table.rows = [row(number) for number in range(1, 11)]
    estate.follow(FollowedDatabase(table))
    estate.round()
    kept, table.rows = table.rows, [row(11)]
    estate.round()
    assert estate.names() == pcs(*range(1, 12))
    assert "10 of 10" in estate.report.problems["source-missing other"].text
    table.rows = [*kept[:6], row(11)]
    estate.round()
    assert estate.names() == pcs(*range(1, 7), 11), "some were deleted, as a person does"
    assert not estate.report.problems


def test_a_database_that_is_empty_cut_short_or_nearly_so_takes_nothing_away(estate: Estate) -> None:
    table = Table()
    table.rows = [row(number) for number in range(1, 200)]
    estate.follow(FollowedDatabase(table))
    estate.round()
    table.fails_after = 10
    estate.round()
    assert estate.report.problems["source-unavailable other"].text == "a database: the connection was lost"
    table.fails_after = None
    kept, table.rows = table.rows, []
    estate.round()
    assert "no lease is in it" in estate.report.problems["source-unavailable other"].text
    table.rows = kept[:100]
    estate.round()
    assert "99 of 199" in estate.report.problems["source-missing other"].text
    assert len(estate.names()) == 199
    table.rows = kept[:198]
    estate.round()
    assert len(estate.names()) == 198
    assert not estate.report.problems
