"""One side's bytes in, however cut; lines, blocks and mail bodies out, each at its offset.

A line ends in LF, with or without a CR before it. What is longer than `LIMIT` comes as pieces of exactly that
length, so that memory stays bounded and the pieces do not depend on how the bytes were cut. Hidden runs travel with
their bytes: a line knows where it must not be read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from seqdiag.protocols.base import HiddenRun, Secret
from seqdiag.text import Shown, clip

LIMIT = 65536
"""Octets of a line (without its end) that are looked at as one."""
SMUGGLED = re.compile(rb"(?<!\r)\n\.\r?\n|\r\n\.(?:\n|\r(?!\n))|\r\.\r")
"""What some servers take for the end of a mail body and others do not: anything but CRLF . CRLF (RFC 5321 §2.3.8)."""
BARE_END = re.compile(rb"\n\.\r?\n")


class Line(NamedTuple):
    """`raw` at offset `start`; its first `size` octets are text, the rest is the line's end (none: cut short)."""

    start: int
    raw: bytes
    size: int
    hidden: tuple[HiddenRun, ...] = ()
    head: bool = True
    """False for a further piece of a line that is too long."""

    @property
    def text(self) -> bytes:
        return self.raw[: self.size]

    @property
    def whole(self) -> bool:
        return self.head and self.size < len(self.raw)

    @property
    def end(self) -> int:
        return self.start + len(self.raw)


class Lines:
    """A buffer of one side's stream. The methods take from its front, or give None and wait for more."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.start = 0
        """Offset of the first octet that was not taken yet."""
        self.hidden: list[HiddenRun] = []
        self.scanned = 0
        self.head = True

    def feed(self, start: int, data: bytes, hidden: Sequence[HiddenRun] = ()) -> None:
        """Append `data`, whose first octet has offset `start` in the stream."""
        if not self.data:
            self.start = start
        self.data += data
        if hidden:
            for run in hidden:
                self._hide(run)

    def _hide(self, run: HiddenRun) -> None:
        """A run that was cut into pieces is one again; only the first piece has to say what may be told."""
        last = self.hidden[-1] if self.hidden else None
        if last and last.end >= run.start and last.kind == run.kind and run.shown in (None, last.shown):
            self.hidden[-1] = last._replace(end=max(last.end, run.end))
        else:
            self.hidden.append(run)

    def __len__(self) -> int:
        return len(self.data)

    def take(self, length: int, size: int | None = None, head: bool = True) -> Line:
        """The first `length` octets, of which `size` are text."""
        end = self.start + length
        hidden: tuple[HiddenRun, ...] = ()
        if self.hidden:
            hidden = tuple(run for run in self.hidden if run.start < end)
            self.hidden = [run for run in self.hidden if run.end > end]
        line = Line(self.start, bytes(self.data[:length]), length if size is None else size, hidden, head)
        del self.data[:length]
        self.start = end
        self.scanned = 0
        return line

    def line(self) -> Line | None:
        """The next line, or a piece of `LIMIT` octets of one that is longer."""
        at = self.data.find(b"\n", self.scanned, LIMIT + 2)
        if at < 0:
            if len(self.data) < LIMIT + 2:
                self.scanned = len(self.data)
                return None
            head, self.head = self.head, False
            return self.take(LIMIT, head=head)
        head, self.head = self.head, True
        return self.take(at + 1, at - 1 if at and self.data[at - 1] == 13 else at, head)

    def body(self, crlf: bool) -> Line | None:
        """A mail body with the dot line that ends it; `size` leaves that line out. `crlf`: only CRLF . CRLF ends it."""
        data = self.data
        if data.startswith(b".\r\n"):
            return self.take(3, 0)
        if not crlf and data.startswith(b".\n"):
            return self.take(2, 0)
        scan = max(self.scanned - 4, 0)
        at = data.find(b"\r\n.\r\n", scan)
        end = at + 5
        if not crlf:
            bare = BARE_END.search(data, scan, end if at >= 0 else len(data))
            if bare:
                at, end = bare.start(), bare.end()
        if at < 0:
            self.scanned = len(data)
            return None
        return self.take(end, at + (2 if data[at] == 13 else 1))

    def rest(self) -> Line | None:
        """All that is there, as it stands, at a gap or at the end of the stream."""
        head, self.head = self.head, True
        return self.take(len(self.data), head=head) if self.data else None


def joined(lines: Sequence[Line]) -> Line:
    """Neighbouring lines as one; its text is the first's."""
    first = lines[0]
    if len(lines) == 1:
        return first
    hidden = tuple(dict.fromkeys(run for line in lines for run in line.hidden))
    return Line(first.start, b"".join(line.raw for line in lines), first.size, hidden)


def within(line: Line, start: int, end: int) -> tuple[HiddenRun, ...]:
    """The hidden runs that touch [start, end) of a line's raw bytes."""
    return tuple(run for run in line.hidden if run.start < line.start + end and run.end > line.start + start)


def with_hidden(line: Line, secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
    """The secrets, and every hidden run that lies in none of them."""
    more = []
    for run in line.hidden:
        start, end = max(run.start - line.start, 0), min(run.end - line.start, len(line.raw))
        if start < end and not any(secret.start <= start and end <= secret.end for secret in secrets):
            more.append(Secret(start, end, run.kind, run.shown))
    return tuple(sorted((*secrets, *more), key=lambda secret: secret.start)) if more else secrets


def summary(texts: Sequence[str], limit: int = 60) -> str:
    """As many texts as fit into `limit` characters, joined by commas; an ellipsis where some are left out."""
    said = texts[0] if texts else ""
    for count, text in enumerate(texts[1:], 1):
        if len(said) + 2 + len(text) > limit - 3 * (count + 1 < len(texts)):
            return clip(Shown(said), limit - 3) + ", …"
        said += ", " + text
    return clip(Shown(said), limit)


def unstuffed(body: bytes) -> bytes:
    """A mail body as it was before dots were doubled at line starts (RFC 5321 §4.5.2)."""
    if body.startswith(b"."):
        body = body[1:]
    return body.replace(b"\n.", b"\n")
