"""What `swaks` prints: ` -> ` sent, `<-  ` received, `~` for `-` inside TLS, `<**` an answer it did not like.

Traps of this format: `--suppress-data` prints how many lines it sent instead of them; a hidden password is printed as
the base64 of PROVIDED_BUT_REMOVED; a time-out is printed as if the server had said it; `--show-raw-text` adds hex
lines whose offsets are decimal, and these, being exact, are then read instead of the others; a pipe is no TCP;
"closed with remote host" does not say who closed first.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from typing import BinaryIO, Literal

from seqdiag.events import Endpoint, Hidden, Recording
from seqdiag.sources.base import Limits, Match
from seqdiag.sources.transcripts.base import NOWHERE, Dialogue, Line, Side, count, errno_name, lines_of, show

NAME = "swaks"
KIND: Literal["capture", "transcript", "events"] = "transcript"

SIGNATURE = re.compile(
    rb"( [-~]>|<[-~] |<[*~]\*|\*[*~]>)( |$)"
    rb"|=== (Trying |Connected to |Connection closed with |TLS |response in |Dropping connection)"
    rb"|\*\*\* (Error connecting|Remote host closed|No authentication type|Host did not advertise|STARTTLS attempted|TLS startup)"
)
TRYING = re.compile(r"Trying (\S+):(\d{1,5})\.\.\.$")
ERROR_CONNECTING = re.compile(r"Error connecting(?: \S+)? to ")
LINES_SENT = re.compile(rb"\d{1,9} lines sent$")
TIMEOUT = re.compile(rb"Timeout \(\d{1,9} secs\) waiting for server response$")
HEX = re.compile(r"(\d{4,9}): ([0-9A-F ]{1,50})")
TLS_STARTED = re.compile(r"TLS started with cipher (.*)")
CLOSED_BY_SERVER = re.compile(r"(Remote host|Socket|Child process) closed connection unexpectedly")
REMOVED = b"PROVIDED_BUT_REMOVED"

ARROWS: dict[bytes, Side] = {
    b" ->": "client",
    b" ~>": "client",
    b"**>": "client",
    b"*~>": "client",
    b"<- ": "server",
    b"<~ ": "server",
    b"<**": "server",
    b"<~*": "server",
}
HEX_ARROWS: dict[bytes, Side] = {b"  >": "client", b"<  ": "server"}


def recognise(head: bytes) -> Match | None:
    """Arrows, and what swaks says of the connection."""
    return count(SIGNATURE, head)


def read(stream: BinaryIO, name: str, limits: Limits) -> Recording:
    """Every session of the file."""
    lines = list(lines_of(stream, name, limits))
    return Reader(name, {HEX_ARROWS[line.text[:3]] for line in lines if _is_hex(line)}).read(lines)


def _is_hex(line: Line) -> bool:
    return line.text[:3] in HEX_ARROWS and HEX.match(line.text[4:].decode("latin-1")) is not None


class Reader:
    """`raw`: the sides whose bytes are given in hexadecimal, so that their text lines are not needed."""

    def __init__(self, name: str, raw: set[Side]) -> None:
        self.dialogue = Dialogue(name)
        self.raw = raw
        self.is_tcp = False
        self.is_failing = False
        self.dump: tuple[Line, Side, bytearray] | None = None
        self.dropped: list[Line] = []

    def read(self, lines: list[Line]) -> Recording:
        for line in lines:
            mark, text = line.text[:3], line.text[4:]
            if mark in HEX_ARROWS and _is_hex(line):
                self.hexadecimal(line, HEX_ARROWS[mark], text.decode("latin-1"))
                continue
            self.end_dump()
            if mark in ARROWS:
                self.said(line, ARROWS[mark], text)
            elif mark == b"===":
                self.info(line, show(text))
            elif mark == b"***":
                self.failure(line, show(text))
            elif line.text.strip():
                self.dropped.append(line)
        self.end_dump()
        if self.dropped:
            self.dialogue.remark(self.dropped[0], f"{len(self.dropped)} lines without a mark of swaks were left out", "finding")
        return self.dialogue.recording()

    def said(self, line: Line, side: Side, text: bytes) -> None:
        """A line with an arrow."""
        dialogue = self.dialogue
        if side == "server" and TIMEOUT.match(text):
            dialogue.comment(line, show(text))
        elif side in self.raw:
            dialogue.heard(side, text)
        elif side == "client" and LINES_SENT.match(text) and dialogue.speaker == "server" and dialogue.last["server"].startswith(b"354"):
            # the last of those lines was the lone dot: the one part of the message that is certain
            dialogue.elide(line, show(text))
            dialogue.say(line, "client", b".", "state", inferred=True)
        else:
            text, hidden = _hide(text) if side == "client" else (text, ())
            dialogue.say(line, side, text, "state" if hidden else "exact", hidden)

    def hexadecimal(self, line: Line, side: Side, text: str) -> None:
        """A line of a dump; offset 0 begins the next one. A dump is one write or one read."""
        match = HEX.match(text)
        if match is None:
            return
        if int(match[1]) == 0 or self.dump is None or self.dump[1] != side:
            self.end_dump()
            self.dump = line, side, bytearray()
        data = self.dump[2]
        try:
            if int(match[1]) != len(data):
                raise ValueError(f"offset {int(match[1])} of a dump of {len(data)} bytes so far")
            data += bytes.fromhex(match[2])
        except ValueError as error:
            self.dialogue.remark(line, str(error), "damage")

    def end_dump(self) -> None:
        if self.dump is not None:
            line, side, data = self.dump
            self.dump = None
            self.dialogue.write(line, side, bytes(data))

    def info(self, line: Line, text: str) -> None:
        """A `===` line: what swaks did. What no picture can show stays a comment."""
        dialogue = self.dialogue
        if text.startswith("Trying "):
            match = TRYING.match(text)
            self.is_tcp = match is not None and int(match[2]) <= 65535
            self.is_failing = False
            dialogue.open(Endpoint(match[1].strip("[]"), int(match[2])) if match and self.is_tcp else NOWHERE)
        elif text.startswith("Connected to "):
            if self.is_tcp:
                dialogue.act(line, "connected")
        elif text.startswith("Connection closed with "):
            self.closed(line, None)
        elif text.startswith("Dropping connection"):
            self.closed(line, "local")
        elif match := TLS_STARTED.match(text):
            version, cipher, bits = (*match[1].split(":"), "", "")[:3]
            known = (version, cipher) if bits else (None, match[1])
            asked = dialogue.last["client"][:8].upper() == b"STARTTLS"
            dialogue.tls(line, "starttls" if asked else "implicit", *known)
        else:
            dialogue.comment(line, text)

    def failure(self, line: Line, text: str) -> None:
        """A `***` line: what went wrong."""
        if ERROR_CONNECTING.match(text) and self.is_tcp:
            self.is_failing = True
        elif self.is_failing:
            self.dialogue.act(line, "failed", error=errno_name(text))
            self.dialogue.close()
            self.is_failing = False
        elif CLOSED_BY_SERVER.match(text):
            self.closed(line, "remote")
        else:
            self.dialogue.comment(line, text)

    def closed(self, line: Line, by: Literal["local", "remote"] | None) -> None:
        if self.is_tcp:
            self.dialogue.act(line, "closed", by)
        self.dialogue.close()


def _hide(text: bytes) -> tuple[bytes, tuple[Hidden, ...]]:
    """A client's line whose password swaks had removed: asterisks in its place, marked as hidden."""
    token = text.rpartition(b" ")[2]
    clear = token if REMOVED in token else _base64(token)
    if REMOVED not in clear:
        return text, ()
    start = len(text) - len(token)
    users = clear.replace(b"\\0", b"\0").partition(REMOVED)[0].split(b"\0")
    user = next((part for part in reversed(users) if part), b"")
    hidden = Hidden(start, len(token), "credentials" if user else "password", show(user) if user else None)
    return text[:start] + b"*" * len(token), (hidden,)


def _base64(token: bytes) -> bytes:
    try:
        return a2b_base64(token, strict_mode=True)
    except Error:
        return b""
