"""Dialogues as RFCs and lab reports write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seqdiag.events import Recording, SocketAct

Told = Callable[[str, str | bytes], list[str]]
Reading = Callable[[str, bytes], Recording]


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ("C: ", "S: "),
        ("   C:  ", "   S:  "),
        ("Client: ", "Server: "),
        ("客户端：", "服务器："),
        ("客户端: ", "服务器: "),
        ("C： ", "S： "),
        ("S: ", "R: "),
    ],
)
def test_the_marks(told: Told, client: str, server: str) -> None:
    text = f"{server}220 mx\n{client}EHLO x\n{server}250-mx\n{server}250 HELP\n{client}QUIT\n{server}221 bye\n"
    assert told("cs", text) == ["c1 S: 220 mx", "c1 C: EHLO x", "c1 S: 250-mx", "c1 S: 250 HELP", "c1 C: QUIT", "c1 S: 221 bye"]


def test_aligning_spaces_are_not_text_but_a_bodys_own_are(told: Told) -> None:
    text = "S:   +OK ready\nC:   RETR 1\nS:     +OK\nS:   Received: by x\nS:        for y\nS:   .\n"
    assert told("cs", text) == ["c1 S: +OK ready", "c1 C: RETR 1", "c1 S: +OK", "c1 S: Received: by x", "c1 S:      for y", "c1 S: ."]


def test_an_indented_line_continues_the_one_above_it(told: Told, reading: Reading) -> None:
    text = "  S: 250 ok\n  C: RCPT TO:<a@b> NOTIFY=SUCCESS\n       ORCPT=rfc822;a@b\n  S: 250 ok\n"
    assert told("cs", text)[1] == "c1 C: RCPT TO:<a@b> NOTIFY=SUCCESS ORCPT=rfc822;a@b"
    act = reading("cs", text.encode()).events[1]
    assert isinstance(act, SocketAct) and (act.confidence, act.origin.index) == ("state", 2)


def test_remarks_are_comments_and_prose_is_prose(told: Told) -> None:
    text = "A session.\n\nS: <wait for connection on TCP port 110>\nC: <open connection>\nS: +OK\nC: QUIT\nS: +OK\n   [connection closed]\n"
    assert told("cs", text) == [
        "- # server: wait for connection on TCP port 110\nclient: open connection",
        "c1 S: +OK",
        "c1 C: QUIT",
        "c1 S: +OK",
        "c1 # connection closed",
    ]


def test_a_body_line_in_brackets_is_a_body_line(told: Told) -> None:
    assert told("cs", "S: 354 go\nC: <html>\nC: [x]\nC: .\nS: 250 ok\n")[1:4] == ["c1 C: <html>", "c1 C: [x]", "c1 C: ."]


def test_a_remark_about_tls_begins_the_layer(told: Told) -> None:
    text = "C: STLS\nS: +OK begin\n<TLS negotiation, further commands are under TLS layer>\nC: CAPA\nS: +OK\n"
    assert told("cs", text)[2:] == ["c1 (tls stls)", "c1 C(tls): CAPA", "c1 S(tls): +OK"]


SCENE = "S: 220 mx\nC: HELO x\nS: 250 mx\n"


@pytest.mark.parametrize(
    ("text", "conns"),
    [
        (SCENE + "C: QUIT\nS: 221 bye\n" + SCENE, "c1 c1 c1 c1 c1 c2 c2 c2"),
        (SCENE + "\nThe second scenario\n\n" + SCENE, "c1 c1 c1 c2 c2 c2"),
        (SCENE + "\nPostel      [Page 51]\n\nRFC 821     August 1982\n\nC: QUIT\nS: 221 bye\n", "c1 c1 c1 c1 c1"),
        (SCENE + "C: STARTTLS\nS: 220 go ahead\nC: EHLO x\n", "c1 c1 c1 c1 c1 c1"),
        ("S: +OK hi\nC: STAT\nC: NOOP\nS: +OK 1 2\nS: +OK\n", "c1 c1 c1 c1 c1"),
        ("S: * OK hi\nC: a1 LOGOUT\nS: * BYE\nS: a1 OK\n\nAgain:\nS: * OK hi\n", "c1 c1 c1 c1 c2"),
    ],
)
def test_several_dialogues_in_one_file(told: Told, text: str, conns: str) -> None:
    assert " ".join(line.split()[0] for line in told("cs", text)) == conns


def test_gb18030_bytes_stay_as_they_were_and_the_charset_is_said(reading: Reading, told: Told) -> None:
    text = "客户端：HELO x\n服务器：250 你好\n".encode("gb18030")
    assert [e.payload for e in reading("cs", text).events if isinstance(e, SocketAct)] == [b"HELO x\r\n", "250 你好\r\n".encode("gb18030")]
    assert told("cs", text)[0] == "- ? not UTF-8, read as GB18030"
