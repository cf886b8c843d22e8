"""The table of security contexts: how they begin, go on, end, and make room."""

from __future__ import annotations

from pretended_gss import AGAIN, PretendedMechanism

from tenure.dnswire.name import Name, from_text
from tenure.signing.context import HALF_OPEN_SECONDS, MOST_ROUNDS, ContextLimits, Contexts, Negotiated
from tenure.signing.tkey import GSS_MICROSOFT, GSS_TSIG

NOW = 1_700_000_000.0
HERE, THERE = "192.0.2.1", "192.0.2.2"


def name(number: int) -> Name:
    return from_text(f"k{number}.test.")


def contexts(limits: ContextLimits | None = None, seconds: float = 36000.0) -> Contexts:
    return Contexts(PretendedMechanism(seconds), limits)


def ask(table: Contexts, number: int, token: bytes = b"alice@R", client: str = HERE, now: float = NOW) -> Negotiated:
    return table.negotiate(name(number), GSS_TSIG, token, client, now)


def test_one_round() -> None:
    table = contexts()
    context = ask(table, 1).context
    assert context is not None
    assert (str(context.principal), context.until_at) == ("alice@R", NOW + 3600)
    assert table.find(name(1), NOW + 3599) is context
    assert table.find(name(2), NOW) is None
    assert (table.count, table.half_open_count) == (1, 0)


def test_it_ends_with_the_ticket() -> None:
    table = contexts(seconds=60)
    ask(table, 1)
    assert table.find(name(1), NOW + 59) is not None
    assert table.find(name(1), NOW + 60) is None
    assert table.count == 0
    assert ask(table, 1, b"bob@R", now=NOW + 61).context is not None


def test_several_rounds() -> None:
    table = contexts()
    for _ in range(3):
        assert ask(table, 1, AGAIN) == Negotiated(AGAIN)
        assert table.find(name(1), NOW) is None
    assert table.half_open_count == 1
    assert ask(table, 1).context is not None
    assert (table.count, table.half_open_count) == (1, 0)


def test_the_rounds_are_limited() -> None:
    table = contexts()
    said = [ask(table, 1, AGAIN).failure for _ in range(MOST_ROUNDS)]
    assert said[:-1] == [""] * (MOST_ROUNDS - 1)
    assert said[-1] == "the negotiation has not ended after 10 rounds"
    assert table.half_open_count == 0


def test_a_failure_ends_the_negotiation() -> None:
    table = contexts()
    ask(table, 1, AGAIN)
    assert ask(table, 1, b"bad") == Negotiated(b"no", failure="the token is bad")
    assert table.half_open_count == 0
    assert ask(table, 1, b"no principal").failure.startswith("the principal 'no principal' cannot be spoken of")
    assert ask(table, 1, b"a..b@R").failure.startswith("the principal 'a..b@R' cannot be spoken of")
    assert table.count == 0


def test_nobody_else_goes_on_with_a_negotiation() -> None:
    table = contexts()
    ask(table, 1, AGAIN)
    stranger = ask(table, 1, client=THERE)
    assert stranger.name_is_taken
    assert stranger.failure == "another client negotiates a context of this name"
    assert table.negotiate(name(1), GSS_MICROSOFT, AGAIN, HERE, NOW).name_is_taken
    assert ask(table, 1).context is not None


def test_a_half_open_one_is_forgotten_after_a_while() -> None:
    table = contexts()
    ask(table, 1, AGAIN)
    table.tidy(NOW + HALF_OPEN_SECONDS)
    assert table.half_open_count == 1
    assert ask(table, 1, client=THERE, now=NOW + HALF_OPEN_SECONDS + 1).context is not None
    ask(table, 2, AGAIN)
    table.tidy(NOW + HALF_OPEN_SECONDS + 2)
    assert table.half_open_count == 0


def test_an_established_name_is_taken_but_for_the_token_that_established_it() -> None:
    table = contexts()
    first = ask(table, 1)
    assert ask(table, 1, client=THERE).context is first.context
    assert ask(table, 1).token == first.token
    taken = ask(table, 1, b"bob@R")
    assert (taken.context, taken.name_is_taken) == (None, True)
    assert len(table.mechanism.made) == 1  # type: ignore[attr-defined]  # the pretended one counts


def test_forgetting() -> None:
    table = contexts()
    ask(table, 1)
    table.forget(name(1))
    table.forget(name(1))
    assert table.find(name(1), NOW) is None
    assert table.count == 0


def test_the_one_used_longest_ago_makes_room() -> None:
    table = contexts(ContextLimits(contexts=3))
    for number in range(3):
        ask(table, number, f"p{number}@R".encode())
    table.find(name(0), NOW)
    ask(table, 3, b"p3@R")
    assert [number for number in range(4) if table.find(name(number), NOW)] == [0, 2, 3]
    assert table.displaced == 1


def test_the_oldest_of_a_principal_makes_room_for_its_others_alone() -> None:
    table = contexts(ContextLimits(per_principal=2))
    ask(table, 0, b"bob@R")
    for number in range(1, 1000):
        ask(table, number)
    assert [number for number in range(1000) if table.find(name(number), NOW)] == [0, 998, 999]
    assert table.displaced == 997
    ask(table, 1000, b"ALICE@R")  # one and the same to a policy
    assert table.count == 3


def test_half_open_ones_by_the_thousand_stay_few() -> None:
    table = contexts(ContextLimits(half_open=10, half_open_per_client=2))
    for number in range(1000):
        ask(table, number, AGAIN)
    assert table.half_open_count == 2
    for number in range(1000, 3000):
        ask(table, number, AGAIN, f"10.0.{number // 250}.{number % 250}")
    assert table.half_open_count == 10
    assert table.displaced == 998 + 1992
    assert ask(table, 2999, client="10.0.11.249").context is not None


def test_what_ended_is_given_back() -> None:
    table = contexts(seconds=60)
    for number in range(5):
        ask(table, number, f"p{number % 2}@R".encode(), now=NOW + number)
    table.tidy(NOW + 62)
    assert table.count == 2
    table.tidy(NOW + 70)
    assert table.count == 0
