"""What was sent again, why, and whether the first copy had arrived: claimed on evidence alone.

A bracket needs the first sending in the capture. A cause needs three duplicate ACKs or a SACK (fast, RFC 6675), a
second silence about twice the first or a SYN (timeout, RFC 6298), a tail resent while older bytes are open (probe, RFC
8985). "Had arrived" needs a D-SACK (RFC 2883) or the echo of the first copy's timestamp (RFC 3522).
"""

from __future__ import annotations

from typing import NamedTuple

from seqdiag.connections.connection import Again, Cause
from seqdiag.connections.end import End, Sent
from seqdiag.events import Segment
from seqdiag.provenance import Nanoseconds

DUPLICATES = 3
BACKOFF = 1.7
"""A silence this many times the one before is the timer's doubling (RFC 6298 §5.5), allowing for its granularity."""

MOST_OPEN = 64


class _Open(NamedTuple):
    """A repeat whose fate is not decided: the event that it came in, its bytes, and both copies' timestamps."""

    event: int
    start: int
    end: int
    first: int | None
    second: int | None
    oldest: bool
    """It began at the oldest unacknowledged byte: only then does the echo tell the copies apart (RFC 7323 §4.3)."""


class Repeats:
    """Both ends' repeats. `again` and `first_of`: by the index of the event that sent again."""

    def __init__(self) -> None:
        self.again: dict[int, Again] = {}
        self.first_of: dict[int, int] = {}
        self.sender: dict[int, End] = {}
        self.open: dict[int, list[_Open]] = {}
        self.needed: list[_Open] = []  # those that came first, by the echo of their timestamp
        self.both_came: set[int] = set()

    def sent_again(self, me: End, peer: End, index: int, s: Segment, start: int, end: int, before: Sent) -> None:
        """`s` carries bytes of the sending `before`."""
        after = None if s.t is None or before.t is None else max(s.t - before.t, 0)
        self.again[index] = Again(after, before.origin, self._cause(me, peer, start, end, after, before, s.t))
        self.first_of[index] = before.event
        self.sender[index] = me
        ts = s.options.ts
        pending = self.open.setdefault(id(me), [])
        pending.append(_Open(index, start, end, before.tsval, ts[0] if ts else None, start <= me.acked))
        del pending[:-MOST_OPEN]

    def sent_unseen(self, index: int) -> None:
        """Later marks than those of the bytes that follow: sent again, and the first sending was not captured."""
        self.again[index] = Again(None, None)

    def _cause(self, me: End, peer: End, start: int, end: int, after: int | None, before: Sent, now: Nanoseconds | None) -> Cause | None:
        known = sum(_came(t, now) for t in peer.duplicate_acks)
        if known >= DUPLICATES or any(_came(t, now) and right > max(start, me.acked) for t, right in peer.sacked):
            return "fast"
        if start > me.acked and end >= me.top:
            return "probe"
        earlier = self.again.get(before.event)
        if after and earlier is not None and earlier.after and after >= BACKOFF * earlier.after:
            return "timeout"
        return None

    def acknowledged(self, me: End, s: Segment, ack: int, before: int) -> None:
        """The peer's segment `s` acknowledges `me` up to `ack`; the highest acknowledgment had been `before`."""
        pending = self.open.get(id(me))
        if pending is None:
            return
        doubled = self._doubled(me, s, ack)
        if doubled is not None:
            # One copy too many arrived: the last that was sent is the one that was not needed.
            last = next((one for one in reversed(pending) if one.start < doubled[1] and doubled[0] < one.end), None)
            if last is not None:
                self._decide(last.event, True)
                pending.remove(last)
            else:  # the first sending of one that had come in its repeat came too, only later
                self.both_came |= {one.event for one in self.needed if one.start < doubled[1] and doubled[0] < one.end}
        left = []
        for one in pending:
            if before <= one.start < ack and one.oldest and s.options.ts is not None and one.first != one.second:
                echo = s.options.ts[1]
                if echo == one.first:
                    self._decide(one.event, True)
                    continue
                if echo == one.second:
                    self._decide(one.event, False)
                    self.needed = [*self.needed[-MOST_OPEN:], one]
                    continue
            left.append(one)
        self.open[id(me)] = left

    def _doubled(self, me: End, s: Segment, ack: int) -> tuple[int, int] | None:
        """The range that a D-SACK reports (RFC 2883 §4): its first block lies below the ACK, or inside the second."""
        blocks = s.options.sack
        if not blocks or me.base is None:
            return None
        low, high = me.offset(blocks[0][0]), me.offset(blocks[0][1])
        if low >= high:
            return None
        if high <= ack:
            return low, high
        if len(blocks) > 1 and me.offset(blocks[1][0]) <= low and high <= me.offset(blocks[1][1]):
            return low, high
        return None

    def _decide(self, event: int, spurious: bool) -> None:
        known = self.again[event]
        if known.spurious is None:
            self.again[event] = Again(known.after, known.before, known.cause, spurious)


def _came(t: Nanoseconds | None, now: Nanoseconds | None) -> bool:
    """Had what came at `t` come by now?"""
    return t is None or now is None or t <= now
