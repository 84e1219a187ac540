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


ID_NEAR = 1000
"""IP ids further apart than this are of no counter that belongs to the connection."""


class Sent(NamedTuple):
    """One sending of bytes [start, end): by which event, when, and with which marks that tell copies apart."""

    start: int
    end: int
    event: int
    t: Nanoseconds | None
    origin: Origin
    tsval: int | None
    ip_id: int | None
    order: int


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
        self.undelivered: set[str] = set()  # of its SYN, SYN+ACK and FIN those that were lost on the way
        self.top = 0  # behind the last byte (or FIN) that it has sent
        self.window: int | None = None  # as it advertised last, unscaled
        self.last_ack: int | None = None  # absolute, as it acknowledged last
        self.last_sack: tuple[tuple[int, int], ...] = ()
        self.probed = False  # its last segment was a keep-alive or a probe, which the peer answers
        self.duplicate_acks: list[Nanoseconds | None] = []  # when those came that it has sent since its acknowledgment moved
        self.sacked: list[tuple[Nanoseconds | None, int]] = []  # when its SACKs came, and up to where they reached
        self.packets = 0
        self.received = 0
        self.shut_window = False  # it advertised a zero window since its peer's last bytes
        self.unreported: str | None = None  # a state that it has reached by now, and that no step has told
        self.sent: list[Sent] = []  # sorted by start
        self.furthest: Sent | None = None  # of all its packets the one that lies furthest in the stream
        self.newest: Sent | None = None  # of all its packets the one that it sent last, as far as their marks tell

    def offset(self, seq: int) -> int:
        """The offset of an absolute sequence number, unwrapped around what has been seen (RFC 9293 §3.4).

        No copy comes from further back than the largest window: what looks older lies ahead, behind bytes that were
        not captured.
        """
        assert self.base is not None
        near = self.stream.next
        return near + ((seq - self.base - near + LARGEST_WINDOW) & 0xFFFFFFFF) - LARGEST_WINDOW

    def sends(self, sent: Sent) -> None:
        """Remember a sending of bytes, a SYN or a FIN."""
        insort(self.sent, sent)

    def passes(self, packet: Sent) -> None:
        """Remember the marks of any of its packets."""
        if self.furthest is None or packet.start >= self.furthest.start:
            self.furthest = packet
        if self.newest is None or later(packet, self.newest) is not False:
            self.newest = packet

    def before(self, offset: int) -> Sent | None:
        """The last sending of the byte at `offset` that was captured."""
        at = bisect_right(self.sent, offset, key=lambda sent: sent.start)
        found: Sent | None = None
        for sent in reversed(self.sent[max(at - 8, 0) : at]):
            if sent.end > offset and (found is None or sent.order > found.order):
                found = sent
        return found


def later(packet: Sent, other: Sent) -> bool | None:
    """Was `packet` sent after `other`, whatever the order of capture? None where no mark tells.

    Timestamps and IP ids rise with every sending (RFC 7323 §5.4; a counter per connection in most stacks).
    """
    if packet.tsval is not None and other.tsval is not None and packet.tsval != other.tsval:
        return (packet.tsval - other.tsval) & 0xFFFFFFFF < 0x80000000
    if packet.ip_id and other.ip_id and packet.ip_id != other.ip_id:
        ahead = (packet.ip_id - other.ip_id) & 0xFFFF
        return None if ID_NEAR < ahead < 0x10000 - ID_NEAR else ahead < 0x8000
    return None
