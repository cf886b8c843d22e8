"""Lease files of other DHCP servers, followed as they grow and are rewritten. Only read, never locked.

At first, and whenever files were put in the place of others, all of them are read, twice: once to see where the last
word on each lease stands, once for those words. After that only what is appended. A line or declaration that is not
whole yet waits. Files that change while they are read are read again; a file that is not there says nothing at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from tenure.hearing.dhcpd import entries_of, key_of
from tenure.hearing.entry import Entry
from tenure.hearing.memfile import COMPLETED, COPY, PREVIOUS, Header, files_in_order

LONGEST_DECLARATION = 1 << 20  # octets; what is longer without an end is none
LET_IN = "let the user of the service read it, by the group of the file (SupplementaryGroups= in the unit)"


class SourceUnavailable(Exception):
    """The source cannot be read now; the text says why, and what would help. Nothing follows from it."""

    place = ""
    """Which part of the source it is, for people, where there are several."""


class Word(NamedTuple):
    """One piece of a file."""

    key: bytes  # what it is about
    end: int  # octets from the beginning of the file to what is behind it
    octets: bytes


class Format(Protocol):
    """How a server writes its leases."""

    def names(self, main: Path) -> list[Path]:
        """The files that may together be the leases of `main`, which is the last of them."""

    def words(self, file: BinaryIO, start: int, end: int) -> Iterator[Word]:
        """The whole pieces of a file from `start` on, and not past `end`."""

    def entries(self, word: Word) -> Iterator[Entry]:
        """What a piece says. `ValueError`."""


class Dhcpd:
    """ISC dhcpd: one file, which it rewrites under another name and then renames."""

    def names(self, main: Path) -> list[Path]:
        """Only itself."""
        return [main]

    def words(self, file: BinaryIO, start: int, end: int) -> Iterator[Word]:
        """Declarations of leases; a brace at the beginning of a line ends one."""
        file.seek(start)
        at, key, lines = start, None, list[bytes]()
        while at < end and (line := file.readline()).endswith(b"\n"):
            if lines:
                lines.append(line)
                if line.startswith(b"}"):
                    assert key is not None, "it began with a key"
                    yield Word(key, at + len(line), b"".join(lines))
                    lines = []
                elif len(lines) > LONGEST_DECLARATION // 16:
                    lines = []
            elif (key := key_of(line)) is not None:
                lines = [line]
            at += len(line)

    def entries(self, word: Word) -> Iterator[Entry]:
        """One for each address."""
        return entries_of(word.octets)


class KeaMemfile:
    """Kea: the file itself, and what its clean-up has beside it."""

    def __init__(self) -> None:
        self._headers: dict[bytes, Header] = {}

    def names(self, main: Path) -> list[Path]:
        """With the files of the clean-up, as far as they are there."""
        beside = [f"{main}{suffix}" for suffix in (COMPLETED, PREVIOUS, COPY)]
        present = {str(main), *(one for one in beside if os.path.exists(one))}
        return [Path(one) for one in files_in_order(present, str(main))]

    def words(self, file: BinaryIO, start: int, end: int) -> Iterator[Word]:
        """Lines, each with the header of its file in front of its octets. `ValueError` where that is none."""
        file.seek(0)
        head = file.readline()
        if not head.endswith(b"\n"):
            return
        head = head.rstrip(b"\r\n")
        if head not in self._headers:
            self._headers[head] = Header(head)
        at = max(start, file.tell())
        file.seek(at)
        while at < end and (line := file.readline()).endswith(b"\n"):
            at += len(line)
            yield Word(line.partition(b",")[0], at, head + b"\n" + line.rstrip(b"\r\n"))

    def entries(self, word: Word) -> Iterator[Entry]:
        """One, unless it is of a prefix."""
        head, _, line = word.octets.partition(b"\n")
        entry = self._headers[head].entry(line)
        if entry is not None:
            yield entry


class FollowedFile:
    """One lease file of a server, and what belongs to it."""

    def __init__(self, path: Path, form: Format) -> None:
        self.place = str(path)
        self.unreadable = 0  # pieces that were whole and could not be read, since the file was read from its beginning
        self.is_empty = False
        self._path = path
        self._form = form
        self._inodes: list[tuple[int, int]] = []  # of the files that were read; none: begin anew
        self._main: BinaryIO | None = None  # the last of them, open: it may be moved away with something unread in it
        self._offset = 0  # in that: everything before it was given
        self._was_cut = False  # at the last look that was shorter than it had been, and it is to be read whole

    def look(self) -> Iterator[Entry] | None:
        """What is new, in the order in which it counts; None: nothing is. `SourceUnavailable`."""
        try:
            with _told():
                return self._look()
        except SourceUnavailable:
            self.begin_anew()
            raise

    @property
    def is_current(self) -> bool:
        """Whether all that it says was given."""
        return bool(self._inodes) and not self._was_cut

    def begin_anew(self) -> None:
        """What was given could not be used: give it again."""
        self._inodes = []
        self.close()

    def close(self) -> None:
        """Give the open file back."""
        if self._main is not None:
            self._main.close()
            self._main = None

    def _look(self) -> Iterator[Entry] | None:
        was_cut, self._was_cut = self._was_cut, self._is_cut()
        if self._was_cut and not was_cut:
            return None
        words = [] if was_cut else self._appended()
        found = [self._entries(words)] if words else []
        try:
            paths = self._form.names(self._path)
            inodes = [_inode_at(path) for path in paths]
        except FileNotFoundError:
            if found:
                return found[0]  # the last that it said before it was moved away
            raise
        if (was_cut or inodes != self._inodes) and (whole := self._read_all(paths)) is not None:
            found.append((entry._replace(may_be_old=True) for entry in whole) if was_cut else whole)
        return chain.from_iterable(found) if found else None

    def _is_cut(self) -> bool:
        """Whether the open file is shorter than what was given of it, as while somebody copies another one over it.

        In the midst of that its words are old: that an address is free, where the word that leases it comes later. So
        the copy has until the next look to come to its end. Is it no copy, but words are lost, what is left may be old.
        """
        return self._main is not None and os.fstat(self._main.fileno()).st_size < self._offset

    def _appended(self) -> list[Word]:
        """What has been appended to the open file, whatever it is called by now."""
        if self._main is None:
            return []
        size = os.fstat(self._main.fileno()).st_size
        words = list(self._form.words(self._main, self._offset, size)) if size > self._offset else []
        if words:
            self._offset, self.is_empty = words[-1].end, False
        return words

    def _read_all(self, paths: Sequence[Path]) -> Iterator[Entry] | None:
        """The last word on each lease. The files stay open meanwhile: who is replaced is still what it was."""
        with ExitStack() as opened:
            files = [opened.enter_context(path.open("rb")) for path in paths]
            sizes = [os.fstat(file.fileno()).st_size for file in files]
            last: dict[bytes, tuple[int, int]] = {}  # by what they are about: the file's number, and the word's end
            offset = 0
            for number, file in enumerate(files):
                offset = 0
                for word in self._form.words(file, 0, sizes[number]):
                    last[word.key] = number, word.end
                    offset = word.end
            inodes = [_inode(file) for file in files]
            main = self._path.open("rb")
            if inodes != [*map(_inode_at, self._form.names(self._path))] or inodes[-1] != _inode(main):
                main.close()
                return None  # some were replaced while they were read; the next look begins again
            self.close()
            self._main, self._inodes = main, inodes
            self._offset, self.is_empty = offset, not last
            self.unreadable, self._was_cut = 0, False
            return self._last_words(opened.pop_all(), files, sizes, last)

    def _last_words(
        self,
        opened: ExitStack,
        files: Sequence[BinaryIO],
        sizes: Sequence[int],
        last: Mapping[bytes, tuple[int, int]],
    ) -> Iterator[Entry]:
        with _told(), opened:
            for number, file in enumerate(files):
                for word in self._form.words(file, 0, sizes[number]):
                    if last[word.key] == (number, word.end):
                        yield from self._entries([word])

    def _entries(self, words: Sequence[Word]) -> Iterator[Entry]:
        for word in words:
            try:
                found = list(self._form.entries(word))
            except ValueError:
                self.unreadable += 1
                continue
            yield from found


class FollowedFiles:
    """Several lease files of one server, such as those of both families."""

    is_whole = False
    """What is missing in a file says nothing: it may have been cleaned up, or not be written yet."""

    def __init__(self, files: Sequence[FollowedFile]) -> None:
        self.place = " ".join(one.place for one in files)
        self._files = files

    @property
    def unreadable(self) -> int:
        """How many pieces could not be read."""
        return sum(one.unreadable for one in self._files)

    @property
    def is_empty(self) -> bool:
        """Whether none of them has anything in it."""
        return all(one.is_empty for one in self._files)

    @property
    def is_current(self) -> bool:
        """Whether all that they say was given."""
        return all(one.is_current for one in self._files)

    def look(self) -> Iterator[Entry] | None:
        """What is new in any of them; None: nothing is. `SourceUnavailable`: that, and one of them cannot be read."""
        found, missing = list[Iterator[Entry]](), list[SourceUnavailable]()
        for one in self._files:
            try:
                entries = one.look()
            except SourceUnavailable as error:
                error.place = one.place
                missing.append(error)
            else:
                found += [entries] if entries is not None else []
        if missing and not found:
            raise missing[0]
        return chain.from_iterable(found) if found else None

    def begin_anew(self) -> None:
        """What was given could not be used: give it again."""
        for one in self._files:
            one.begin_anew()

    def close(self) -> None:
        """Give the open files back."""
        for one in self._files:
            one.close()


@contextmanager
def _told() -> Iterator[None]:
    """Says what keeps a file from being read."""
    try:
        yield
    except FileNotFoundError:
        raise SourceUnavailable("it is not there; its leases stay as they were last known") from None
    except PermissionError as error:
        raise SourceUnavailable(f"it cannot be read ({error.strerror}); {LET_IN}") from None
    except OSError as error:
        raise SourceUnavailable(f"it cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise SourceUnavailable(str(error)) from None


def _inode(file: BinaryIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino


def _inode_at(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
