"""One direction of a byte stream: segments in any order in, its bytes once and in order out.

The first copy of a byte wins. A hole is never filled: it is waited for, and then said. Offsets count from the
direction's first byte, unwrapped past 2^32.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import NamedTuple

HOLE_BUFFER = 1 << 20
"""Bytes that one direction keeps behind a hole before it gives the hole up."""


class Piece(NamedTuple):
    """Bytes [offset, offset + length) that came at last; `data` is None where they were never captured.

    `tag` is the caller's name for the segment that brought them (None for a hole).
    """

    offset: int
    length: int
    data: bytes | None
    tag: int | None


class Reassembly:
    """`next` is the offset up to which the stream is complete, or given up."""

    def __init__(self) -> None:
        self.next = 0
        self.pending: list[Piece] = []
        self.pending_bytes = 0
        self.cut: list[tuple[int, int]] = []
        self.delivered: list[tuple[int, bytes]] = []
        self.conflicts = 0

    def put(self, offset: int, data: bytes, length: int, tag: int) -> list[Piece]:
        """A segment of `length` bytes of which the capture holds `data`. What can be delivered now, in order."""
        if offset == self.next and not self.pending and len(data) == length:
            self.next += length
            self.delivered.append((offset, data))
            return [Piece(offset, length, data, tag)]
        if offset < self.next:
            self._compare(offset, data)
        if len(data) < length:
            self.cut.append((offset + len(data), offset + length))
        for piece in self._new(offset, data, tag):
            insort(self.pending, piece)
            self.pending_bytes += piece.length
        ready = self._drain()
        while self.pending_bytes > HOLE_BUFFER:
            ready += self.skip()
        return ready

    def skip(self) -> list[Piece]:
        """Give the first hole up: a piece without data for it, and what lay behind it."""
        if not self.pending:
            return []
        hole = Piece(self.next, self.pending[0].offset - self.next, None, None)
        self.next += hole.length
        return [hole, *self._drain()]

    def lose(self, end: int) -> list[Piece]:
        """The bytes up to `end` were received by the peer and never captured."""
        ready: list[Piece] = []
        while self.pending and self.pending[0].offset < end:
            ready += self.skip()
        if self.next < end:
            ready.append(Piece(self.next, end - self.next, None, None))
            self.next = end
            ready += self._drain()
        return ready

    def _new(self, offset: int, data: bytes, tag: int) -> list[Piece]:
        """The parts of a segment that are neither delivered nor pending yet."""
        start, end = max(offset, self.next), offset + len(data)
        parts = []
        at = max(bisect_right(self.pending, offset, key=lambda have: have.offset) - 1, 0)
        while at < len(self.pending):
            have = self.pending[at]
            at += 1
            if have.offset >= end:
                break
            if have.offset > start:
                parts.append((start, have.offset))
            start = max(start, have.offset + have.length)
        parts.append((start, end))
        return [Piece(a, b - a, data[a - offset : b - offset], tag) for a, b in parts if a < b]

    def _drain(self) -> list[Piece]:
        ready = []
        while True:
            while self.pending and self.pending[0].offset <= self.next:
                piece = self.pending.pop(0)
                self.pending_bytes -= piece.length
                data = (piece.data or b"")[self.next - piece.offset :]
                ready.append(Piece(self.next, len(data), data, piece.tag))
                self.delivered.append((self.next, data))
                self.next += len(data)
            # What the capture's own limit cut off is a hole that is not worth waiting for.
            stop = max((b for a, b in self.cut if a <= self.next < b), default=self.next)
            if self.pending:
                stop = min(stop, self.pending[0].offset)
            if stop == self.next:
                self.cut = [c for c in self.cut if c[1] > self.next]
                return ready
            ready.append(Piece(self.next, stop - self.next, None, None))
            self.next = stop

    def _compare(self, offset: int, data: bytes) -> None:
        """Count a copy that differs from the bytes already delivered."""
        end = offset + len(data)
        index = bisect_right(self.delivered, offset, key=lambda have: have[0]) - 1
        for start, have in self.delivered[max(index, 0) :]:
            if start >= end:
                break
            a, b = max(start, offset), min(start + len(have), end)
            if a < b and have[a - start : b - start] != data[a - offset : b - offset]:
                self.conflicts += 1
                return
