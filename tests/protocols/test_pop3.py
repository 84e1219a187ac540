"""POP3 sessions, read like transcripts: what was said, and what the decoder makes of it."""

from __future__ import annotations

import base64

import pytest

from seqdiag.protocols import pop3
from seqdiag.protocols.base import Pdu, Side

Turn = tuple[Side, bytes]


def C(*lines: str) -> Turn:
    return "client", "".join(line + "\r\n" for line in lines).encode()


def S(*lines: str) -> Turn:
    return "server", C(*lines)[1]


def decode(*turns: Turn) -> list[Pdu]:
    decoder = pop3.decoder()
    at: dict[Side, int] = {"client": 0, "server": 0}
    pdus: list[Pdu] = []
    for side, data in turns:
        pdus += decoder.feed(side, at[side], data)
        at[side] += len(data)
    return pdus + decoder.finish()


def told(pdus: list[Pdu]) -> list[str]:
    """`> STAT`, `< +OK to STAT`: one word a PDU, and what it answers."""
    words = []
    for pdu in pdus:
        of = f" to {pdus[pdu.answers].verb or '(opaque)'}" if pdu.answers is not None else ""
        words.append(("> " if pdu.side == "client" else "< ") + (pdu.verb or pdu.code or f"({pdu.kind})") + of)
    return words


def fact(pdu: Pdu, kind: str) -> dict[str, str | int] | None:
    return next((dict(each.values) for each in pdu.facts if each.kind == kind), None)


def masked(pdu: Pdu) -> bytes:
    raw = bytearray(pdu.raw)
    for secret in reversed(pdu.secrets):
        raw[secret.start : secret.end] = b"[hidden]"
    return bytes(raw).rstrip(b"\r\n")


LOGIN = (S("+OK POP3 ready"), C("USER alice"), S("+OK"), C("PASS two  words "), S("+OK"))


def test_the_three_states() -> None:
    pdus = decode(*LOGIN, C("STAT"), S("+OK 2 320"), C("DELE 1"), S("+OK"), C("QUIT"), S("+OK bye"))
    assert [pdu.state for pdu in pdus] == ["AUTHORIZATION"] * 4 + ["TRANSACTION"] * 5 + ["UPDATE", "closed"]
    assert fact(pdus[6], "maildrop") == {"count": 2, "octets": 320}
    assert fact(pdus[-1], "removed") == {"count": 1}


def test_a_password_is_the_rest_of_the_line() -> None:
    line = decode(*LOGIN)[3]
    assert masked(line) == b"PASS [hidden]" and line.secrets[0].values == (b"two  words ",)


def test_quit_before_the_login_is_no_update() -> None:
    pdus = decode(S("+OK"), C("QUIT"), S("+OK"))
    assert [pdu.state for pdu in pdus] == ["AUTHORIZATION", "AUTHORIZATION", "closed"]


def test_a_connection_lost_in_update_stays_there() -> None:
    assert decode(*LOGIN, C("QUIT"))[-1].state == "UPDATE"


def test_a_refused_quit_leaves_messages() -> None:
    pdus = decode(*LOGIN, C("DELE 1"), S("+OK"), C("QUIT"), S("-ERR some messages not removed"))
    assert (pdus[-1].state, pdus[-1].refused, fact(pdus[-1], "not_removed")) == ("closed", True, {"count": 1})


def test_a_command_in_the_wrong_state_moves_nothing() -> None:
    pdus = decode(S("+OK"), C("RETR 1"), S("-ERR log in first"))
    assert fact(pdus[1], "wrong_state") == {"state": "AUTHORIZATION"} and pdus[2].state == "AUTHORIZATION"
    assert fact(decode(*LOGIN, C("USER bob"))[-1], "wrong_state") == {"state": "TRANSACTION"}


def test_a_message_is_one_answer() -> None:
    pdus = decode(
        *LOGIN, C("RETR 1"), S("+OK 120 octets", "Subject: hi", "From: a@x", "", "..dot", "+OK is no answer here", "."), C("NOOP")
    )
    answer = pdus[6]
    assert told(pdus)[5:] == ["> RETR", "< +OK to RETR", "> NOOP"]
    assert fact(answer, "octets") == {"bytes": 120} and fact(answer, "subject") == {"text": "hi"}
    assert fact(answer, "message") == {"bytes": len("Subject: hi\r\nFrom: a@x\r\n\r\n.dot\r\n+OK is no answer here\r\n")}
    assert answer.raw[slice(*answer.wire)] == b"+OK 120 octets"


@pytest.mark.parametrize(
    ("command", "answer", "several"),
    [
        ("LIST", "2 messages", True),
        ("LIST 1", "1 20", False),
        ("UIDL", "", True),
        ("UIDL 1", "1 x", False),
        ("CAPA", "", True),
        ("NOOP", "", False),
    ],
)
def test_which_answers_have_several_lines(command: str, answer: str, several: bool) -> None:
    pdus = decode(*LOGIN, C(command), S(f"+OK {answer}", "1 20", "2 30", "."))
    assert pdus[6].raw.endswith(b"\r\n.\r\n") == several and pdus[6].code == "+OK"


def test_counts_of_listings() -> None:
    pdus = decode(*LOGIN, C("LIST"), S("+OK", "1 20", "2 30", "."), C("CAPA"), S("+OK", "TOP", "SASL PLAIN", "."))
    assert fact(pdus[6], "listing") == {"count": 2} and fact(pdus[8], "more_lines") == {"count": 2, "first": "TOP, SASL"}


def test_pipelining() -> None:
    """As mpop does it."""
    pdus = decode(
        S("+OK"),
        C("USER a", "PASS b"),
        S("+OK", "+OK"),
        C("RETR 1", "RETR 2", "QUIT"),
        S("+OK", "Subject: x", ".", "+OK", "Subject: y", ".", "+OK"),
    )
    assert told(pdus)[1:5] == ["> USER", "> PASS", "< +OK to USER", "< +OK to PASS"]
    assert told(pdus)[5:] == ["> RETR", "> RETR", "> QUIT", "< +OK to RETR", "< +OK to RETR", "< +OK to QUIT"]
    assert [fact(pdu, "subject") for pdu in pdus[8:10]] == [{"text": "x"}, {"text": "y"}]
    assert not any(fact(pdu, "wrong_state") for pdu in pdus)


def test_a_message_that_a_transcript_left_out() -> None:
    pdus = decode(*LOGIN, C("RETR 1"), S("+OK 120 octets"), C("DELE 1"), S("+OK"), C("QUIT"), S("+OK"))
    assert told(pdus)[5:] == ["> RETR", "< +OK to RETR", "> DELE", "< +OK to DELE", "> QUIT", "< +OK to QUIT"]
    assert fact(pdus[6], "elided") == {}


def test_a_command_while_a_message_is_coming() -> None:
    pdus = decode(*LOGIN, C("RETR 1"), S("+OK"), C("RETR 2"), S("text", ".", "+OK", "more", "."))
    assert told(pdus)[5:] == ["> RETR", "> RETR", "< +OK to RETR", "< +OK to RETR"]
    assert pdus[7].answers == 5 and pdus[8].answers == 6


def test_apop_hides_the_digest() -> None:
    pdus = decode(S("+OK <1.2@mx>"), C("APOP alice c4c9334bac560ecc979e58001b3e22fb"), S("+OK"))
    assert masked(pdus[1]) == b"APOP alice [hidden]" and pdus[1].secrets[0].shown == "alice"
    assert fact(pdus[1], "user") == {"user": "alice"} and pdus[2].state == "TRANSACTION"


def test_auth_with_challenges() -> None:
    token = base64.b64encode(b"\0alice\0hunter22").decode()
    pdus = decode(S("+OK"), C("AUTH"), S("-ERR what"), C("AUTH PLAIN"), S("+ "), C(token), S("+OK"))
    assert told(pdus)[1:] == ["> AUTH", "< -ERR to AUTH", "> AUTH", "< + to AUTH", "> (continuation)", "< +OK to AUTH"]
    assert masked(pdus[5]) == b"[hidden]" and pdus[5].secrets[0].shown == "alice" and pdus[6].state == "TRANSACTION"


def test_auth_alone_lists_mechanisms() -> None:
    pdus = decode(S("+OK"), C("AUTH"), S("+OK", "PLAIN", "LOGIN", "."), C("QUIT"), S("+OK"))
    assert told(pdus)[1:] == ["> AUTH", "< +OK to AUTH", "> QUIT", "< +OK to QUIT"] and pdus[2].state == "AUTHORIZATION"


def test_stls_hands_over() -> None:
    decoder = pop3.decoder()
    decoder.feed("server", 0, b"+OK\r\n")
    decoder.feed("client", 0, b"STLS\r\n")
    (answer,) = decoder.feed("server", 5, b"+OK go\r\n")
    assert answer.state == "TLS"
    assert decoder.feed("client", 6, b"\x16\x03") == []
    assert (decoder.upgrade, decoder.leftover("client")) == ("tls", (6, b"\x16\x03"))


def test_a_session_without_its_greeting() -> None:
    """As poplib tells it; the answers prove the state."""
    pdus = decode(C("USER alice"), S("+OK send it"), C("PASS x"), S("+OK"), C("STAT"), S("+OK 0 0"))
    assert told(pdus) == ["> USER", "< +OK to USER", "> PASS", "< +OK to PASS", "> STAT", "< +OK to STAT"]
    assert [pdu.state for pdu in pdus][1::2] == ["AUTHORIZATION", "TRANSACTION", "TRANSACTION"]
    late = decode(C("RETR 20"), S("+OK", "text", "."), C("QUIT"), S("+OK"))
    assert told(late) == ["> RETR", "< +OK to RETR", "> QUIT", "< +OK to QUIT"]
    assert [pdu.state for pdu in late] == ["connected", "TRANSACTION", "UPDATE", "closed"]


def test_lines_that_are_no_answers() -> None:
    pdus = decode(S("+OK"), C("STAT"), S("+", "nonsense"), S("+OK 1 236"))
    assert told(pdus)[1:] == ["> STAT", "< (opaque)", "< +OK to STAT"]


@pytest.mark.parametrize(
    ("client", "server", "least", "most"),
    [
        (b"", b"+OK POP3 server ready <1@x>\r\n", 0.9, 1),
        (b"USER a\r\n", b"+OK\r\n", 0.9, 1),
        (b"CAPA\r\n", b"", 0.9, 1),
        (b"*1\r\n$4\r\nPING\r\n", b"+OK\r\n", 0, 0),
        (b"USER a\r\n", b"220 ftp\r\n", 0, 0),
        (b"", b"", 0, 0),
    ],
)
def test_recognise(client: bytes, server: bytes, least: float, most: float) -> None:
    assert least <= pop3.recognise(client, server) <= most
