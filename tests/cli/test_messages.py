"""`seqdiag messages`: what was said, one line each."""

from __future__ import annotations

import pytest

from tests.cli.conftest import POP3, SMTP, SWAKS, Run

FIELDS = [
    *("session", "n", "t", "t_end", "sender", "protocol", "kind", "verb", "code", "answers", "text", "bytes", "state", "secret", "origins"),
    *("waited", "again", "arrived"),
]


@pytest.mark.parametrize("given", [SMTP, POP3, SWAKS])
def test_json_rows_have_the_documented_fields_first(seqdiag: Run, given: object) -> None:
    rows = seqdiag("messages", given, "--json").rows
    assert rows
    for n, row in enumerate(rows, 1):
        assert list(row)[: len(FIELDS)] == FIELDS  # others may follow
        assert row["n"] == n
        assert row["sender"] in ("client", "server")
        assert row["kind"] in ("greeting", "command", "reply", "continuation", "body", "event", "tls", "opaque")
        assert all(list(origin) == ["source", "index"] for origin in row["origins"])
        assert row["answers"] is None or rows[row["answers"] - 1]["kind"] in ("command", "body")


def test_the_dialogue(seqdiag: Run) -> None:
    rows = seqdiag("messages", SMTP, "--json").rows
    assert [(row["verb"] or row["code"], row["kind"]) for row in rows][:6] == [
        ("220", "greeting"),
        ("EHLO", "command"),
        ("250", "reply"),
        ("AUTH", "command"),
        ("334", "reply"),
        (None, "continuation"),
    ]
    secret = next(row for row in rows if row["secret"])
    assert secret["text"].startswith("[hidden]")
    assert secret["sender"] == "client"


def test_bytes_are_those_on_the_wire(seqdiag: Run) -> None:
    (session,) = seqdiag("sessions", SMTP, "--json").rows
    rows = seqdiag("messages", SMTP, "--json").rows
    for side in ("client", "server"):
        assert sum(row["bytes"] for row in rows if row["sender"] == side) == session["bytes"][side]


def test_lines_for_people(seqdiag: Run) -> None:
    lines = seqdiag("messages", SMTP).out.splitlines()
    assert lines[1].split() == ["1", "2", "0.001265", "-->", "EHLO", "client.example.test"]
    assert len(lines) == len(seqdiag("messages", SMTP, "--json").rows)
    untimed = seqdiag("messages", SWAKS).out.splitlines()
    assert untimed[0].split()[:3] == ["1", "1", "<--"]


def test_secrets_only_on_request(seqdiag: Run) -> None:
    import base64

    (line,) = [
        row for row in seqdiag("messages", SMTP, "--json", "--show-secrets").rows if "password" in row["text"] and row["sender"] == "client"
    ]
    clear = line["text"].rpartition(": ")[2]
    assert clear
    for json in ("--json", "-q"):
        out = seqdiag("messages", SMTP, json).out
        assert clear not in out
        assert base64.b64encode(clear.encode()).decode() not in out
