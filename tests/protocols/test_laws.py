"""The laws that every grammar keeps, whatever the bytes: lossless, independent of cutting, never an exception, blind to what is hidden."""

from __future__ import annotations

import base64
import importlib
import pkgutil
import random
import re
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seqdiag.protocols
from seqdiag.protocols.base import Grammar, HiddenRun, Pdu, Side

GRAMMARS: dict[str, Grammar] = {
    info.name: importlib.import_module(f"seqdiag.protocols.{info.name}")  # type: ignore[misc]
    for info in pkgutil.iter_modules(seqdiag.protocols.__path__)
    if not info.ispkg
}
Turn = tuple[Side, bytes]


def talk(text: str) -> list[Turn]:
    """`S: 220 mx` lines as turns, CRLF added; `{...}` is written in base64, with `|` for NUL."""
    turns: list[Turn] = []
    for line in text.strip().splitlines():
        side: Side = "client" if line.strip()[0] == "C" else "server"
        said = re.sub(r"{(.*?)}", lambda found: base64.b64encode(found[1].replace("|", "\0").encode()).decode(), line.strip()[3:])
        data = said.encode() + b"\r\n"
        if turns and turns[-1][0] == side:
            data = turns.pop()[1] + data
        turns.append((side, data))
    return turns


CLIENT_HELLO = bytes.fromhex("16030100310100002d0303") + bytes(32) + bytes.fromhex("000002c02f010000020000")
SERVER_HELLO = bytes.fromhex("160303002e0200002a0303") + bytes(32) + bytes.fromhex("00c02f0000020000")
LOGIN = """
    S: 220 mx ESMTP
    C: EHLO me
    S: 250-mx
    S: 250-AUTH LOGIN PLAIN
    S: 250 SIZE 1000
    C: AUTH LOGIN
    S: 334 {Username:}
    C: {alice}
    S: 334 {Password:}
    C: {s3cret-word}
    S: 235 2.7.0 ok
    C: MAIL FROM:<a@example.org>
    C: RCPT TO:<b@example.org>
    C: RCPT TO:<c@example.org>
    C: DATA
    C: Subject: hi
    C:
    C: ..dot
    C: .
    C: QUIT
    S: 250 2.1.0 ok
    S: 250 2.1.5 ok
    S: 550 5.1.1 no
    S: 354 go
    S: 250 2.0.0 queued
    S: 221 bye
"""
CRAM_AND_CHUNKS = """
    S: 220 mx
    C: EHLO me
    S: 250 mx
    C: AUTH PLAIN {|alice|s3cret-word}
    S: 535 5.7.8 no
    C: AUTH CRAM-MD5
    S: 334 {<1.2@mx>}
    C: {alice 0123456789abcdef0123456789abcdef}
    S: 235 ok
    C: MAIL FROM:<a@b>
    C: RCPT TO:<b@c>
    C: BDAT 5
    C: hel
    S: 250 ok
    S: 250 ok
    S: 250 ok
    C: BDAT 0 LAST
    S: 250 ok
    C: QUIT
"""
OTHER_MECHANISMS = """
    S: 220 mx
    C: LHLO me
    S: 250 mx
    C: AUTH XOAUTH2 {user=al\1auth=Bearer ya29.tok\1\1}
    S: 334 {{}}
    C:
    S: 535 no
    C: AUTH X-NEW abcd
    S: 334 zzzz
    C: c2VjcmV0IQ==
    S: 334
    C: *
    S: 501 no
    C: AUTH SCRAM-SHA-1 {n,,n=alice,r=abc}
    S: 334 {r=abcdef,s=QQ==,i=4096}
    C: {c=biws,r=abcdef,p=xyz}
    S: 535 no
    C: AUTH LOGIN {alice}
    S: 334
    C: {PROVIDED_BUT_REMOVED}
    S: 535 no
    C: STARTTLS
    C: EHLO x
    S: 220 go
"""
ONE_SIDED = """
    C: EHLO me
    C: MAIL FROM:<a@b>
    C: RCPT TO:<b@c>
    C: DATA
    C: From: a
    C:
    C: text
    C: .
    C: AUTH LOGIN
    C: {alice}
    C: {password}
    C: QUIT
"""
ODD = """
    S: 220 mx
    C: MAIL FROM:<a@b>
    C:
    C: \1\2
    C: bm90aGluZyBidXQgYSB0b2tlbg==
    C: RSET
    S: 250-a
    S: 550 b
    S: nonsense
    S: 500 what
    S: 500 what
    S: 500 what
    S: 250 ok
    S: 421 bye
"""
MAILDROP = """
    S: +OK POP3 <1.2@mx>
    C: USER alice
    S: +OK
    C: PASS two words
    S: +OK
    C: STAT
    C: LIST
    C: RETR 1
    S: +OK 1 20
    S: +OK
    S: 1 20
    S: .
    S: +OK 20 octets
    S: Subject: x
    S:
    S: ..
    S: +OK no
    S: .
    C: DELE 1
    S: +OK
    C: QUIT
    S: +OK
"""
POP_AUTH = """
    S: +OK <1.2@mx>
    C: APOP alice c4c9334bac560ecc979e58001b3e22fb
    S: -ERR no
    C: AUTH CRAM-MD5
    S: + {<1.2@mx>}
    C: *
    S: -ERR
    C: AUTH PLAIN
    S: +
    C: {|al|word}
    S: +OK
    C: RETR 1
    S: +OK 5 octets
    C: CAPA
    S: +OK
    S: TOP
    S: .
    C: RETR 9
    S: -ERR
    C: QUIT
    S: -ERR not all
"""
SESSIONS: dict[str, list[list[Turn]]] = {
    "smtp": [
        talk(LOGIN),
        talk(CRAM_AND_CHUNKS),
        [*talk(OTHER_MECHANISMS), ("client", CLIENT_HELLO), ("server", b"\x15\3\3\0\2\2\x28")],
        talk(ONE_SIDED),
        talk(ODD),
    ],
    "pop3": [
        talk(MAILDROP),
        talk(POP_AUTH),
        [*talk("S: +OK ready\nC: STLS\nS: +OK go"), ("client", CLIENT_HELLO)],
    ],
    "tls": [
        [
            ("client", CLIENT_HELLO),
            ("server", SERVER_HELLO),
            ("client", b"\x14\3\3\0\1\1\x16\3\3\0\4abcd\x17\3\3\0\3xyz"),
            ("server", b"\x17\3\3\0\1a junk"),
            ("client", b"\x15\3\3\0\2"),
        ]
    ],
    "opaque": [
        [("client", b"abc"), ("server", b"de"), ("client", b"\0")],
        [
            ("client", b"a1 LOGIN {5}\r\n"),
            ("server", b"+ go\r\n"),
            ("client", b"alice {3}\r\n"),
            ("server", b"+ go\r\n"),
            ("client", b"a b\r\nGET /?token=abc123&b=http://al:pw@h/ HTTP/1.1\r\nCookie: a=b1; c=d\r\n"),
            ("server", b"Password: "),
            ("client", b"a"),
            ("server", b"*"),
            ("client", b"b\r"),
        ],
    ],
}


def decode(
    grammar: Grammar,
    turns: Sequence[Turn],
    cuts: random.Random | None = None,
    step: int = 0,
    hidden: dict[Side, list[HiddenRun]] | None = None,
) -> tuple[list[Pdu], dict[Side, bytes]]:
    """The PDUs, and what was left over after an upgrade; `cuts` and `step` say how each turn is cut."""
    decoder = grammar.decoder()
    at: dict[Side, int] = {"client": 0, "server": 0}
    rest: dict[Side, bytes] = {"client": b"", "server": b""}
    pdus: list[Pdu] = []
    for side, data in turns:
        while data:
            size = cuts.randint(1, len(data)) if cuts else step or len(data)
            piece, data = data[:size], data[size:]
            if decoder.upgrade is None:
                end = at[side] + len(piece)
                runs = [r for r in (hidden or {}).get(side, []) if r.start < end and r.end > at[side]]
                pieces = [
                    HiddenRun(max(r.start, at[side]), min(r.end, end), r.kind, r.shown if r.start >= at[side] else None) for r in runs
                ]
                pdus += decoder.feed(side, at[side], piece, pieces)
                if decoder.upgrade is not None:
                    rest = {each: decoder.leftover(each)[1] for each in rest}
            else:
                rest[side] += piece
            at[side] += len(piece)
    return pdus + decoder.finish(), rest


def assert_lossless(turns: Sequence[Turn], pdus: list[Pdu], rest: dict[Side, bytes]) -> None:
    for side in rest:
        at = 0
        for pdu in pdus:
            if pdu.side == side:
                assert pdu.start == at, f"{pdu} does not begin where the one before it ended"
                assert 0 <= pdu.wire[0] <= pdu.wire[1] <= len(pdu.raw)
                assert all(0 <= s.start < s.end <= len(pdu.raw) for s in pdu.secrets)
                at = pdu.end
        assert b"".join(p.raw for p in pdus if p.side == side) + rest[side] == b"".join(data for who, data in turns if who == side)
    assert all(pdu.answers is None or 0 <= pdu.answers < len(pdus) for pdu in pdus)


EVERY_SESSION = [pytest.param(name, turns, id=f"{name}-{n}") for name, all_ in SESSIONS.items() for n, turns in enumerate(all_)]


def test_every_grammar_has_sessions() -> None:
    assert set(GRAMMARS) <= set(SESSIONS)


@pytest.mark.parametrize(("name", "turns"), EVERY_SESSION)
def test_lossless_and_independent_of_cutting(name: str, turns: list[Turn]) -> None:
    whole = decode(GRAMMARS[name], turns)
    assert_lossless(turns, *whole)
    for step in (1, 2, 3, 7):
        assert decode(GRAMMARS[name], turns, step=step) == whole
    for seed in range(20):
        assert decode(GRAMMARS[name], turns, cuts=random.Random(seed)) == whole


@pytest.mark.parametrize(("name", "turns"), EVERY_SESSION)
def test_hidden_bytes_are_not_missed(name: str, turns: list[Turn]) -> None:
    assert_blind(name, turns)


def assert_blind(name: str, turns: Sequence[Turn]) -> None:
    """Secrets replaced by asterisks, and their runs told: the same PDUs, but for the bytes and the secrets' values."""
    clear, _ = decode(GRAMMARS[name], turns)
    runs: dict[Side, list[HiddenRun]] = {"client": [], "server": []}
    for pdu in clear:
        runs[pdu.side] += [HiddenRun(pdu.start + s.start, pdu.start + s.end, s.kind, s.shown) for s in pdu.secrets]
    at: dict[Side, int] = {"client": 0, "server": 0}
    starred: list[Turn] = []
    for side, data in turns:
        masked = bytearray(data)
        for run in runs[side]:
            for offset in range(max(run.start - at[side], 0), min(run.end - at[side], len(data))):
                masked[offset] = ord("*")
        at[side] += len(data)
        starred.append((side, bytes(masked)))
    for step in (0, 1, 5):
        hidden, _ = decode(GRAMMARS[name], starred, step=step, hidden=runs)
        assert [unread(pdu) for pdu in hidden] == [unread(pdu) for pdu in clear]


def unread(pdu: Pdu) -> Pdu:
    secrets = tuple(secret._replace(values=()) for secret in pdu.secrets)
    return msgspec.structs.replace(pdu, raw=bytes(len(pdu.raw)), secrets=secrets)


@pytest.mark.parametrize(("name", "turns"), EVERY_SESSION)
def test_gaps_anywhere_are_survived(name: str, turns: list[Turn]) -> None:
    """A gap of one to 40 bytes at any place: no exception, every byte that is there comes out once, in order."""
    for seed in range(60):
        chance = random.Random(seed)
        decoder = GRAMMARS[name].decoder()
        at: dict[Side, int] = {"client": 0, "server": 0}
        fed: dict[Side, list[tuple[int, bytes]]] = {"client": [], "server": []}
        pdus: list[Pdu] = []
        for side, data in turns:
            if decoder.upgrade is not None:
                break
            if chance.random() < 0.3:
                lost = chance.randint(1, 40)
                keep = data[: chance.randint(0, len(data))]
                pdus += decoder.feed(side, at[side], keep)
                pdus += decoder.gap(side, at[side] + len(keep), lost)
                fed[side].append((at[side], keep))
                at[side] += len(keep) + lost
                data = data[len(keep) + lost :]
            if decoder.upgrade is None:
                pdus += decoder.feed(side, at[side], data)
                fed[side].append((at[side], data))
                at[side] += len(data)
        ended = decoder.upgrade is not None
        pdus += decoder.finish()
        for each in fed:
            want = {start + k: byte for start, piece in fed[each] for k, byte in enumerate(piece)}
            got = [(pdu.start + k, byte) for pdu in pdus if pdu.side == each for k, byte in enumerate(pdu.raw)]
            assert got == sorted(got)
            assert dict(got).items() <= want.items() and (ended or len(got) == len(want)), (name, seed)


SIDES = st.sampled_from(("client", "server"))
LINES = """
    DATA|250 ok|354 go|250-x|334 |AUTH LOGIN|AUTH PLAIN AGEAYg==|+OK|-ERR|+ |RETR 1|PASS x y|QUIT|BDAT 3|STARTTLS|MAIL FROM:<a>
    |RCPT TO:<b>|421 x|550 x|220 x|353 x|STLS|AUTH|LIST|CAPA|.||LHLO x|dG9rZW4=|APOP|APOP x|PASS|AUTH LOGIN x y|BDAT 2 LAST
"""
WORDS = st.sampled_from(
    [*(line.strip().encode() + b"\r\n" for line in LINES.split("|")), b"\n", b"\0", b"\x16\3\1\0\4", b"\x17\3\3\0\2", b".\n"]
)
ANY_TURNS = st.lists(st.tuples(SIDES, st.one_of(st.binary(min_size=1, max_size=40), WORDS)), max_size=30)


@pytest.mark.parametrize("name", GRAMMARS)
@settings(max_examples=150, deadline=None)
@given(turns=ANY_TURNS, seed=st.integers(0, 2**32))
def test_any_bytes(name: str, turns: list[Turn], seed: int) -> None:
    """Nothing raises, nothing is lost, and cutting changes nothing."""
    whole = decode(GRAMMARS[name], turns)
    assert_lossless(turns, *whole)
    assert decode(GRAMMARS[name], turns, cuts=random.Random(seed)) == whole
    assert decode(GRAMMARS[name], turns, step=1) == whole


@pytest.mark.parametrize("name", GRAMMARS)
@settings(max_examples=100, deadline=None)
@given(turns=st.lists(st.tuples(SIDES, WORDS), max_size=20))
def test_any_dialogue_with_its_secrets_hidden(name: str, turns: list[Turn]) -> None:
    assert_blind(name, turns)


@pytest.mark.parametrize("name", GRAMMARS)
@settings(max_examples=100, deadline=None)
@given(client=st.binary(max_size=200), server=st.binary(max_size=200))
def test_recognise_gives_a_share(name: str, client: bytes, server: bytes) -> None:
    assert 0 <= GRAMMARS[name].recognise(client, server) <= 1


@pytest.mark.parametrize("name", GRAMMARS)
def test_the_table_reaches_every_state(name: str) -> None:
    table = GRAMMARS[name].TRANSITIONS
    begin = {state for (state, _) in table} - {to for (state, _), to in table.items() if to != state}
    seen = begin or ({next(iter(table))[0]} if table else set())
    for _ in table:
        seen |= {to for (state, _), to in table.items() if state in seen}
    assert {state for (state, _) in table} | set(table.values()) == seen


@pytest.mark.parametrize("name", sorted({"smtp", "pop3"} & set(GRAMMARS)))
def test_a_line_without_end_is_bounded(name: str) -> None:
    turns: list[Turn] = [("client", b"A" * 200_000 + b"\r\nQUIT\r\n"), ("server", b"x" * 200_000 + b"\r\n")]
    whole = decode(GRAMMARS[name], turns)
    assert_lossless(turns, *whole)
    assert decode(GRAMMARS[name], turns, step=50_001) == whole
    assert [pdu.verb for pdu in whole[0] if pdu.kind == "command"] == ["QUIT"]
