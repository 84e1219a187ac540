"""SMTP and LMTP sessions, read like transcripts: what was said, and what the decoder makes of it."""

from __future__ import annotations

import base64

import pytest

from seqdiag.protocols import smtp
from seqdiag.protocols.base import Pdu, Side

Turn = tuple[Side, bytes]


def C(*lines: str) -> Turn:
    return "client", "".join(line + "\r\n" for line in lines).encode()


def S(*lines: str) -> Turn:
    return "server", C(*lines)[1]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Gap(int):
    """So many bytes were never captured."""


def decode(*turns: Turn | tuple[Side, Gap]) -> list[Pdu]:
    decoder = smtp.decoder()
    at: dict[Side, int] = {"client": 0, "server": 0}
    pdus: list[Pdu] = []
    for side, data in turns:
        if isinstance(data, Gap):
            pdus += decoder.gap(side, at[side], data)
            at[side] += data
        else:
            pdus += decoder.feed(side, at[side], data)
            at[side] += len(data)
    return pdus + decoder.finish()


def told(pdus: list[Pdu]) -> list[str]:
    """`> MAIL`, `< 250 to MAIL`, `> (body)`: one word a PDU, and what it answers."""
    words = []
    for pdu in pdus:
        word = pdu.verb or pdu.code or f"({pdu.kind})"
        answered = pdus[pdu.answers] if pdu.answers is not None else None
        of = f" to {answered.verb or '(' + answered.kind + ')'}" if answered else ""
        words.append(("> " if pdu.side == "client" else "< ") + word + of)
    return words


def fact(pdu: Pdu, kind: str) -> dict[str, str | int] | None:
    return next((dict(each.values) for each in pdu.facts if each.kind == kind), None)


def masked(pdu: Pdu) -> bytes:
    raw = bytearray(pdu.raw)
    for secret in pdu.secrets:
        raw[secret.start : secret.end] = b"[hidden]"
    return bytes(raw).rstrip(b"\r\n")


MAIL = (S("220 mx ESMTP"), C("EHLO me"), S("250 mx"), C("MAIL FROM:<a@x>"), S("250 ok"), C("RCPT TO:<b@y>"), S("250 2.1.5 ok"))


def test_a_mail() -> None:
    pdus = decode(
        *MAIL, C("DATA"), S("354 go"), C("Subject: =?gb2312?B?xOO6ww==?=", "", "..dot", "."), S("250 queued"), C("QUIT"), S("221 bye")
    )
    assert told(pdus)[-7:] == ["< 250 to RCPT", "> DATA", "< 354 to DATA", "> (body)", "< 250 to (body)", "> QUIT", "< 221 to QUIT"]
    assert [pdu.state for pdu in pdus] == ["connected"] * 2 + ["greeted"] * 2 + ["mail"] * 2 + ["rcpt"] * 2 + ["data"] * 2 + [
        "greeted"
    ] * 2 + ["closed"]
    body = pdus[-4]
    assert fact(body, "message") == {"bytes": len("Subject: =?gb2312?B?xOO6ww==?=\r\n\r\n.dot\r\n")}
    assert fact(body, "subject") == {"text": "你好"}
    assert pdus[0].kind == "greeting" and pdus[0].answers is None
    assert fact(pdus[6], "recipient") == {"address": "b@y"} and fact(pdus[6], "enhanced") == {"code": "2.1.5"}


def test_a_reply_of_several_lines() -> None:
    ehlo = decode(S("220 mx"), C("EHLO me"), S("250-mx Hello", "250-SIZE 1000", "250-AUTH PLAIN LOGIN", "250 8BITMIME"))[2]
    assert ehlo.raw[slice(*ehlo.wire)] == b"250-mx Hello"
    assert fact(ehlo, "more_lines") == {"count": 3, "first": "SIZE, AUTH, 8BITMIME"}


def test_codes_that_disagree_are_told() -> None:
    reply = decode(S("220 mx"), C("NOOP"), S("250-a", "550 b"))[2]
    assert (reply.code, reply.refused, fact(reply, "codes_differ")) == ("550", True, {"first": "250", "last": "550"})


def test_pipelining_with_the_body_in_the_same_segment() -> None:
    """The body came before the 354, and yet is read as a body."""
    pdus = decode(
        S("220 mx"),
        C("MAIL FROM:<a@x>", "RCPT TO:<b@y>", "RCPT TO:<c@z>", "DATA", "QUIT is no command here", ".", "QUIT"),
        S("250 ok", "250 ok", "550 no", "354 go", "250 queued", "221 bye"),
    )
    assert told(pdus)[1:] == [
        "> MAIL",
        "> RCPT",
        "> RCPT",
        "> DATA",
        "< 250 to MAIL",
        "< 250 to RCPT",
        "< 550 to RCPT",
        "< 354 to DATA",
        "> (body)",
        "> QUIT",
        "< 250 to (body)",
        "< 221 to QUIT",
    ]
    assert fact(pdus[7], "recipient") == {"address": "c@z"} and pdus[7].refused


def test_a_refused_data_has_no_body() -> None:
    pdus = decode(S("220 mx"), C("DATA", "Hello, Alice", "."), S("503 no", "500 what", "500 what"))
    assert told(pdus)[1:] == ["> DATA", "< 503 to DATA", "> HELLO,", "> .", "< 500 to HELLO,", "< 500 to ."]


def test_a_body_that_a_transcript_left_out() -> None:
    pdus = decode(*MAIL, C("DATA"), S("354 go"), S("250 queued"), C("QUIT"), S("221 bye"))
    assert told(pdus)[-4:] == ["< 354 to DATA", "< 250 to DATA", "> QUIT", "< 221 to QUIT"]
    assert fact(pdus[-3], "elided") == {}


def test_an_empty_message() -> None:
    body = decode(*MAIL, C("DATA"), S("354 go"), C("."))[-1]
    assert (body.kind, fact(body, "message"), fact(body, "incomplete")) == ("body", {"bytes": 0}, None)


def test_a_smuggled_end_is_flagged_and_ends_nothing() -> None:
    pdus = decode(*MAIL, C("DATA"), S("354 go"), ("client", b"hi\r\n\n.\nMAIL FROM:<evil@x>\r\n.\r\n"), S("250 ok"))
    assert told(pdus)[-2:] == ["> (body)", "< 250 to (body)"]
    assert fact(pdus[-2], "smuggling") == {}


def test_a_smuggled_end_that_the_server_took() -> None:
    pdus = decode(*MAIL, C("DATA"), S("354 go"), ("client", b"hi\r\n\n.\nMAIL FROM:<evil@x>\r\n"), S("250 ok"))
    assert told(pdus)[-3:] == ["> (body)", "< 250 to (body)", "> MAIL"]
    assert fact(pdus[-3], "smuggling") == {}


def test_lines_that_end_in_a_bare_line_feed() -> None:
    pdus = decode(
        ("server", b"220 mx\n"),
        ("client", b"DATA\n"),
        ("server", b"354 go\n"),
        ("client", b"hi\n.\nQUIT\n"),
        ("server", b"250 ok\n221 bye\n"),
    )
    assert told(pdus)[1:] == ["> DATA", "< 354 to DATA", "> (body)", "> QUIT", "< 250 to (body)", "< 221 to QUIT"]
    assert fact(pdus[3], "bare_lf") == {}


def test_chunks() -> None:
    pdus = decode(*MAIL, C("BDAT 6"), C("QUIT"), C("BDAT 0 LAST", "RSET"), S("250 ok", "250 queued", "250 reset"))
    assert told(pdus)[7:] == ["> BDAT", "> (body)", "> BDAT", "> RSET", "< 250 to BDAT", "< 250 to BDAT", "< 250 to RSET"]
    assert fact(pdus[8], "chunk") == {"bytes": 6}


@pytest.mark.parametrize("args", ["-1 LAST", "5 X", "", "x"])
def test_a_bad_chunk_size_has_no_chunk(args: str) -> None:
    assert told(decode(S("220 mx"), C(f"BDAT {args}"), S("501 no"), C("RSET")))[1:] == ["> BDAT", "< 501 to BDAT", "> RSET"]


def test_lmtp_answers_once_for_each_recipient() -> None:
    pdus = decode(
        S("220 mx LMTP"),
        C("LHLO me", "MAIL FROM:<a@x>", "RCPT TO:<b@y>", "RCPT TO:<c@z>", "RCPT TO:<d@z>", "DATA"),
        S("250 ok", "250 ok", "250 ok", "550 no", "250 ok", "354 go"),
        C("hi", ".", "QUIT"),
        S("250 stored", "452 full", "221 bye"),
    )
    assert told(pdus)[-5:] == ["> (body)", "> QUIT", "< 250 to (body)", "< 452 to (body)", "< 221 to QUIT"]
    assert [fact(pdu, "recipient") for pdu in pdus[-3:]] == [{"address": "b@y"}, {"address": "d@z"}, None]


def test_auth_login_shows_the_user_and_hides_the_password() -> None:
    pdus = decode(
        S("220 mx"), C("AUTH LOGIN"), S(f"334 {b64('User Name' + chr(0))}"), C(b64("alice")), S("334 "), C(b64("hunter22")), S("235 ok")
    )
    assert told(pdus)[1:] == ["> AUTH", "< 334 to AUTH", "> (continuation)", "< 334 to AUTH", "> (continuation)", "< 235 to AUTH"]
    assert fact(pdus[1], "mechanism") == {"mechanism": "LOGIN"} and fact(pdus[2], "decoded") == {"text": "User Name"}
    assert fact(pdus[3], "user") == {"user": "alice"} and not pdus[3].secrets
    assert masked(pdus[5]) == b"[hidden]" and pdus[5].secrets[0].values[0] == b"hunter22"
    assert pdus[6].state == "authenticated"


@pytest.mark.parametrize(
    ("line", "user", "secret", "kind"),
    [
        (f"AUTH PLAIN {b64(chr(0).join(('', 'alice', 'pass word')))}", "alice", b"pass word", "credentials"),
        (f"auth xoauth2 {b64('user=al@x' + chr(1) + 'auth=Bearer ya29.tok' + chr(1) * 2)}", "al@x", b"ya29.tok", "token"),
        (f"AUTH OAUTHBEARER {b64('n,a=al@x,' + chr(1) + 'host=h' + chr(1) + 'auth=Bearer tok' + chr(1) * 2)}", "al@x", b"tok", "token"),
        (f"AUTH SCRAM-SHA-256 {b64('n,,n=alice,r=fyko')}", "alice", None, "credentials"),
        (f"AUTH EXTERNAL {b64('alice')}", "alice", None, "credentials"),
        ("AUTH X-NEW abc!def", None, b"abc!def", "credentials"),
    ],
)
def test_initial_responses(line: str, user: str | None, secret: bytes | None, kind: str) -> None:
    auth = decode(S("220 mx"), C(line))[1]
    assert masked(auth) == line.rpartition(" ")[0].encode() + b" [hidden]"
    (hidden,) = auth.secrets
    assert (hidden.shown, hidden.kind) == (user, kind)
    assert secret is None or secret in hidden.values


def test_the_placeholder_of_a_removed_password_is_no_password() -> None:
    auth = decode(S("220 mx"), C(f"AUTH PLAIN {b64(chr(0).join(('', 'alice', 'PROVIDED_BUT_REMOVED')))}"))[1]
    assert auth.secrets[0].values == () and auth.secrets[0].shown == "alice"


def test_cram_md5_hides_challenge_and_digest() -> None:
    pdus = decode(S("220 mx"), C("AUTH CRAM-MD5"), S(f"334 {b64('<1.2@mx>')}"), C(b64("alice " + "0" * 32)), S("235 ok"))
    assert masked(pdus[2]) == b"334 [hidden]" and masked(pdus[3]) == b"[hidden]"
    assert pdus[3].secrets[0].shown == "alice" and fact(pdus[3], "user") == {"user": "alice"}


def test_auth_without_a_reply_keeps_its_secrets() -> None:
    """The server was not captured: the lines behind AUTH LOGIN are its answers, and QUIT is a command again."""
    pdus = decode(C("EHLO me", "AUTH LOGIN", b64("alice"), b64("hunter22"), "QUIT"))
    assert told(pdus) == ["> EHLO", "> AUTH", "> (continuation)", "> (continuation)", "> QUIT"]
    assert masked(pdus[3]) == b"[hidden]"


def test_a_client_that_gives_up_auth() -> None:
    pdus = decode(S("220 mx"), C("AUTH LOGIN"), S("334 "), C("*"), S("501 cancelled"), C("QUIT"), S("221 bye"))
    assert told(pdus)[3:] == ["> (continuation)", "< 501 to AUTH", "> QUIT", "< 221 to QUIT"]
    assert not pdus[3].secrets


def test_no_answer_to_auth_is_no_answer_to_quit() -> None:
    pdus = decode(S("220 mx"), C("AUTH PLAIN AGEAYg=="), C("QUIT"))
    assert told(pdus)[1:] == ["> AUTH", "> QUIT"] and all(pdu.answers is None for pdu in pdus)


def test_starttls_hands_over() -> None:
    decoder = smtp.decoder()
    decoder.feed("server", 0, b"220 mx\r\n")
    decoder.feed("client", 0, b"STARTTLS\r\n")
    (reply,) = decoder.feed("server", 8, b"220 go\r\n")
    assert (reply.state, decoder.upgrade) == ("tls", None)
    assert decoder.feed("client", 10, b"\x16\x03\x01\x00\x05hello") == []
    assert (decoder.upgrade, decoder.leftover("client")) == ("tls", (10, b"\x16\x03\x01\x00\x05hello"))
    assert decoder.finish() == []


def test_commands_before_the_answer_to_starttls_are_injected() -> None:
    reply = decode(S("220 mx"), C("STARTTLS", "RSET"), S("220 go"))[2]
    assert fact(reply, "injection") == {"bytes": 6}


def test_starttls_that_failed_leaves_the_dialogue_in_clear() -> None:
    assert told(decode(S("220 mx"), C("STARTTLS"), S("220 go"), C("QUIT"), S("221 bye")))[3:] == ["> QUIT", "< 221 to QUIT"]
    refused = decode(S("220 mx"), C("STARTTLS", "RSET"), S("454 no", "250 ok"))
    assert told(refused)[1:] == ["> STARTTLS", "< 454 to STARTTLS", "> RSET", "< 250 to RSET"]


def test_what_follows_starttls_and_is_nothing() -> None:
    odd = decode(S("220 mx"), C("STARTTLS"), S("220 go"), S("HTTP/1.1 101 no"))[-1]
    assert (odd.kind, fact(odd, "not_tls")) == ("tls", {"bytes": 17})


def test_421_answers_nobody_who_did_not_ask() -> None:
    pdus = decode(S("220 mx"), C("NOOP"), S("250 ok"), S("421 idle"))
    assert told(pdus)[-1] == "< 421" and pdus[-1].state == "closed"


def test_421_in_a_body() -> None:
    pdus = decode(*MAIL, C("DATA"), S("354 go"), C("half"), S("421 timeout"))
    assert told(pdus)[-2:] == ["< 421", "> (body)"] and fact(pdus[-1], "incomplete") == {}


def test_a_refusal_in_the_middle_of_a_body() -> None:
    """The client sends the rest, which is no command, and then goes on."""
    pdus = decode(*MAIL, C("DATA"), S("354 go"), C("half"), S("552 too big"), C("more", ".", "QUIT"), S("221 bye"))
    assert told(pdus)[-5:] == ["< 354 to DATA", "< 552 to DATA", "> (body)", "> QUIT", "< 221 to QUIT"]
    pdus = decode(*MAIL, C("DATA"), S("354 go"), C("half"), S("552 too big"), C("QUIT"), S("221 bye"))
    assert told(pdus)[-4:] == ["< 552 to DATA", "> (body)", "> QUIT", "< 221 to QUIT"]


def test_a_capture_that_began_in_a_body() -> None:
    pdus = decode(C("of a letter", "with kind regards", "."), S("250 2.0.0 queued"), C("QUIT"), S("221 bye"))
    assert told(pdus) == ["> (opaque)", "< 250", "> QUIT", "< 221 to QUIT"]


def test_a_client_that_did_not_wait_for_the_greeting() -> None:
    assert told(decode(C("EHLO me"), S("220 mx", "250 mx"))) == ["> EHLO", "< 220", "< 250 to EHLO"]


def test_blank_lines_and_garbage_take_a_refusal_only() -> None:
    pdus = decode(S("220 mx"), C("", "NOOP"), S("250 ok"))
    assert told(pdus)[1:] == ["> (opaque)", "> NOOP", "< 250 to NOOP"]
    pdus = decode(S("220 mx"), C("\0\1", "NOOP"), S("500 what", "250 ok"))
    assert told(pdus)[1:] == ["> (opaque)", "> NOOP", "< 500 to (opaque)", "< 250 to NOOP"]


def test_a_code_of_one_command_finds_it() -> None:
    """The reply to RCPT is not there; 354 is DATA's all the same."""
    pdus = decode(S("220 mx"), C("RCPT TO:<b@y>"), S("OK"), C("DATA"), S("354 go"), C("hi", "."), S("250 ok"))
    assert told(pdus)[1:] == ["> RCPT", "< (opaque)", "> DATA", "< 354 to DATA", "> (body)", "< 250 to (body)"]


def test_a_gap_in_a_line() -> None:
    pdus = decode(S("220 mx"), ("client", b"MAIL FR"), ("client", Gap(9)), ("client", b"g>\r\nRCPT TO:<b@y>\r\n"), S("250 ok"))
    assert told(pdus)[1:3] == ["> MAIL", "> (opaque)"] and pdus[2].secrets[0][:2] == (0, 2)


def test_a_gap_in_a_body() -> None:
    pdus = decode(*MAIL, C("DATA"), S("354 go"), C("begin"), ("client", Gap(100)), C("end", "."), S("250 ok"), C("QUIT"))
    assert told(pdus)[-5:] == ["< 354 to DATA", "> (body)", "> (body)", "< 250 to (body)", "> QUIT"]
    assert pdus[-2].answers == len(pdus) - 3


def test_a_gap_that_took_the_end_of_a_body() -> None:
    pdus = decode(*MAIL, C("DATA"), S("354 go"), C("begin"), ("client", Gap(100)), S("250 ok"), C("QUIT"), S("221 bye"))
    assert told(pdus)[-4:] == ["> (body)", "< 250 to (body)", "> QUIT", "< 221 to QUIT"]


def test_a_gap_in_a_chunk_is_counted() -> None:
    pdus = decode(*MAIL, C("BDAT 30 LAST"), ("client", b"12345"), ("client", Gap(20)), ("client", b"67890QUIT\r\n"), S("250 ok", "221 bye"))
    assert told(pdus)[7:] == ["> BDAT", "> (body)", "> (body)", "> QUIT", "< 250 to BDAT", "< 221 to QUIT"]


def test_a_gap_that_took_replies() -> None:
    pdus = decode(S("220 mx"), C("EHLO me"), ("server", Gap(50)), C("MAIL FROM:<a@x>"), S("250 ok"))
    assert told(pdus)[1:] == ["> EHLO", "> MAIL", "< 250 to MAIL"]


@pytest.mark.parametrize(
    ("client", "server", "least", "most"),
    [
        (b"", b"220 mx ESMTP Postfix\r\n", 0.9, 1),
        (b"EHLO me\r\n", b"220 mx\r\n", 0.9, 1),
        (b"lhlo me\r\n", b"", 0.9, 1),
        (b"USER a\r\n", b"220 mx\r\n", 0, 0.1),
        (b"", b"220 FTP server\r\n", 0, 0.1),
        (b"", b"+OK ready\r\n", 0, 0.1),
        (b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n", 0, 0.1),
        (b"", b"", 0, 0),
    ],
)
def test_recognise(client: bytes, server: bytes, least: float, most: float) -> None:
    assert least <= smtp.recognise(client, server) <= most
