"""One end of a TCP connection as far as it has shown itself: its numbers, its stream, what it sent and when."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import NamedTuple

from seqdiag.connections import states
from seqdiag.connections.reassembly import Reassembly
from seqdiag.events import Endpoint, Segment
from seqdiag.provenance import Nanoseconds, Origin

LARGEST_WINDOW = 1 << 30
"""Bytes; RFC 7323 §2.3."""


class Sent(NamedTuple):
    """One sending of bytes [start, end): by which event, when, and with which marks that tell copies apart."""

    start: int
    end: int
    event: int
    t: Nanoseconds | None
    origin: Origin
    tsval: int | None
    ip_id: int | None


class End:
    """`offset` counts from the first byte of its stream; its SYN is at -1."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.isn: int | None = None
        self.base: int | None = None  # absolute sequence number of its stream's byte 0
        self.stream = Reassembly()
        self.state = states.CLOSED
        self.acked = 0  # the highest offset that the peer has acknowledged
        self.owed = 0  # what the peer's last data acknowledged beyond what was captured
        self.fin: int | None = None  # the offset of its FIN
        self.waiting_fin: tuple[int, Segment] | None = None  # a FIN that waits for the data before it
        self.fin_sent = False
        self.fin_acked = False
        self.synack_sent = False
        self.top = 0  # behind the last byte (or FIN) that it has sent
        self.window: int | None = None  # as it advertised last, unscaled
        self.last_ack: int | None = None  # absolute, as it acknowledged last
        self.probed = False  # its last segment was a keep-alive or a probe, which the peer answers
        self.duplicate_acks = 0  # that it has sent since its last acknowledgment moved
        self.sacked = 0  # the highest offset of the peer's stream that its SACKs have named
        self.dsacks = 0
        self.packets = 0
        self.received = 0
        self.sent: list[Sent] = []  # sorted by start
        self.latest: Sent | None = None

    def offset(self, seq: int) -> int:
        """The offset of an absolute sequence number, unwrapped around what has been seen (RFC 9293 §3.4).

        No copy comes from further back than the largest window: what looks older lies ahead, behind bytes that were
        not captured.
        """
        assert self.base is not None
        near = self.stream.next
        return near + ((seq - self.base - near + LARGEST_WINDOW) & 0xFFFFFFFF) - LARGEST_WINDOW

    def sends(self, sent: Sent) -> None:
        """Remember a sending."""
        insort(self.sent, sent)
        if self.latest is None or sent.start >= self.latest.start:
            self.latest = sent

    def before(self, offset: int) -> Sent | None:
        """The last sending of the byte at `offset` that was captured."""
        at = bisect_right(self.sent, offset, key=lambda sent: sent.start)
        found: Sent | None = None
        for sent in reversed(self.sent[max(at - 8, 0) : at]):
            if sent.end > offset and (found is None or sent.event > found.event):
                found = sent
        return found

    def sent_later(self, s: Segment) -> bool | None:
        """Was `s`, which carries bytes before those seen last, also sent after them? None where no mark tells.

        Timestamps and IP ids rise with every sending (RFC 7323 §5.4; a counter per connection in most stacks).
        """
        if self.latest is None:
            return None
        if s.options.ts is not None and self.latest.tsval is not None and s.options.ts[0] != self.latest.tsval:
            return (s.options.ts[0] - self.latest.tsval) & 0xFFFFFFFF < 0x80000000
        if s.ip_id and self.latest.ip_id and s.ip_id != self.latest.ip_id:
            ahead = (s.ip_id - self.latest.ip_id) & 0xFFFF
            return None if 1000 < ahead < 0xFFFF - 1000 else ahead < 0x8000
        return None
