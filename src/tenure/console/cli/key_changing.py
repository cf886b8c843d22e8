"""`tenure key rotate` and `retire`: a new secret beside the old one, and the end of the old one."""

from __future__ import annotations

import getpass
import re
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from tenure.console.cli.key_showing import LIST_COLUMNS, NameArgument, key_name
from tenure.console.cli.options import WRONG, ConfigOption, Format, FormatOption, examples, fail, opened
from tenure.console.cli.output import print_rows, say

if TYPE_CHECKING:
    from tenure.config.configuration import Configuration
    from tenure.console.key_lines import KeyState
    from tenure.dnswire.name import Name
    from tenure.ledger.keys import KeyStore
    from tenure.naming.event import Event
    from tenure.signing.rotation import Secret

ROTATE_EXAMPLES = examples(
    "tenure key rotate dhcp. -c tenure.toml", "tenure key rotate dhcp. -c tenure.toml --overlap 36h"
)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def rotate(
    name: NameArgument,
    config: ConfigOption,
    overlap: Annotated[str, typer.Option(help="How long the old secret stays good: 90m, 36h, 7d.")] = "7d",
    algorithm: Annotated[str | None, typer.Option(help="Another algorithm for the new secret.")] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Give a key a new secret, in the store; the old one stays good for a while, so that every peer can be told.

    Services that run know it within some seconds. What they sign themselves is signed with the new secret, and again
    with the old one where a server does not know the new one yet.
    """
    from tenure.console.key_lines import why_no_secret  # noqa: PLC0415 - `tenure --help` does without
    from tenure.signing.key import hash_size  # noqa: PLC0415
    from tenure.signing.rotation import Secret, rotated  # noqa: PLC0415

    wanted, seconds = key_name(name), _seconds(overlap)
    with opened(config) as configuration:
        chosen = _algorithm(configuration, algorithm)
        now = time.time()

        def decide(kept: Sequence[Secret], state: KeyState) -> Sequence[Secret]:
            before = state.good(wanted, now)
            if not before:
                raise ValueError(why_no_secret(configuration, state, wanted))
            kind = chosen or before[0].algorithm
            new = Secret(wanted, kind, secrets.token_bytes(hash_size(kind)), now)
            return rotated(kept, state.configured_as(wanted), new, now + seconds)

        told = f"a new secret; the one before is good for {overlap}"
        state = _change(configuration, wanted, "key-rotated", told, decide, now)
        _print_key(configuration, wanted, state, output)
        if output is Format.TABLE:
            say(f"Now tell the peers: tenure key export {name} bind -c {config}")
            if state.configured_as(wanted):
                say("The configuration still has the old secret. It counts no more: the store now speaks for this key.")


def retire(
    name: NameArgument,
    config: ConfigOption,
    everything: Annotated[bool, typer.Option("--all", help="Forget the key altogether, when nothing uses it.")] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """End the older secret of a key at once, before its time; `tenure key list` shows who used it last, and when."""
    from tenure.console.key_lines import key_uses  # noqa: PLC0415 - `tenure --help` does without
    from tenure.signing.rotation import retired  # noqa: PLC0415

    wanted = key_name(name)
    with opened(config) as configuration:
        now = time.time()

        def decide(kept: Sequence[Secret], state: KeyState) -> Sequence[Secret]:
            if not everything:
                return retired(kept, state.configured_as(wanted), now)
            if not kept:
                raise ValueError("it is not in the store")
            if any(section.name == wanted for section in configuration.keys):
                raise ValueError("it is in the configuration; take it out there first")
            if uses := key_uses(configuration, wanted):
                raise ValueError(f"it is used: {'; '.join(uses)}")
            return ()

        told = "the key is forgotten" if everything else "the older secret has ended"
        state = _change(configuration, wanted, "key-retired", told, decide, now)
        _print_key(configuration, wanted, state, output)


def _change(
    configuration: Configuration,
    name: Name,
    kind: str,
    told: str,
    decide: Callable[[Sequence[Secret], KeyState], Sequence[Secret]],
    now: float,
) -> KeyState:
    """The state after the change and its entry in the history, both in one transaction."""
    from tenure.console.key_lines import key_state  # noqa: PLC0415 - `tenure --help` does without
    from tenure.console.store import leases_to_show  # noqa: PLC0415
    from tenure.dnswire.name import to_text  # noqa: PLC0415

    with leases_to_show(configuration) as ledger:
        keys: KeyStore = ledger.keys
        try:
            keys.change(
                name, lambda kept: decide(kept, key_state(configuration, kept)), [_event(name, kind, told, now)]
            )
        except ValueError as error:
            raise fail(f"the key {to_text(name)} stays as it is: {error}") from None
        return key_state(configuration, keys.secrets(), keys.uses())


def _event(name: Name, kind: str, told: str, now: float) -> Event:
    from tenure.naming.event import Event  # noqa: PLC0415 - `tenure --help` does without

    correlation = f"k{secrets.token_hex(4)}"
    return Event(now, kind, f"cli {getpass.getuser()}", "tenure key", correlation, name=name, detail=told)


def _print_key(configuration: Configuration, name: Name, state: KeyState, output: Format) -> None:
    from tenure.console.key_lines import key_lines  # noqa: PLC0415 - `tenure --help` does without
    from tenure.dnswire.name import to_text  # noqa: PLC0415

    wanted = to_text(name)
    lines = [line for line in key_lines(configuration, state, time.time()) if line.key == wanted]
    print_rows(lines, LIST_COLUMNS, output)


def _algorithm(configuration: Configuration, word: str | None) -> Name | None:
    from tenure.config.keys import Algorithm  # noqa: PLC0415 - `tenure --help` does without
    from tenure.signing.key import ALGORITHMS  # noqa: PLC0415

    if word is None:
        return None
    if word not in set(Algorithm):
        raise fail(f"--algorithm {word!r} is not known; write one of {', '.join(Algorithm)}", WRONG)
    if word == Algorithm.MD5 and not configuration.tsig.allow_md5:
        raise fail("--algorithm hmac-md5 is not switched on; write another, or allow-md5 = true in [tsig]", WRONG)
    return ALGORITHMS[word].name


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise fail(f"--overlap {text!r} is no length of time; write 90m, 36h or 7d", WRONG)
    return int(found[1]) * _UNITS[found[2]]
