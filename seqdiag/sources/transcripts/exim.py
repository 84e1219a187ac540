"""What `exim -v` and `exim -d` print of an SMTP connection: `SMTP>> ` written, `SMTP<< ` read, `SMTP+> ` held back.

A delivery (`  SMTP<< 220`) is the client's log, `exim -bs` (`SMTP>> 220`) the server's: who greets is the server. A
reply's further lines stand under the first, indented and without a mark, and the debugging output may stand between.
Credentials are printed as asterisks of the same length. Message bodies are not printed. TLS is not marked: it is
concluded from STARTTLS and its 220. Half-closing is told honestly.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Literal

from seqdiag.events import Endpoint, Hidden, Recording
from seqdiag.sources.base import Limits, Match
from seqdiag.sources.transcripts.base import NOWHERE, Dialogue, Line, Side, count, errno_name, lines_of, show

NAME = "exim"
KIND: Literal["capture", "transcript", "events"] = "transcript"

MARK = re.compile(rb" {0,8}(?:\d{1,7} +)?(?:SMTP|LMTP)(?:([>|+]>|<<)(?: (.*))?|\(([^()]{1,40})\)(>>|<<))$", re.DOTALL)
SIGNATURE = re.compile(rb" {0,8}(?:\d{1,7} +)?(?:SMTP|LMTP)([>|+]>|<<|\([^()]{1,40}\)(>>|<<))|Connecting to \S+ \[[^\]]+\]:\d+")
CONTINUED = re.compile(rb" {7,9}(\d{3}[ -].*)$", re.DOTALL)
CONNECTING = re.compile(r" *(?:\d{1,7} +)?Connecting to (\S+) \[([^\]]{1,80})\]:(\d{1,5})(?: from \S+)? \.\.\. ?(.*)$", re.DOTALL)
OUTCOME = re.compile(r"(?:.* )?(connected|failed: (.*))$", re.DOTALL)
WRITING = re.compile(rb"\(?writing message( and terminating \".\")?\)?$")
MASKED = re.compile(rb"((?:AUTH \S+ )?)(\*+)$", re.IGNORECASE)


def recognise(head: bytes) -> Match | None:
    """Marks of the SMTP transport and server."""
    return count(SIGNATURE, head)


def read(stream: BinaryIO, name: str, limits: Limits) -> Recording:
    """Every connection of the log."""
    return Reader(name).read(list(lines_of(stream, name, limits)))


class Reader:
    """`writer`: whose log it is, known from who greets; `awaited`: a connection attempt without an outcome so far."""

    def __init__(self, name: str) -> None:
        self.dialogue = Dialogue(name)
        self.writer: Side | None = None
        self.awaited = False
        self.shut = False

    def read(self, lines: list[Line]) -> Recording:
        for line in lines:
            if match := MARK.match(line.text):
                if match[4]:
                    self.socket(line, match[4], show(match[3]))
                else:
                    self.said(line, match[1] != b"<<", match[2] or b"")
            elif self.dialogue.last["server"][3:4] == b"-" and (match := CONTINUED.match(line.text)):
                self.dialogue.say(line, "server", match[1], "state")
            elif self.awaited and (outcome := OUTCOME.match(show(line.text))):
                self.connected(line, outcome)
            elif b"Connecting to " in line.text[:32] and (attempt := CONNECTING.match(show(line.text))):
                self.connecting(line, attempt)
        return self.dialogue.recording()

    def said(self, line: Line, is_written: bool, text: bytes) -> None:
        dialogue = self.dialogue
        if not dialogue.is_open or self.writer is None:
            greets = text[:1].isdigit()
            self.writer = "server" if greets == is_written else "client"
        side: Side = self.writer if is_written else _other(self.writer)
        self.awaited = False
        if side == "client" and (writing := WRITING.match(text)):
            dialogue.elide(line, "message")
            if writing[1]:
                dialogue.say(line, "client", b".", "state", inferred=True)
            return
        if side == "client" and dialogue.layer is None and _starts_tls(dialogue):
            dialogue.tls(line, "starttls")
        hidden: tuple[Hidden, ...] = ()
        if side == "client" and (masked := MASKED.match(text)):
            hidden = (Hidden(len(masked[1]), len(masked[2]), "credentials"),)
        dialogue.say(line, side, text, hidden=hidden)

    def connecting(self, line: Line, match: re.Match[str]) -> None:
        port = int(match[3])
        self.dialogue.open(Endpoint(match[2], port) if port <= 65535 else NOWHERE)
        self.writer, self.shut, self.awaited = "client", False, True
        if outcome := OUTCOME.match(match[4]):
            self.connected(line, outcome)

    def connected(self, line: Line, outcome: re.Match[str]) -> None:
        self.awaited = False
        if outcome[2] is None:
            self.dialogue.act(line, "connected")
        else:
            self.dialogue.act(line, "failed", error=errno_name(outcome[2]))
            self.dialogue.close()

    def socket(self, line: Line, arrow: bytes, what: str) -> None:
        """`SMTP(shutdown)>>`, `SMTP(close)>>`, `SMTP(closed)<<`, `SMTP(Connection timed out)<<`."""
        dialogue = self.dialogue
        if not dialogue.is_open:
            return
        if what == "shutdown":
            self.shut = True
            dialogue.act(line, "shut", "local")
        elif what == "close":
            dialogue.act(line, "closed", "local" if self.shut else None)
            self.end()
        elif arrow == b"<<" and what == "closed":
            dialogue.act(line, "closed", "remote")
            self.end()
        else:
            dialogue.comment(line, what)

    def end(self) -> None:
        self.dialogue.close()
        self.shut, self.writer = False, None


def _other(side: Side) -> Side:
    return "client" if side == "server" else "server"


def _starts_tls(dialogue: Dialogue) -> bool:
    """STARTTLS was answered by a positive reply, and nothing was said since."""
    asked = dialogue.last["client"].strip().upper() == b"STARTTLS"
    return asked and dialogue.speaker == "server" and dialogue.last["server"][:3] == b"220"
