"""No secret is in any output unless it is asked for: raw, base64, hex, URL-coded, whole or in pieces."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from seqdiag import eventlist, pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.eventlist import read
from seqdiag.events import Datagram, Endpoint, Event, Point, Recording
from seqdiag.protocols.base import Secret
from seqdiag.provenance import Origin
from seqdiag.redaction import SHORTEST, hide, needles
from tests.diagrams import READABLE
from tests.talk import SEGMENTS, lines, recording, understood

PASSWORD = "hunter2-CANARY"
TOKEN = base64.b64encode(b"\0alice\0" + PASSWORD.encode()).decode()
LOGIN = base64.b64encode(PASSWORD.encode()).decode()

CASES: dict[str, tuple[int, list[SEGMENTS], list[str]]] = {
    "AUTH PLAIN with an initial response": (25, lines("S: 220 x", f"C: AUTH PLAIN {TOKEN}", "S: 235 ok"), [PASSWORD, TOKEN]),
    "AUTH PLAIN after a challenge": (25, lines("S: 220 x", "C: AUTH PLAIN", "S: 334 ", f"C: {TOKEN}", "S: 235 ok"), [PASSWORD, TOKEN]),
    "AUTH LOGIN": (
        25,
        lines("S: 220 x", "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: YWxpY2U=", "S: 334 UGFzc3dvcmQ6", f"C: {LOGIN}", "S: 235 ok"),
        [PASSWORD, LOGIN],
    ),
    "one byte a segment": (
        25,
        [("c", bytes([byte])) for byte in f"EHLO x\r\nAUTH PLAIN {TOKEN}\r\n".encode()],
        [PASSWORD, TOKEN, TOKEN[8:20]],
    ),
    "pipelined": (25, [("c", f"EHLO x\r\nAUTH PLAIN {TOKEN}\r\nMAIL FROM:<a@b>\r\n".encode())], [PASSWORD, TOKEN]),
    "echoed by the server": (25, lines("S: 220 x", f"C: AUTH PLAIN {TOKEN}", f"S: 535 bad {TOKEN}, that is {PASSWORD}"), [PASSWORD, TOKEN]),
    "echoed as hex": (25, lines("S: 220 x", f"C: AUTH PLAIN {TOKEN}", f"S: 535 {PASSWORD.encode().hex()}"), [PASSWORD.encode().hex()]),
    "POP3 PASS": (110, lines("S: +OK", "C: USER alice", "S: +OK", f"C: PASS {PASSWORD} with space", "S: +OK"), [PASSWORD, "with space"]),
    "POP3 APOP": (110, lines("S: +OK <1.2@x>", f"C: APOP alice {'c4c9' * 8}", "S: +OK"), ["c4c9" * 8]),
    "POP3 AUTH": (110, lines("S: +OK", "C: AUTH PLAIN", "S: + ", f"C: {TOKEN}", "S: +OK"), [PASSWORD, TOKEN]),
}


BRIEF = ("dot", "states", "puml-timing")
"""Renderers that do not print every message."""


def outputs(port: int, segments: list[SEGMENTS], show: bool = False) -> Iterator[tuple[str, str]]:
    """Every output but `stream`, by name."""
    known = understood(recording(segments, port))
    chosen = pipeline.dialogues(known)
    for lang in ("en", "zh"):
        diagram = pipeline.diagram(known, chosen, ComposeOptions(lang=lang, show_secrets=show))
        for name in READABLE:
            yield f"{name} {lang}", pipeline.render(diagram, name).decode()
    yield "events", b"".join(eventlist.write(pipeline.shared_events(known, chosen, show), "test")).decode()
    rows = [row for d in pipeline.guarded(chosen, show) for row in pipeline.message_rows(d)]
    yield "messages", msgspec.json.encode(rows).decode()


@pytest.mark.parametrize("case", CASES)
def test_no_output_holds_the_secret(case: str) -> None:
    port, segments, forbidden = CASES[case]
    for name, text in outputs(port, segments):
        for value in forbidden:
            assert value not in text, (name, value)
        assert "hidden" in text or "已隐藏" in text or name.startswith(BRIEF), name


def test_show_secrets_shows_the_wire_and_the_clear_value() -> None:
    for name, text in outputs(25, CASES["AUTH LOGIN"][1], show=True):
        if name != "events" and not name.startswith(BRIEF):
            assert LOGIN in text or name.startswith("plantuml"), name
            assert "CANARY" in text, name


@pytest.mark.parametrize("case", CASES)
def test_masked_events_redraw_to_the_same_bytes(case: str) -> None:
    port, segments, _ = CASES[case]
    clear = understood(recording(segments, port))
    shared = b"".join(eventlist.write(pipeline.shared_events(clear, pipeline.dialogues(clear), False), "test"))
    masked = understood(read(io.BytesIO(shared), "x"))
    for lang in ("en", "zh"):
        options = ComposeOptions(lang=lang)
        a = pipeline.diagram(clear, pipeline.dialogues(clear), options)
        b = pipeline.diagram(masked, pipeline.dialogues(masked), options)
        assert a == b


def test_the_mask_has_one_width_whatever_it_hides() -> None:
    figures = []
    for password in ("abcdefg", "abcdefgh" * 4):
        segments = lines("S: +OK", "C: USER alice", "S: +OK", f"C: PASS {password}", "S: +OK")
        figures.append(dict(outputs(110, segments)))
    assert figures[0]["svg en"] == figures[1]["svg en"]


def test_a_password_250_does_not_mask_the_dialogue() -> None:
    segments = lines("S: +OK 250", "C: USER alice", "S: +OK", "C: PASS 250", "S: +OK 250 messages")
    text = dict(outputs(110, segments))["text en"]
    assert "+OK 250 messages" in text
    assert "PASS 250" not in text


def test_mail_bodies_are_left_alone() -> None:
    segments = [*lines("S: 220 x", f"C: AUTH PLAIN {TOKEN}", "S: 235 ok", "C: DATA", "S: 354 go"), ("c", f"{PASSWORD}\r\n.\r\n".encode())]
    (dialogue,) = pipeline.dialogues(understood(recording(segments)))
    body = next(placed.pdu for placed in hide(dialogue).pdus if placed.pdu.kind == "body")
    assert body.secrets == ()


def test_the_user_name_is_told_where_the_token_is_hidden() -> None:
    assert "user: alice" in dict(outputs(25, CASES["AUTH PLAIN with an initial response"][1]))["text en"]


def test_needles_find_a_value_inside_any_longer_base64_text() -> None:
    for before in range(4):
        for after in range(4):
            hay = base64.b64encode(b"x" * before + PASSWORD.encode() + b"y" * after)
            assert any(needle in hay for needle in needles(PASSWORD.encode())), (before, after)


def test_short_values_have_no_needles() -> None:
    assert needles(b"1" * (SHORTEST - 1)) == set()


def test_secret_spans_lie_inside_their_message() -> None:
    for port, segments, _ in CASES.values():
        for dialogue in pipeline.dialogues(understood(recording(segments, port))):
            for placed in hide(dialogue).pdus:
                for secret in placed.pdu.secrets:
                    assert isinstance(secret, Secret)
                    assert 0 <= secret.start < secret.end <= len(placed.pdu.raw)


PORTS = {"smtp": 25, "pop3": 110, "imap": 143, "ftp": 21, "sieve": 4190, "sip": 5060, "rtsp": 554, "redis": 6379, "irc": 6667}
PORTS |= {"xmpp": 5222, "telnet": 23, "nats": 4222, "stomp": 61613, "memcached": 11211, "mqtt": 1883, "ldap": 389, "postgres": 5432}
KEPT = {"smtp-body": {"events"}}
"""The event list holds the mail itself, or no figure could be drawn from it again; all other outputs only count its bytes."""


def vectors(shared: Path) -> Iterator[tuple[str, int, list[SEGMENTS], list[str]]]:
    for line in (shared / "vectors/payloads/redaction.jsonl").read_text().splitlines():
        row = json.loads(line)
        yield row["id"], PORTS.get(row["proto"], 80), [(side, base64.b64decode(data)) for side, data in row["segments"]], row["forbid"]


def test_shared_vectors(shared: Path) -> None:
    """Every third-party case, in every output."""
    cases = list(vectors(shared))
    assert len(cases) == 83
    for name, port, segments, forbidden in cases:
        for output, text in outputs(port, segments):
            if output not in KEPT.get(name, ()):
                for value in forbidden:
                    assert value not in text, (name, output, value)


def test_shared_vectors_on_a_port_that_tells_nothing(shared: Path) -> None:
    for name, _, segments, forbidden in vectors(shared):
        known = understood(recording(segments, 40000))
        text = b"".join(eventlist.write(pipeline.shared_events(known, pipeline.dialogues(known), False), "test")).decode()
        for value in forbidden:
            assert value not in text or name in KEPT, (name, value)


def test_shared_vectors_masked_redraw_and_mask_to_the_same_bytes(shared: Path) -> None:
    for name, port, segments, _ in vectors(shared):
        clear = understood(recording(segments, port))
        masked, listed = shared_again(clear)
        assert masked.recording.events != clear.recording.events or name in ("smtp-body", "smtp-lookalike"), name
        assert shared_again(masked)[1] == listed, name
        a, b = (pipeline.diagram(each, pipeline.dialogues(each), ComposeOptions()) for each in (clear, masked))
        assert a == b, name


def shared_again(known: pipeline.Understood) -> tuple[pipeline.Understood, bytes]:
    """The masked event list, and what is understood of it."""
    listed = b"".join(eventlist.write(pipeline.shared_events(known, pipeline.dialogues(known), False), "test"))
    return understood(read(io.BytesIO(listed), "x")), listed


UNDECODED = [("c", b"GET / HTTP/1.1\r\nAuthorization: Bearer CANARYTOKEN-1\r\n\r\n"), ("s", b"HTTP/1.1 400 B\r\n\r\nno CANARYTOKEN-1")]


def test_an_undecoded_echo_is_hidden_in_the_event_list() -> None:
    known = understood(recording(UNDECODED, 80))
    listed = shared_again(known)[1].decode()
    assert "CANARY" not in listed
    assert "Authorization: Bearer *" in listed and "400 B" in listed


def test_an_undecoded_run_shows_its_size_whether_secrets_are_shown_or_not() -> None:
    for show in (False, True):
        text = dict(outputs(80, UNDECODED, show))["text en"]
        assert f"{len(UNDECODED[0][1])} bytes" in text and "CANARY" not in text


def test_what_a_mail_grammar_could_not_read_is_no_exception() -> None:
    known = understood(
        recording(lines("S: 220 mx ESMTP", "C: EHLO x", "S: 250 x", "S: Set-Cookie: id=CANARYTOKEN-1", "C: \1 password=hunter2"), 25)
    )
    listed = shared_again(known)[1].decode()
    assert "Set-Cookie: id=*" in listed and "CANARY" not in listed and "hunter2" not in listed


def test_datagrams_hide_what_they_hold_and_what_was_hidden_in_them() -> None:
    community = b"0\x29\2\1\1\4\x0ehunter2-CANARY\xa0\x14" + bytes(20)
    a, b = Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 161)
    events: list[Event] = [Datagram(Origin("x", n), n, *ends, community, len(community)) for n, ends in enumerate(((a, b), (b, a)), 1)]
    clear = understood(Recording({"p1": Point("capture", "x")}, events))
    masked, listed = shared_again(clear)
    assert b"CANARY" not in listed and b"CANARY".hex().encode() not in listed
    assert shared_again(masked)[1] == listed
    assert [placed.pdu.secrets[0].kind for placed in pipeline.dialogues(masked)[0].pdus] == ["credentials", "credentials"]


def test_many_secrets_cost_no_more_than_their_number() -> None:
    """Twice the runs, twice the time: hiding and masking look at no pair of them."""

    def seconds(count: int) -> float:
        segments = [("c", b"GET /?token=%08d-abc HTTP/1.1\r\n\r\n" % n) for n in range(count)]
        known = understood(recording(segments, 80))
        chosen = pipeline.dialogues(known)
        began = time.perf_counter()
        assert len(pipeline.shared_events(known, chosen, False).events) == count + 3
        return time.perf_counter() - began

    assert min(seconds(4000) for _ in range(2)) < 3 * min(seconds(2000) for _ in range(3))
