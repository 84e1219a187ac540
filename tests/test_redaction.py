"""No secret is in any output unless it is asked for: raw, base64, hex, URL-coded, whole or in pieces."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from seqdiag import eventlist, pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.eventlist import read
from seqdiag.protocols.base import Secret
from seqdiag.redaction import SHORTEST, hide, needles
from seqdiag.renderers import RENDERERS
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
    "one byte a segment": (25, [("c", bytes([byte])) for byte in f"EHLO x\r\nAUTH PLAIN {TOKEN}\r\n".encode()], [PASSWORD, TOKEN, TOKEN[8:20]]),
    "pipelined": (25, [("c", f"EHLO x\r\nAUTH PLAIN {TOKEN}\r\nMAIL FROM:<a@b>\r\n".encode())], [PASSWORD, TOKEN]),
    "echoed by the server": (25, lines("S: 220 x", f"C: AUTH PLAIN {TOKEN}", f"S: 535 bad {TOKEN}, that is {PASSWORD}"), [PASSWORD, TOKEN]),
    "echoed as hex": (25, lines("S: 220 x", f"C: AUTH PLAIN {TOKEN}", f"S: 535 {PASSWORD.encode().hex()}"), [PASSWORD.encode().hex()]),
    "POP3 PASS": (110, lines("S: +OK", "C: USER alice", "S: +OK", f"C: PASS {PASSWORD} with space", "S: +OK"), [PASSWORD, "with space"]),
    "POP3 APOP": (110, lines("S: +OK <1.2@x>", f"C: APOP alice {'c4c9' * 8}", "S: +OK"), ["c4c9" * 8]),
    "POP3 AUTH": (110, lines("S: +OK", "C: AUTH PLAIN", "S: + ", f"C: {TOKEN}", "S: +OK"), [PASSWORD, TOKEN]),
}


def outputs(port: int, segments: list[SEGMENTS], show: bool = False) -> Iterator[tuple[str, str]]:
    """Every output but `stream`, by name."""
    known = understood(recording(segments, port))
    chosen = pipeline.dialogues(known)
    for lang in ("en", "zh"):
        diagram = pipeline.diagram(known, chosen, ComposeOptions(lang=lang, show_secrets=show))
        for name in RENDERERS:
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
        assert "hidden" in text or "已隐藏" in text, name


def test_show_secrets_shows_the_wire_and_the_clear_value() -> None:
    for name, text in outputs(25, CASES["AUTH LOGIN"][1], show=True):
        if name != "events":
            assert LOGIN in text or name.startswith("plantuml"), name
            assert "CANARY" in text, name


@pytest.mark.parametrize("case", CASES)
def test_masked_events_redraw_to_the_same_bytes(case: str) -> None:
    port, segments, _ = CASES[case]
    clear = understood(recording(segments, port))
    shared = b"".join(eventlist.write(pipeline.shared_events(clear, pipeline.dialogues(clear), False), "test"))
    import io

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


def test_shared_vectors(shared: Path) -> None:
    """The third-party cases of the mail protocols."""
    rows = [json.loads(line) for line in (shared / "vectors/payloads/redaction.jsonl").read_text().splitlines()]
    mail = [row for row in rows if row["proto"] in ("smtp", "pop3") and row["id"] != "smtp-body"]
    assert len(mail) > 10
    for row in mail:
        segments = [(side, base64.b64decode(data)) for side, data in row["segments"]]
        for name, text in outputs(25 if row["proto"] == "smtp" else 110, segments):
            for value in row["forbid"]:
                assert value not in text, (row["id"], name, value)
