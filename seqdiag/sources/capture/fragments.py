"""IP fragments in, whole datagrams out: the first copy of a byte wins, and memory is bounded.

What cannot be completed (a fragment was not captured, the limits pushed it out, 60 seconds went by, RFC 1122
§3.3.2) is counted in the tally when it is given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqdiag.provenance import Nanoseconds
from seqdiag.sources.base import Limits

if TYPE_CHECKING:
    from seqdiag.sources.capture.tally import Tally
    from seqdiag.sources.capture.walk import Walk

MAX_DATAGRAM = 65_535
LIFETIME = 60 * 1_000_000_000


class Pending:
    """One datagram's pieces so far. `total` is known once its last fragment came; `held` counts stored bytes."""

    __slots__ = ("held", "pieces", "t", "total")

    def __init__(self, t: Nanoseconds | None) -> None:
        self.t = t
        self.pieces: dict[int, bytes] = {}
        self.total: int | None = None
        self.held = 0


class Fragments:
    """All datagrams being reassembled, oldest first."""

    def __init__(self, limits: Limits, tally: Tally) -> None:
        self.limits = limits
        self.tally = tally
        self.pending: dict[object, Pending] = {}
        self.held = 0

    def add(self, walk: Walk, key: tuple[object, ...], offset: int, more: bool, piece: bytes, length: int) -> bytes | None:
        """One fragment of `length` bytes on the wire, `piece` as captured; the datagram when this completes it."""
        if length <= 0 or len(piece) < length:
            walk.malformed("IP fragment")
            return None
        where = (key, walk.outer)
        waiting = self.pending.get(where)
        if waiting is not None and expired(waiting.t, walk.t):
            self.give_up(where)
            waiting = None
        if offset + length > MAX_DATAGRAM:
            self.tally.oversized += 1
            self.forget(where)
            return None
        if waiting is None:
            waiting = self.pending[where] = Pending(walk.t)
        if not more and waiting.total is None:
            waiting.total = offset + length
        self.keep(waiting, offset, piece)
        if waiting.total is not None and (whole := joined(waiting)) is not None:
            self.forget(where)
            return whole
        while len(self.pending) > self.limits.max_fragments or self.held > self.limits.max_fragment_bytes:
            self.give_up(next(iter(self.pending)))
        return None

    def keep(self, waiting: Pending, offset: int, piece: bytes) -> None:
        """Keeps of `piece` what no earlier fragment gave."""
        begin, end, conflict = offset, offset + len(piece), False
        for start, known in sorted(waiting.pieces.items()):
            stop = start + len(known)
            if start >= end or offset >= end:
                break
            if stop <= offset:
                continue
            # An equal repetition is a duplicate frame, not a conflict.
            low, high = max(start, offset), min(stop, end)
            conflict |= known[low - start : high - start] != piece[low - begin : high - begin]
            if start > offset:
                self.store(waiting, offset, piece[offset - begin : start - begin])
            offset = stop
        if offset < end:
            self.store(waiting, offset, piece[offset - begin :])
        self.tally.overlaps += conflict

    def store(self, waiting: Pending, offset: int, piece: bytes) -> None:
        waiting.pieces[offset] = piece
        waiting.held += len(piece)
        self.held += len(piece)

    def forget(self, where: object) -> None:
        waiting = self.pending.pop(where, None)
        if waiting is not None:
            self.held -= waiting.held

    def give_up(self, where: object) -> None:
        self.forget(where)
        self.tally.unfinished += 1

    def finish(self) -> None:
        """The capture is over: what still waits will never be whole."""
        for where in list(self.pending):
            self.give_up(where)


def expired(since: Nanoseconds | None, now: Nanoseconds | None) -> bool:
    return since is not None and now is not None and now - since > LIFETIME


def joined(waiting: Pending) -> bytes | None:
    """The datagram, if its pieces meet from the first byte to the last."""
    if waiting.total is None or waiting.held < waiting.total:
        return None
    parts, reached = [], 0
    for start, piece in sorted(waiting.pieces.items()):
        if start != reached:
            return None
        parts.append(piece)
        reached += len(piece)
    return b"".join(parts)[: waiting.total]
