"""Bytes that no grammar knows: one PDU for each run of one side."""

from __future__ import annotations

from seqdiag.protocols import opaque
from seqdiag.protocols.base import Fact, HiddenRun


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


def test_it_is_never_recognised() -> None:
    assert opaque.recognise(b"x", b"y") == 0
