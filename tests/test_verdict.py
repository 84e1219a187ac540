"""One phrase that sums a session up for a person."""

from __future__ import annotations

import pytest

from seqdiag.connections import track
from seqdiag.events import Endpoint, IcmpError, SocketAct
from seqdiag.protocols import decode
from seqdiag.provenance import Origin
from seqdiag.verdict import verdict
from tests.connections.playbook import CLIENT, SERVER, Playbook, c, handshake, s
from tests.talk import dialogue

OK = ("S: 220 x", "C: EHLO c", "S: 250 x")
MAIL = (*OK, "C: MAIL FROM:<a@b>", "S: 250 ok", "C: RCPT TO:<c@d>", "S: 250 ok")
QUIT = ("C: QUIT", "S: 221 bye")
POP = ("S: +OK x", "C: USER a", "S: +OK")

SMTP_CASES: dict[str, tuple[str, ...]] = {
    "ok": (*MAIL, "C: DATA", "S: 354 go", "C: Subject: x\r\n\r\nhello\r\n.", "S: 250 queued", *QUIT),
    "ok ": (*OK, "C: QUIT"),  # a QUIT that nobody answered does no harm
    "ok  ": ("S: 220 x", "C: EHLO c", "S: 502 no", "C: HELO c", "S: 250 x", *QUIT),
    "ok   ": (*OK, "C: AUTH LOGIN", "S: 334 x", "C: eA==", "S: 535 no", "C: AUTH PLAIN AHgAeA==", "S: 235 yes", *QUIT),
    "554 as greeting": ("S: 554 no", "C: QUIT", "S: 221 bye"),
    "550 at RCPT": (*OK, "C: MAIL FROM:<a@b>", "S: 250 ok", "C: RCPT TO:<c@d>", "S: 550 no", "C: RCPT TO:<e@f>", "S: 250 ok", *QUIT),
    "535 at AUTH": (*OK, "C: AUTH PLAIN AHgAeA==", "S: 535 no", *QUIT),
    "554 at DATA": (*MAIL, "C: DATA", "S: 354 go", "C: hello\r\n.", "S: 554 spam", *QUIT),
    "503 at DATA": (*OK, "C: DATA", "S: 503 order", *QUIT),
    "421": (*OK, "S: 421 closing"),
    "500 at XYZZY": (*OK, "C: XYZZY", "S: 500 what", *QUIT),
    "530 at MAIL": (*OK, "C: MAIL FROM:<a@b>", "S: 530 log in", "C: MAIL FROM:<a@b>", "S: 530 log in", *QUIT),
    "no reply to MAIL": (*OK, "C: MAIL FROM:<a@b>"),
    "no reply to DATA": (*MAIL, "C: DATA", "S: 354 go", "C: hello\r\n."),
}
POP3_CASES: dict[str, tuple[str, ...]] = {
    "ok": (*POP, "C: PASS x", "S: +OK", "C: QUIT", "S: +OK"),
    "ok ": (*POP, "C: PASS x", "S: -ERR no", "C: USER a", "S: +OK", "C: PASS y", "S: +OK", "C: QUIT", "S: +OK"),
    "-ERR at PASS": (*POP, "C: PASS x", "S: -ERR no", "C: QUIT", "S: +OK"),
    "-ERR at APOP": ("S: +OK <1@x>", "C: APOP a " + "0" * 32, "S: -ERR no"),
    "-ERR at QUIT": (*POP, "C: PASS x", "S: +OK", "C: DELE 1", "S: +OK", "C: QUIT", "S: -ERR some messages stay"),
    "-ERR as greeting": ("S: -ERR busy", "C: QUIT", "S: +OK"),
    "no reply to STAT": (*POP, "C: PASS x", "S: +OK", "C: STAT"),
}


@pytest.mark.parametrize("said", SMTP_CASES)
def test_smtp(said: str) -> None:
    assert verdict(dialogue(*SMTP_CASES[said], close=True)) == said.strip()


@pytest.mark.parametrize("said", POP3_CASES)
def test_pop3(said: str) -> None:
    assert verdict(dialogue(*POP3_CASES[said], port=110, close=True)) == said.strip()


def of(play: Playbook) -> str:
    return verdict(decode(play.connection()))


def icmp(kind: int, code: int, version: int = 4) -> IcmpError:
    return IcmpError(Origin("play.pcap", 99), None, "192.0.2.1", version, kind, code, "tcp", CLIENT, SERVER)  # type: ignore[arg-type]


def test_openings() -> None:
    assert of(Playbook() >> c("S") >> s("RA")) == "refused"
    assert of(Playbook() >> c("S") >> c("S", seq=1000) >> c("S", seq=1000)) == "no answer"
    assert of(Playbook() >> c("S") >> icmp(3, 13)) == "refused: administratively prohibited"
    assert of(Playbook() >> c("S") >> icmp(3, 77)) == "refused"


def test_closes() -> None:
    assert of(handshake()) == "capture ends in mid-session"
    assert of(handshake() >> s("PA", b"220 x\r\n")) == "capture ends in mid-session"
    assert of(handshake() >> s("PA", b"220 x\r\n") >> c("RA")) == "reset by client"
    assert of(handshake() >> s("PA", b"220 x\r\n") >> c("PA", b"EHLO c\r\n") >> s("RA")) == "reset by server during EHLO"
    assert of(handshake() >> s("PA", b"220 x\r\n") >> c("FA") >> s("FA") >> c("A")) == "ok"


def test_what_a_program_told_of_a_failure() -> None:
    failed = SocketAct(Origin("x.log", 1), None, "c1", "failed", Endpoint("", 0), SERVER, error="Connection refused", basis="transcript")
    (connection,) = track([failed]).connections
    assert verdict(decode(connection)) == "connection failed: Connection refused"


def test_in_chinese() -> None:
    assert verdict(dialogue(*SMTP_CASES["550 at RCPT"], close=True), "zh") == "RCPT 得到 550"
    assert verdict(dialogue(*SMTP_CASES["ok"], close=True), "zh") == "正常"
