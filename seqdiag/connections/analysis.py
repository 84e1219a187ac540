"""The packets of one TCP connection in, its steps out: control, chunks and gaps in the order of observation.

Nothing here is assumed of what was not seen: a phase that the capture lacks stays out, a hole is waited for until
the peer's own words prove that it was received. Rules: RFC 9293 §3.10, RFC 5961 §3 (resets).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from seqdiag.connections.connection import (
    Carried,
    Chunk,
    Comment,
    Control,
    ControlPhase,
    Fate,
    Gap,
    HiddenRun,
    Side,
    What,
    other,
)
from seqdiag.connections.end import LARGEST_WINDOW, End, Sent, later
from seqdiag.connections.machine import Machine
from seqdiag.connections.reassembly import Piece
from seqdiag.connections.repeats import Repeats
from seqdiag.connections.vantage import Vantage
from seqdiag.events import ACK, FIN, RST, SYN, Endpoint, IcmpError, Remark, Segment
from seqdiag.provenance import Finding, Nanoseconds

MOST_SACKED = 64

WINDOW = 1 << 20
"""How far past the bytes seen a reset may point where the window's scale is not known."""

SYN_AT_ONCE = 1_000_000
"""Nanoseconds; the first timer of a SYN is a second (RFC 6298 §2)."""

TcpStep: TypeAlias = Control | Chunk | Gap | Comment


class Packet(NamedTuple):
    """One event of the connection, and its index in the Recording; the last two where a second point saw it (or not)."""

    at: int
    event: Segment | IcmpError | Remark
    arrived: Nanoseconds | None = None
    fate: Fate | None = None


class Analysis:
    """Walks the packets of one connection once. `client` is who opened it, as far as anything tells."""

    def __init__(self, client: Endpoint, server: Endpoint, vantage: Vantage) -> None:
        self.vantage = vantage
        self.client, self.server = End(client), End(server)
        self.opener: End | None = None
        self.steps: list[tuple[TcpStep, int | None]] = []  # with the event that each is of
        self.repeats = Repeats()
        self.late: set[int] = set()
        self.sources: dict[int, Segment] = {}  # events by index, as long as a piece may still name them
        self.carried: list[Carried] = []
        self.findings: list[Finding] = []
        self.icmp_errors: list[IcmpError] = []
        self.syn = self.synack = self.fin = self.rst = self.retransmitted = self.gaps = self.lost = 0
        self.first: Nanoseconds | None = None
        self.last: Nanoseconds | None = None
        self.handshake_acked = False
        self.machine = Machine({}, frozenset())
        self.crossed = False  # both FINs were sent before the other's could have come, lost or not
        self.is_lost = False
        self.now: Nanoseconds | None = None  # when the packet in hand is at its receiver, as far as that is known
        self.synack_matched = False
        self.reset_by: End | None = None
        self.closer: End | None = None

    def side(self, end: End) -> Side:
        return "client" if end is self.client else "server"

    def peer(self, end: End) -> End:
        return self.server if end is self.client else self.client

    def walk(self, packets: Sequence[Packet]) -> None:
        near = {"client": {self.client}, "server": {self.server}, "both": {self.client, self.server}}
        seen = near.get(self.vantage.taken_at, set())
        fins = [p for p in packets if isinstance(p.event, Segment) and p.event.flags & FIN]
        unsure = any(p.fate == "presumed lost" for p in fins)
        answers = [p.event.src for p in packets if isinstance(p.event, Segment) and p.event.flags & (SYN | ACK) == SYN | ACK]
        came = _first(p for p in fins if p.fate is None)
        self.machine = Machine(came, frozenset(end.endpoint for end in seen), frozenset(answers), unsure)
        self.crossed = Machine(_first(fins), frozenset()).crossed
        position = 0
        for packet in packets:
            event = packet.event
            if isinstance(event, Segment):
                self.is_lost = packet.fate is not None
                self.now = packet.arrived if packet.arrived is not None else event.t
                self._segment(packet.at, event, position)
                position += 1
            elif isinstance(event, IcmpError):
                self._icmp(packet.at, event)
            else:
                self.steps.append((Comment(event.text, event.t, event.origin), None))
        self._end()
        self._tell({p.at: p.arrived for p in packets if p.arrived is not None}, {p.at: p.fate for p in packets if p.fate})

    # -- one segment -------------------------------------------------------------------------------------------

    def _segment(self, index: int, s: Segment, position: int) -> None:
        me = self.client if s.src == self.client.endpoint else self.server
        peer = self.peer(me)
        flags = s.flags
        me.packets += 1
        self.syn += flags & (SYN | ACK) == SYN
        self.synack += flags & (SYN | ACK) == SYN | ACK
        self.fin += bool(flags & FIN)
        self.rst += bool(flags & RST)
        if s.t is not None:
            self.first = s.t if self.first is None else min(self.first, s.t)
            self.last = s.t if self.last is None else max(self.last, s.t)
        if position in self.vantage.copies or position in self.vantage.corrupt:
            self._control(index, me, s, "copy" if position in self.vantage.copies else "corrupt")
            if s.length and me.base is not None:
                self.carried.append(Carried(index, self.side(me), me.offset(s.seq + bool(flags & SYN))))
            return
        if s.ack is not None and flags & ACK and peer.base is None and not flags & RST:
            peer.base = s.ack
        if flags & RST:
            self._reset(index, me, peer, s)
            return
        if flags & SYN:
            self._synchronise(index, me, peer, s, position)
        if me.base is None:
            me.base = s.seq
        start = me.offset((s.seq + 1) & 0xFFFFFFFF if flags & SYN else s.seq)
        if start < 0 and not me.stream.delivered and s.length > 1 and me.isn is None:
            me.base = s.seq  # begun in mid-stream: the peer's acknowledgment was ahead of these bytes
            start = 0
        acked_fin = self._acknowledge(me, peer, s)
        end = start + s.length + bool(flags & FIN)
        ts = s.options.ts
        packet = Sent(start, end, index, s.t, s.origin, ts[0] if ts else None, s.ip_id, position)
        overtaken = me.newest is not None and later(packet, me.newest) is False
        what = None if flags & (SYN | FIN) else "ACK" if overtaken and not s.length else self._nothing_new(me, peer, s, start)
        if what is not None:
            self._control(index, me, s, what)
        else:
            if s.length or flags & FIN:
                self._sends(index, me, peer, s, packet)
            if s.length:
                self._data(index, me, s, start)
            if flags & FIN:
                self._fin(index, me, s, start + s.length, acked_fin)
            elif not flags & SYN:
                self._ack(index, me, s, acked_fin)
        me.passes(packet)
        me.top = max(me.top, end)
        me.probed = what in ("keep-alive", "probe")
        if not overtaken:
            me.last_ack, me.last_sack = s.ack, s.options.sack
            me.window = s.window if not flags & SYN else me.window
            me.shut_window = me.shut_window or me.window == 0
        if s.length and what is None:
            peer.shut_window = False

    def _synchronise(self, index: int, me: End, peer: End, s: Segment, position: int) -> None:
        repeated = me.isn == s.seq and (not s.flags & ACK or me.synack_sent)
        if me.isn is None:
            me.isn = s.seq
            if not me.stream.delivered:
                me.base = (s.seq + 1) & 0xFFFFFFFF
        elif me.isn != s.seq:
            self.findings.append(Finding("a SYN with another sequence number inside one connection", s.origin))
        if s.flags & ACK:
            me.synack_sent = True
            if peer.isn is not None and s.ack is not None and peer.base is not None and 0 <= peer.offset(s.ack) <= peer.top:
                self.synack_matched = True
        if self.opener is None:
            self.opener = peer if s.flags & ACK else me
        ts = s.options.ts
        syn = Sent(-1, 0, index, s.t, s.origin, ts[0] if ts else None, s.ip_id, position)
        if repeated or not me.sent:
            self._sends(index, me, peer, s, syn)
        self._control(index, me, s, "SYN+ACK" if s.flags & ACK else "SYN", "handshake", repeated=repeated, rides=bool(s.length))
        if not s.flags & ACK and me.isn is not None and peer.isn is not None:
            # a SYN after the SYN-ACK that answers it: the capture took them in the wrong order
            self.synack_matched = self.synack_matched or self.synack > 0

    def _acknowledge(self, me: End, peer: End, s: Segment) -> bool:
        """What this segment's acknowledgment proves. True where it acknowledges the peer's FIN for the first time."""
        if s.ack is None or not s.flags & ACK or peer.base is None:
            return False
        ack = peer.offset(s.ack)
        if ack > peer.stream.next + LARGEST_WINDOW:
            return False
        before, peer.acked = peer.acked, max(peer.acked, ack)
        if ack > before:
            me.duplicate_acks.clear()
        self.repeats.acknowledged(peer, s, ack, before)
        me.sacked += [(self.now, right) for _, block in s.options.sack if (right := peer.offset(block)) <= peer.top]
        del me.sacked[:-MOST_SACKED]
        data_ack = ack - 1 if peer.fin is not None and ack > peer.fin else ack
        if s.length or s.flags & FIN or (peer.fin is not None and ack > peer.fin):
            self._prove(peer, s, data_ack)
        if peer.fin is not None and ack > peer.fin and not peer.fin_acked and not self.is_lost:
            peer.fin_acked = True
            return True
        return False

    def _prove(self, peer: End, s: Segment, ack: int) -> None:
        """The sender of `s` speaks on, having received the peer's bytes up to `ack`: what is missing stays missing."""
        stream = peer.stream
        if stream.pending and stream.pending[0].offset < ack:
            ready: list[Piece] = []
            while stream.pending and stream.pending[0].offset < ack:
                ready += stream.skip()
            self._deliver(peer, ready, s.t)
        if stream.next < ack:
            if peer.owed > stream.next:
                self._deliver(peer, stream.lose(min(peer.owed, ack)), s.t)
            peer.owed = ack

    def _nothing_new(self, me: End, peer: End, s: Segment, start: int) -> What | None:
        """What a segment is that carries nothing of the stream: a probe, a keep-alive, or an answer to one.

        A keep-alive lies one byte before SND.NXT, where that byte is acknowledged already (RFC 9293 §3.8.4); a probe
        meets a closed window (§3.8.6.1).
        """
        if s.length > 1:
            return None
        closed = peer.window == 0 or peer.shut_window  # its opening may have been lost on the way
        if closed and not s.length and start == me.acked - 1:
            return "probe"
        if start == me.top - 1 and me.acked >= me.top > 0 and me.fin is None:
            return "probe" if closed else "keep-alive"
        if s.length:
            return None
        repeated = s.ack is not None and s.ack == me.last_ack
        if s.window == 0:
            return "zero window"
        if not repeated or me.window is None:
            return None
        if peer.probed:
            return "keep-alive ACK" if s.window == me.window else "window update"
        if s.window != me.window and s.options.sack == me.last_sack:
            return "window update"
        if peer.base is not None and peer.top > peer.acked:
            me.duplicate_acks.append(self.now)
            return "duplicate ACK"
        return None

    def _sends(self, index: int, me: End, peer: End, s: Segment, packet: Sent) -> None:
        """Bytes, a SYN or a FIN leave `me`: for the first time, again, or late."""
        before = me.before(packet.start)
        if before is not None and later(packet, before) is False:
            self.late.add(index)  # the first sending, overtaken by its own repeat
        elif before is not None and not self._doubled_syn(me, s, before):
            self.repeats.sent_again(me, peer, index, s, packet.start, packet.end, before)
        elif before is None and me.furthest is not None and packet.start < me.furthest.start:
            after = later(packet, me.furthest)
            if after:
                self.repeats.sent_unseen(index)
            elif after is False and me.sent and me.sent[-1].start > packet.start:
                self.late.add(index)
        me.sends(packet)

    def _doubled_syn(self, me: End, s: Segment, before: Sent) -> bool:
        """A SYN that arrived twice within a millisecond: doubled on the way, or the answer to one that was. No timer is so fast."""
        if not s.flags & SYN or s.t is None or before.t is None or self.vantage.taken_at in ("both", self.side(me)):
            return False
        return s.t - before.t < SYN_AT_ONCE

    def _data(self, index: int, me: End, s: Segment, start: int) -> None:
        stream = me.stream
        if me.fin is not None and start >= me.fin + 1:
            self.findings.append(Finding(f"{s.length} bytes after the sender's FIN", s.origin))
            return
        end = start + s.length
        self.carried.append(Carried(index, self.side(me), start))
        late = index in self.late
        self.retransmitted += index in self.repeats.again or (end <= stream.next and not late)
        if end <= stream.next:
            self._control(index, me, s, "late" if late else "repeat", repeated=not late)
            stream.put(start, s.payload, s.length, index)  # only to compare the copy
            return
        self.sources[index] = s
        self._deliver(me, stream.put(start, s.payload, s.length, index), s.t)

    def _deliver(self, end: End, pieces: list[Piece], now: Nanoseconds | None) -> None:
        side = self.side(end)
        for piece in pieces:
            if piece.data is None or piece.tag is None:
                self.gaps += 1
                self.lost += piece.length
                self.steps.append((Gap(side, piece.offset, piece.length, now), None))
                continue
            s = self.sources[piece.tag]
            end.received += piece.length
            runs: tuple[HiddenRun, ...] = ()
            if s.hidden:
                at = end.offset((s.seq + 1) & 0xFFFFFFFF if s.flags & SYN else s.seq)
                stop = piece.offset + piece.length
                runs = tuple(
                    HiddenRun(max(at + h.offset, piece.offset), min(at + h.offset + h.length, stop), h.kind, h.shown)
                    for h in s.hidden
                    if at + h.offset < stop and at + h.offset + h.length > piece.offset
                )
            self.steps.append((Chunk(side, piece.offset, piece.data, s.t, s.origin, runs), piece.tag))
        if end.waiting_fin is not None and end.fin is not None and end.stream.next >= end.fin:
            (index, s), end.waiting_fin = end.waiting_fin, None
            self._send_fin(index, end, s)

    def _fin(self, index: int, me: End, s: Segment, offset: int, acked_fin: bool) -> None:
        """A FIN, and what its ACK means: it counts at once, though the FIN itself waits for the bytes before it."""
        if self._ends_handshake(me):
            self._ack(index, me, s, False, rides=True)
        self._finish_side(index, me, s, offset)
        if acked_fin and me.waiting_fin is not None:
            self._control(index, me, s, "ACK", "close", rides=True)

    def _finish_side(self, index: int, me: End, s: Segment, offset: int) -> None:
        if me.fin is not None:
            self._control(index, me, s, "FIN", "close", repeated=True, rides=bool(s.length))
            return
        me.fin = offset
        if self.closer is None:
            self.closer = me
        if me.stream.next < offset:
            me.waiting_fin = index, s  # ordered with the data it follows
        else:
            self._send_fin(index, me, s)

    def _send_fin(self, index: int, me: End, s: Segment) -> None:
        me.fin_sent = True
        self._control(index, me, replace(s, seq=s.seq + s.length), "FIN", "close", rides=bool(s.length))

    def _ends_handshake(self, me: End) -> bool:
        return me is self.opener and bool(self.synack) and not self.handshake_acked and me.isn is not None

    def _ack(self, index: int, me: End, s: Segment, acked_fin: bool, rides: bool = False) -> None:
        """A pure ACK, or what the ACK of a segment with data or a FIN means for the opening and the close."""
        phase: ControlPhase | None = None
        if self._ends_handshake(me):
            self.handshake_acked = not self.is_lost
            phase = "handshake"
        elif acked_fin:
            phase = "close"
        if phase or not s.length:
            self._control(index, me, s, "ACK", phase, rides=rides or bool(s.length))

    def _reset(self, index: int, me: End, peer: End, s: Segment) -> None:
        """RFC 5961 §3: a reset counts in the window only; the peer's window begins at what it has acknowledged."""
        if me.base is not None and (me.stream.delivered or me.isn is not None):
            offset = me.offset(s.seq)
            in_window = min(me.acked, me.stream.next) - 1 <= offset <= me.stream.next + WINDOW
        else:
            in_window = True
        if not in_window:
            self.findings.append(Finding("a reset outside the window, which the receiver ignores", s.origin))
            self._control(index, me, s, "RST")
            return
        if s.payload:
            self.findings.append(Finding(f"the reset carries {s.length} bytes of text", s.origin))
        if self.reset_by is None:
            self.reset_by = me
        if self.closer is None:
            self.closer = me
        self._control(index, me, s, "RST", "abort")

    # -- control steps and states ------------------------------------------------------------------------------

    def _control(
        self,
        index: int,
        me: End,
        s: Segment,
        what: What,
        phase: ControlPhase | None = None,
        *,
        repeated: bool = False,
        rides: bool = False,
    ) -> None:
        peer = self.peer(me)
        sender_state: str | None = None
        receiver_state: str | None = None
        if not repeated:
            sender_state, receiver_state = self.machine.step(me, peer, s, what, phase, self.now, arrives=not self.is_lost)
            if self.is_lost:
                me.undelivered.add(what)
        elif what in me.undelivered and not self.is_lost:
            sender_state, receiver_state = self.machine.step(me, peer, s, what, phase, self.now, sends=False)
            me.undelivered.remove(what)
        control = Control(
            side=self.side(me),
            what=what,
            t=s.t,
            origin=s.origin,
            phase=phase,
            flags=s.flags,
            seq=_counted(me, s.seq),
            ack=_counted(peer, s.ack) if s.ack is not None and s.flags & ACK else None,
            options=s.options,
            sender_state=sender_state,
            receiver_state=receiver_state,
            repeated=repeated,
            rides=rides,
        )
        self.steps.append((control, index))

    def _icmp(self, index: int, error: IcmpError) -> None:
        self.icmp_errors.append(error)
        side: Side = other("client" if error.src == self.client.endpoint else "server")
        phase: ControlPhase | None = "handshake" if not self.synack else None
        text = f"{error.version}/{error.type}/{error.code}"
        self.steps.append((Control(side, "ICMP", error.t, error.origin, phase, error=text), index))

    # -- the end -----------------------------------------------------------------------------------------------

    def _end(self) -> None:
        for end in (self.client, self.server):
            if end.stream.pending or end.waiting_fin is not None or end.owed > end.stream.next:
                upto = max([end.owed, *(p.offset for p in end.stream.pending)] + ([end.fin] if end.fin is not None else []))
                self._deliver(end, end.stream.lose(upto), self.last)
            if end.stream.conflicts:
                words = f"{end.stream.conflicts} segments of {end.endpoint} repeat bytes with other contents; the first copy is kept"
                self.findings.append(Finding(words, None))

    def _tell(self, arrived: dict[int, Nanoseconds], fates: dict[int, Fate]) -> None:
        """Facts that were known only later, onto the steps that they are of."""
        fates |= dict.fromkeys(self.presumed() - fates.keys(), "presumed lost")
        for i, (step, of) in enumerate(self.steps):
            if of is None or isinstance(step, Gap | Comment):
                continue
            again, at, fate, late = self.repeats.again.get(of), arrived.get(of), fates.get(of), of in self.late
            if again is not None or at is not None or fate is not None or late:
                changed = replace(step, again=again, arrived=at, fate=fate)
                self.steps[i] = (replace(changed, late=late) if isinstance(changed, Chunk) else changed, of)

    def presumed(self) -> set[int]:
        """The sendings that are presumed lost: sent again, and nothing says that they had arrived."""
        return {
            first
            for event, first in self.repeats.first_of.items()
            if self.repeats.again[event].spurious is not True and event not in self.repeats.both_came and self._left_here(event)
        }

    def _left_here(self, event: int) -> bool:
        """Was that packet captured at its sender? Only there does the first copy's absence tell of a loss."""
        sender = self.repeats.sender[event]
        return self.vantage.taken_at == self.side(sender)


def _counted(end: End, number: int) -> int | None:
    """A sequence number counted from the end's SYN; None where that SYN was not seen."""
    return end.offset(number) + 1 if end.isn is not None and end.base is not None else None


def _first(fins: Iterable[Packet]) -> dict[Endpoint, tuple[Segment, Nanoseconds | None]]:
    """The first FIN of each end, and when it arrived."""
    found: dict[Endpoint, tuple[Segment, Nanoseconds | None]] = {}
    for packet in fins:
        if isinstance(packet.event, Segment):
            found.setdefault(packet.event.src, (packet.event, packet.arrived))
    return found
