"""What every transcript format shares: a file's bytes in, lines out; lines with a direction in, a Recording out.

A transcript tells who said which line, in which order, and seldom when. Each line becomes a `sent` or `received` of
the client's socket with the bytes that were on the wire (the line and its CRLF); what the text tells of the
connection itself is marked as inferred, since no packet was seen. `t` is None: the order is all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Literal, NamedTuple, TypeAlias

from seqdiag.errors import InputError, LimitError
from seqdiag.events import Act, Confidence, Endpoint, Event, Hidden, Point, Recording, Remark, SocketAct, Tls
from seqdiag.provenance import Origin
from seqdiag.sources.base import Limits, Match

Side: TypeAlias = Literal["client", "server"]

MAX_LINE = 64 << 10
"""Bytes of one line; what lies behind them is left out, and said, before any pattern sees the line."""
MAX_HEAD_LINES = 400
"""Lines that recognition looks at."""
CRLF = b"\r\n"
NOWHERE = Endpoint("", 0)

ERRNO = {
    "connection refused": "ECONNREFUSED",
    "connection reset by peer": "ECONNRESET",
    "timed out": "ETIMEDOUT",
    "timeout": "ETIMEDOUT",
    "no route to host": "EHOSTUNREACH",
    "network is unreachable": "ENETUNREACH",
    "permission denied": "EACCES",
}


def errno_name(text: str) -> str:
    """The system's name for what a program wrote about a failure; the text itself where there is none."""
    lower = text.lower()
    return next((name for words, name in ERRNO.items() if words in lower), text.strip())


class Line(NamedTuple):
    """One line of the file without its end. `cut`: how many of its bytes were left out."""

    number: int
    text: bytes
    cut: int = 0


def unwrap(raw: bytes) -> bytes:
    """Bytes of a text file without its byte order mark; UTF-16 (what a Windows shell redirects) as UTF-8."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raw = raw.decode("utf-16", "replace").encode()
    return raw.removeprefix(b"\xef\xbb\xbf")


def split(text: bytes) -> Iterator[Line]:
    """The lines, by LF or CRLF (by CR where there is no LF). A CR inside a line is data."""
    end = b"\n" if b"\n" in text else b"\r"
    lines = text.split(end)
    if not lines[-1].strip(b"\r\n"):
        lines.pop()
    for number, line in enumerate(lines, 1):
        line = line.removesuffix(b"\r")
        if len(line) <= MAX_LINE:
            yield Line(number, line)
        else:
            yield Line(number, line[:MAX_LINE], len(line) - MAX_LINE)


def lines_of(stream: BinaryIO, name: str, limits: Limits) -> Iterator[Line]:
    """Every line of an input. Raises InputError for an empty one, LimitError for one past `max_input`."""
    raw = stream.read(limits.max_input + 1)
    if len(raw) > limits.max_input:
        raise LimitError(f"{name}: longer than {limits.max_input} bytes (--max-input)")
    if not raw.strip():
        raise InputError(f"{name}: empty file")
    return split(unwrap(raw))


def count(signature: re.Pattern[bytes], head: bytes) -> Match | None:
    """How many of the head's lines begin as this format's do; None for none."""
    numbers = []
    for line in split(unwrap(head)):
        if line.number > MAX_HEAD_LINES:
            break
        if signature.match(line.text):
            numbers.append(line.number)
    return Match(len(numbers), numbers=frozenset(numbers)) if numbers else None


def charset(text: bytes) -> str:
    """UTF-8, else GB18030, else Latin-1: the first that fits."""
    for name in ("utf-8", "gb18030"):
        try:
            text.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


class Dialogue:
    """Lines with a direction in, events out, one connection after another.

    `open` begins a connection; a line without one begins one by itself. Offsets run per direction and per layer, so
    that plaintext inside TLS has its own.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[Event] = []
        self.count = 0
        self.comments: list[str] = []
        self.comment_at = 0
        self.close()

    # -- connections

    def close(self) -> None:
        """The connection is over: whatever is said next belongs to another."""
        self.is_open = False
        self.remote = NOWHERE
        self.layer: Literal["tls"] | None = None
        self.offsets: dict[tuple[Side, str | None], int] = {}
        self.speaker: Side | None = None
        self.last: dict[Side, bytes] = {"client": b"", "server": b""}
        self.elided: str | None = None

    def open(self, remote: Endpoint = NOWHERE) -> None:
        """A connection begins; `remote` is the server."""
        self.flush()
        self.close()
        self.count += 1
        self.is_open = True
        self.remote = remote

    @property
    def conn(self) -> str:
        return f"c{self.count}"

    # -- what was said

    def heard(self, side: Side, text: bytes) -> None:
        """Keeps who spoke last, and each side's last line, for formats whose later lines depend on it."""
        self.speaker = side
        self.last[side] = text

    def say(
        self,
        line: Line,
        side: Side,
        text: bytes,
        confidence: Confidence = "exact",
        hidden: tuple[Hidden, ...] = (),
        inferred: bool = False,
    ) -> None:
        """A whole line of the protocol, `text` without its end. A line that was cut leaves a hole behind it."""
        self.write(line, side, text if line.cut else text + CRLF, confidence, hidden, inferred)
        self.heard(side, text)
        if line.cut:
            self.offsets[side, self.layer] += line.cut + len(CRLF)
            self.remark(line, f"a line of {len(line.text) + line.cut} bytes, cut after {len(line.text)}", "damage")

    def write(
        self,
        line: Line,
        side: Side,
        payload: bytes,
        confidence: Confidence = "exact",
        hidden: tuple[Hidden, ...] = (),
        inferred: bool = False,
    ) -> None:
        """Bytes just as they were on the wire."""
        if self.comments:
            self.flush()
        if not self.is_open:
            self.open()
        if self.elided is not None and side == "client":
            hidden = (Hidden(0, 0, "elided", self.elided), *hidden)
            self.elided = None
        offset = self.offsets.get((side, self.layer), 0)
        self.events.append(
            SocketAct(
                origin=Origin(self.name, line.number),
                t=None,
                conn=self.conn,
                act="sent" if side == "client" else "received",
                local=NOWHERE,
                remote=self.remote,
                payload=payload,
                offset=offset,
                basis="transcript",
                confidence=confidence,
                inferred=inferred,
                layer=self.layer,
                hidden=hidden,
            )
        )
        self.offsets[side, self.layer] = offset + len(payload)

    def elide(self, line: Line, what: str) -> None:
        """The program did not print what the client sent here: said as a comment, and as a hidden run of no length
        at the start of the client's next bytes, so that nobody takes the message for an empty one."""
        if not self.is_open:
            self.open()
        self.comment(line, f"{what} (not in the transcript)")
        self.elided = what

    # -- what happened to the connection

    def act(self, line: Line, act: Act, by: Literal["local", "remote"] | None = None, error: str | None = None) -> None:
        """A connection act that the text tells and no packet shows."""
        self.flush()
        self.events.append(
            SocketAct(
                origin=Origin(self.name, line.number),
                t=None,
                conn=self.conn,
                act=act,
                local=NOWHERE,
                remote=self.remote,
                by=by,
                error=error,
                basis="transcript",
                confidence="state",
                inferred=True,
            )
        )

    def tls(self, line: Line, how: str, version: str | None = None, cipher: str | None = None) -> None:
        """From here on the lines are plaintext inside TLS."""
        self.flush()
        if not self.is_open:
            self.open()
        self.events.append(Tls(Origin(self.name, line.number), None, self.conn, how, version, cipher))
        self.layer = "tls"

    # -- what is said about it

    def comment(self, line: Line, text: str) -> None:
        """A line between the messages. Comments on consecutive lines are one."""
        if not self.comments:
            self.comment_at = line.number
        self.comments.append(text.strip())

    def flush(self) -> None:
        """Puts the comments in their place."""
        if self.comments:
            text, self.comments = "\n".join(self.comments), []
            self.remark(Line(self.comment_at, b""), text, "comment")

    def remark(self, line: Line, text: str, about: Literal["finding", "damage", "comment"]) -> None:
        conn = self.conn if self.is_open else None
        self.events.append(Remark(Origin(self.name, line.number), None, text, about, conn=conn))

    def recording(self) -> Recording:
        """All of it."""
        self.flush()
        return Recording({"p1": Point("transcript", self.name, "none", 0)}, self.events)


def show(text: bytes) -> str:
    """A comment's bytes as text."""
    return text.decode(charset(text))
