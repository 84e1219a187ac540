"""Bytes that no grammar knows: one PDU for each run of one side."""

from __future__ import annotations

from seqdiag.protocols import opaque
from seqdiag.protocols.base import Fact, HiddenRun, Side


def test_runs() -> None:
    decoder = opaque.decoder()
    pdus = decoder.feed("client", 0, b"ab") + decoder.feed("client", 2, b"c") + decoder.feed("server", 0, b"de") + decoder.finish()
    assert [(pdu.side, pdu.start, pdu.raw) for pdu in pdus] == [("client", 0, b"abc"), ("server", 0, b"de")]
    assert pdus[0].facts == (Fact("bytes", {"bytes": 3}),) and pdus[0].kind == "opaque"


def test_a_gap_ends_a_run() -> None:
    decoder = opaque.decoder()
    pdus = decoder.feed("client", 0, b"ab") + decoder.gap("client", 2, 10) + decoder.feed("client", 12, b"c") + decoder.finish()
    assert [(pdu.start, pdu.raw) for pdu in pdus] == [(0, b"ab"), (12, b"c")]


def test_hidden_runs_become_secrets() -> None:
    decoder = opaque.decoder()
    (pdu,) = decoder.feed("client", 5, b"a**b", [HiddenRun(6, 8, "password", "alice")]) + decoder.finish()
    assert [tuple(secret[:4]) for secret in pdu.secrets] == [(1, 3, "password", "alice")]


def secrets(*turns: tuple[Side, bytes]) -> list[bytes]:
    """What is hidden of each run, in order."""
    decoder, at, pdus = opaque.decoder(), {"client": 0, "server": 0}, []
    for side, data in turns:
        pdus += decoder.feed(side, at[side], data)
        at[side] += len(data)
    return [pdu.raw[secret.start : secret.end] for pdu in pdus + decoder.finish() for secret in pdu.secrets]


def test_credentials_are_marked() -> None:
    assert secrets(("client", b"GET /?tok"), ("client", b"en=abc HTTP/1.1\r\n")) == [b"abc"]


def test_a_prompt_lasts_while_asterisks_echo_the_letters() -> None:
    turns: list[tuple[Side, bytes]] = [("server", b"Password: "), ("client", b"a"), ("server", b"*"), ("client", b"b\r")]
    assert secrets(*turns, ("server", b"\r\nWelcome\r\n$ "), ("client", b"ls\r")) == [b"a", b"b"]


def test_hidden_runs_and_credentials_do_not_overlap() -> None:
    decoder = opaque.decoder()
    raw = b"&token=***&password=abc "
    (pdu,) = decoder.feed("client", 5, raw, [HiddenRun(12, 13, "token"), HiddenRun(13, 15, "token")]) + decoder.finish()
    assert [(secret.start, secret.end, secret.kind) for secret in pdu.secrets] == [(7, 10, "token"), (20, 23, "password")]


def test_what_was_said_before_a_gap_is_forgotten() -> None:
    decoder = opaque.decoder()
    pdus = decoder.feed("client", 0, b"AUTH PLAIN\r\n") + decoder.gap("client", 12, 8)
    pdus += decoder.feed("client", 20, b"AGEAYWJjZGU=\r\n") + decoder.finish()
    assert [pdu.secrets for pdu in pdus] == [(), ()]


def test_it_is_never_recognised() -> None:
    assert opaque.recognise(b"x", b"y") == 0
