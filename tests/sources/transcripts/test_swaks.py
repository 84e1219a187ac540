"""What swaks prints, and what it means."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

from seqdiag.events import Endpoint, Hidden, Recording, SocketAct

Told = Callable[[str, str | bytes], list[str]]
Reading = Callable[[str, bytes], Recording]

OPENING = """\
=== Trying 192.0.2.25:2525...
=== Connected to 192.0.2.25.
<-  220 mx.example.org ESMTP
 -> EHLO client.example.org
<-  250-mx.example.org
<-  250 HELP
"""
OPENED = [
    "c1 (connected 192.0.2.25:2525)",
    "c1 S: 220 mx.example.org ESMTP",
    "c1 C: EHLO client.example.org",
    "c1 S: 250-mx.example.org",
    "c1 S: 250 HELP",
]


def test_a_session_from_opening_to_close(told: Told) -> None:
    text = OPENING + "**> BOGUS\n<** 500 no\n -> QUIT\n<-  221 bye\n=== Connection closed with remote host.\n"
    assert told("swaks", text) == [*OPENED, "c1 C: BOGUS", "c1 S: 500 no", "c1 C: QUIT", "c1 S: 221 bye", "c1 (closed)"]


def test_what_the_text_tells_of_the_connection_is_inferred_and_what_was_said_is_not(reading: Reading) -> None:
    acts = [e for e in reading("swaks", OPENING.encode()).events if isinstance(e, SocketAct)]
    assert [(a.act, a.inferred, a.basis, a.t) for a in acts][:2] == [
        ("connected", True, "transcript", None),
        ("received", False, "transcript", None),
    ]
    assert [(a.origin.source, a.origin.index) for a in acts] == [("x.log", n) for n in (2, 3, 4, 5, 6)]
    assert acts[0].remote == Endpoint("192.0.2.25", 2525)


def test_offsets_run_on_in_each_direction(reading: Reading) -> None:
    acts = [e for e in reading("swaks", OPENING.encode()).events if isinstance(e, SocketAct) and e.payload]
    assert [(a.act, a.offset, len(a.payload)) for a in acts] == [
        ("received", 0, 26),
        ("sent", 0, 25),
        ("received", 26, 20),
        ("received", 46, 10),
    ]


def test_the_body_is_the_clients_whatever_it_looks_like(told: Told) -> None:
    body = " -> \n -> <-  250 forged\n -> === Connection closed with remote host.\n ->  -> QUIT\n -> ..\n -> .\n"
    text = f" -> DATA\n<-  354 go\n{body}<-  250 ok\n"
    assert told("swaks", text) == [
        "c1 C: DATA",
        "c1 S: 354 go",
        "c1 C: ",
        "c1 C: <-  250 forged",
        "c1 C: === Connection closed with remote host.",
        "c1 C:  -> QUIT",
        "c1 C: ..",
        "c1 C: .",
        "c1 S: 250 ok",
    ]


def test_a_suppressed_body_is_a_comment_and_not_an_empty_message(reading: Reading, told: Told) -> None:
    text = " -> DATA\n<-  354 go\n -> 11 lines sent\n<-  250 ok\n"
    assert told("swaks", text)[2:] == ["c1 # 11 lines sent (not in the transcript)", "c1 C: .", "c1 S: 250 ok"]
    dot = reading("swaks", text.encode()).events[3]
    assert isinstance(dot, SocketAct) and dot.inferred and dot.confidence == "state"
    assert dot.hidden == (Hidden(0, 0, "elided", "11 lines sent"),)


def test_a_body_line_about_lines_is_a_body_line(told: Told) -> None:
    assert "c1 C: 3 lines sent" in told("swaks", " -> DATA\n<-  354 go\n -> Subject: x\n -> 3 lines sent\n -> .\n")


@pytest.mark.parametrize(
    ("clear", "head", "kind", "shown"),
    [
        (b"\0student\0PROVIDED_BUT_REMOVED", b"AUTH PLAIN ", "credentials", "student"),
        (b"PROVIDED_BUT_REMOVED", b"", "password", None),
    ],
)
def test_a_removed_password_is_hidden_and_never_read(reading: Reading, clear: bytes, head: bytes, kind: str, shown: str | None) -> None:
    token = b64encode(clear)
    (act,) = reading("swaks", b" -> " + head + token + b"\n").events
    assert isinstance(act, SocketAct)
    assert act.payload == head + b"*" * len(token) + b"\r\n"
    assert act.hidden == (Hidden(len(head), len(token), kind, shown),)


def test_tls_marks_the_layer_and_its_own_offsets(reading: Reading, told: Told) -> None:
    text = " -> STARTTLS\n<-  220 go\n=== TLS started with cipher TLSv1.3:TLS_AES_256_GCM_SHA384:256\n ~> EHLO x\n<~  250 ok\n"
    assert told("swaks", text)[2:] == ["c1 (tls starttls TLSv1.3 TLS_AES_256_GCM_SHA384)", "c1 C(tls): EHLO x", "c1 S(tls): 250 ok"]
    assert [e.offset for e in reading("swaks", text.encode()).events if isinstance(e, SocketAct)] == [0, 0, 0, 0]


def test_tls_without_starttls_is_implicit(told: Told) -> None:
    text = "=== Trying 192.0.2.25:465...\n=== Connected to 192.0.2.25.\n=== TLS started with cipher X\n<~  220 hi\n"
    assert told("swaks", text) == ["c1 (connected 192.0.2.25:465)", "c1 (tls implicit X)", "c1 S(tls): 220 hi"]


def test_raw_text_gives_the_exact_bytes_and_their_writes(reading: Reading) -> None:
    text = (
        b"=== Trying 192.0.2.25:25...\n=== Connected to 192.0.2.25.\n"
        b"<   0000: 32 32 30 20  6D 78 2E 6C  61 62 2E 74  65 73 74 20    220.mx.lab.test.\n"
        b"<   0016: 45 53 4D 54  50 0D 0A                               ESMTP..         \n"
        b"<-  220 mx.lab.test ESMTP\n"
        b" -> EHLO vm\n"
        b"  > 0000: 45 48 4C 4F  20 76 6D 0D  0A                          EHLO.vm..       \n"
    )
    acts = [e for e in reading("swaks", text).events if isinstance(e, SocketAct) and e.payload]
    assert [(a.act, a.payload, a.origin.index) for a in acts] == [
        ("received", b"220 mx.lab.test ESMTP\r\n", 3),
        ("sent", b"EHLO vm\r\n", 7),
    ]


def test_a_dump_whose_offsets_do_not_fit_is_damage(told: Told) -> None:
    text = f"<   0000: {'32 32 30 20':50}   220.\n<   0099: {'0D 0A':50}   ..\n"
    assert told("swaks", text) == ["- ! offset 99 of a dump of 4 bytes so far", "c1 S: 220 |"]


@pytest.mark.parametrize(
    ("reason", "name"),
    [("IO::Socket::INET: connect: Connection refused", "ECONNREFUSED"), ("connect: timeout", "ETIMEDOUT"), ("strange", "strange")],
)
def test_a_connection_that_failed(told: Told, reason: str, name: str) -> None:
    text = f"=== Trying 192.0.2.25:25...\n*** Error connecting to 192.0.2.25:25:\n*** \t{reason}\n"
    assert told("swaks", text) == [f"c1 (failed {name})"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("=== Connection closed with remote host.", "c1 (closed)"),
        ("*** Remote host closed connection unexpectedly.", "c1 (closed remote)"),
        ("=== Dropping connection", "c1 (closed local)"),
        ("<** Timeout (30 secs) waiting for server response", "c1 # Timeout (30 secs) waiting for server response"),
        ("*** No authentication type succeeded", "c1 # No authentication type succeeded"),
        ("=== response in 0.003s", "c1 # response in 0.003s"),
    ],
)
def test_lines_that_nobody_said(told: Told, line: str, says: str) -> None:
    assert told("swaks", OPENING + line + "\n") == [*OPENED, says]


def test_a_pipe_is_no_tcp(told: Told) -> None:
    said = "<-  220 hi\n -> QUIT\n<-  221 bye\n"
    text = f"=== Trying pipe to ./server...\n=== Connected to ./server.\n{said}=== Connection closed with child process.\n"
    assert told("swaks", text) == ["c1 S: 220 hi", "c1 C: QUIT", "c1 S: 221 bye"]


def test_sessions_one_after_the_other(told: Told) -> None:
    one = "=== Trying {0}:25...\n=== Connected to {0}.\n<-  220 hi\n -> QUIT\n<-  221 bye\n=== Connection closed with remote host.\n"
    lines = told("swaks", one.format("192.0.2.1") + one.format("192.0.2.2"))
    assert [line for line in lines if "(" in line] == [
        "c1 (connected 192.0.2.1:25)", "c1 (closed)", "c2 (connected 192.0.2.2:25)", "c2 (closed)",
    ]  # fmt: skip


def test_comments_on_consecutive_lines_are_one(told: Told) -> None:
    assert told("swaks", OPENING + "=== TLS no local certificate set\n=== TLS peer DN=/CN=x\n -> QUIT\n")[5:] == [
        "c1 # TLS no local certificate set\nTLS peer DN=/CN=x",
        "c1 C: QUIT",
    ]


def test_lines_without_a_mark_are_counted(told: Told) -> None:
    assert told("swaks", "$ swaks --to x\n" + OPENING)[-1] == "c1 ? 1 lines without a mark of swaks were left out"
