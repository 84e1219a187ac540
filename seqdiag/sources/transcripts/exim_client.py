r"""What the scripted client of Exim's test suite prints: `>>> ` sent, `<<< ` received, `??? ` what it expected.

Sent lines carry escapes (`\r\n` between lines of one write, `\x41`), and a CRLF is added at the end. `+++ 1` is a
pause. Output of other programs between the connections is left out, and said.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Literal

from seqdiag.events import Endpoint, Recording
from seqdiag.sources.base import Limits, Match
from seqdiag.sources.transcripts.base import CRLF, NOWHERE, Dialogue, Line, count, errno_name, lines_of, show

NAME = "exim-client"
KIND: Literal["capture", "transcript", "events"] = "transcript"

SIGNATURE = re.compile(rb"\?\?\?[ *?]|<<< \d{3}([ -]|$)|Connecting to \S+ port \S+ \.\.\. |End of script$|Attempting to start TLS$")
CONNECTING = re.compile(r"Connecting to (\S+) port (\S+) \.\.\. (.*)$")
ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
CONTROL = {b"n": b"\n", b"r": b"\r"}
PAUSE = re.compile(r"\+\+\+ (\d{1,6})$")
EOF = ("Expected EOF read", "Unexpected EOF read")
STOPPED = ("Shutting down TLS encryption", "TLS terminated")
SAID = ("Failed to start TLS", "Abandoning TLS start attempt", "Bad certificate")


def recognise(head: bytes) -> Match | None:
    """Expectations, replies, and what the client says of the connection (`>>> ` alone has many owners)."""
    return count(SIGNATURE, head)


def read(stream: BinaryIO, name: str, limits: Limits) -> Recording:
    """Every connection of the file."""
    return Reader(name).read(list(lines_of(stream, name, limits)))


class Reader:
    def __init__(self, name: str) -> None:
        self.dialogue = Dialogue(name)
        self.closed = False
        self.dropped: list[Line] = []

    def read(self, lines: list[Line]) -> Recording:
        dialogue = self.dialogue
        for line in lines:
            mark, text = line.text[:4], line.text[4:]
            if mark == b">>> ":
                self.sent(line, text)
            elif mark == b"<<< ":
                dialogue.say(line, "server", text)
            elif mark[:3] != b"???":
                self.other(line, show(line.text))
        if self.dropped:
            dialogue.remark(self.dropped[0], f"{len(self.dropped)} lines without a direction were left out", "finding")
        return dialogue.recording()

    def sent(self, line: Line, text: bytes) -> None:
        """One write: several lines where the text holds escapes."""
        if line.cut:
            self.dialogue.say(line, "client", ESCAPE.sub(_unescape, text))
            return
        wire = ESCAPE.sub(_unescape, text) + CRLF
        pieces = wire.splitlines(keepends=True) if b"\\" in text else [wire]
        for piece in pieces[:-1]:
            self.dialogue.write(line, "client", piece)
        self.dialogue.say(line, "client", pieces[-1].removesuffix(CRLF))

    def other(self, line: Line, text: str) -> None:
        dialogue = self.dialogue
        if match := CONNECTING.match(text):
            self.connect(line, match)
        elif not dialogue.is_open:
            if text.strip():
                self.dropped.append(line)
        elif text.startswith("Succeeded in starting TLS"):
            asked = dialogue.last["client"][:8].upper() == b"STARTTLS"
            dialogue.tls(line, "starttls" if asked else "implicit")
        elif text in STOPPED:
            dialogue.layer = None
            dialogue.comment(line, text)
        elif match := PAUSE.match(text):
            dialogue.comment(line, f"pause of {match[1]} s")
        elif text in SAID:
            dialogue.comment(line, text)
        elif text in EOF:
            dialogue.act(line, "closed", "remote")
            self.closed = True
        elif text == "End of script":
            if not self.closed:
                dialogue.act(line, "closed")
            dialogue.close()
        elif text.startswith("connect failed: "):
            dialogue.act(line, "failed", error=errno_name(text.removeprefix("connect failed: ")))
            dialogue.close()

    def connect(self, line: Line, match: re.Match[str]) -> None:
        port = int(match[2]) if match[2].isascii() and match[2].isdigit() and len(match[2]) <= 5 else 0
        self.dialogue.open(Endpoint(match[1], port) if port <= 65535 else NOWHERE)
        self.closed = False
        if match[3] == "connected":
            self.dialogue.act(line, "connected")
        else:
            self.other(line, match[3])


def _unescape(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return CONTROL.get(code) or (bytes.fromhex(code[1:].decode()) if len(code) == 3 else code)
