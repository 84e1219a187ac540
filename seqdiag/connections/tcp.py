"""The segments of one TCP connection in, its steps out: control, chunks and gaps in the order of observation.

Nothing here is assumed of what was not seen: a phase that the capture lacks stays out, a hole is waited for until
the peer's own words prove that it was received. Rules: RFC 9293 §3.10, RFC 5961 §3 (resets).
"""

from __future__ import annotations

from msgspec.structs import replace

from seqdiag.connections import states
from seqdiag.connections.connection import (
    Carried,
    Chunk,
    Closed,
    Comment,
    Connection,
    Control,
    ControlPhase,
    Count,
    Gap,
    HiddenRun,
    Opened,
    Side,
    What,
)
from seqdiag.connections.reassembly import Piece, Reassembly
from seqdiag.events import ACK, FIN, RST, SYN, Endpoint, IcmpError, Remark, Segment
from seqdiag.provenance import Finding, Nanoseconds, Origin

LARGEST_WINDOW = 1 << 30

WINDOW = 1 << 20
"""How far past the bytes seen a reset may point where the window's scale is not known."""


class _End:
    """One end of a connection, as far as it has shown itself."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.isn: int | None = None
        self.base: int | None = None  # absolute sequence number of its stream's byte 0
        self.stream = Reassembly()
        self.state = states.CLOSED
        self.acked = 0  # the highest offset that the peer has acknowledged
        self.owed = 0  # what the peer's last data acknowledged beyond what was captured
        self.fin: int | None = None  # the offset of its FIN
        self.waiting_fin: Segment | None = None  # a FIN that waits for the data before it
        self.fin_sent = False
        self.synack_sent = False
        self.fin_acked = False
        self.packets = 0
        self.received = 0

    def offset(self, seq: int) -> int:
        """The offset of an absolute sequence number, unwrapped around what has been seen (RFC 9293 §3.4).

        No copy comes from further back than the largest window, 1 GiB (RFC 7323 §2.3): what looks older lies ahead,
        behind bytes that were not captured.
        """
        assert self.base is not None
        near = self.stream.next
        return near + ((seq - self.base - near + LARGEST_WINDOW) & 0xFFFFFFFF) - LARGEST_WINDOW


class TcpConnection:
    """Grows by `segment` and `icmp`; `finish` says what it was. `a` is the sender of the first frame."""

    def __init__(self, number: int, first: Segment) -> None:
        self.number = number
        self.members: list[int] = []
        self.tunnel = first.tunnel
        self.a, self.b = _End(first.src), _End(first.dst)
        self.opener: _End | None = None
        self.steps: list[tuple[_End, Control | Chunk | Gap | Comment]] = []
        self.sources: dict[int, Segment] = {}  # events by index, as long as a piece may still name them
        self.carried: list[tuple[int, _End, int]] = []
        self.findings: list[Finding] = []
        self.icmp_errors: list[IcmpError] = []
        self.syn = self.synack = self.fin = self.rst = self.retransmitted = self.gaps = 0
        self.first: Nanoseconds | None = None
        self.last: Nanoseconds | None = None
        self.origin: Origin = first.origin
        self.handshake_acked = False
        self.synack_matched = False
        self.reset_by: _End | None = None
        self.closer: _End | None = None

    # -- what belongs here -------------------------------------------------------------------------------------

    def reused_by(self, segment: Segment) -> bool:
        """A SYN that cannot be of this connection: another initial sequence number of the same end."""
        if segment.flags & (SYN | ACK | RST) != SYN:
            return False
        end = self._ends(segment)[0]
        if end.isn is not None:
            return end.isn != segment.seq
        return end.base is not None and end.base != (segment.seq + 1) & 0xFFFFFFFF

    def _ends(self, segment: Segment) -> tuple[_End, _End]:
        """The sender's end and the peer's."""
        return (self.a, self.b) if segment.src == self.a.endpoint else (self.b, self.a)

    def _peer(self, end: _End) -> _End:
        return self.b if end is self.a else self.a

    # -- one segment -------------------------------------------------------------------------------------------

    def segment(self, index: int, s: Segment) -> None:
        me, peer = self._ends(s)
        flags = s.flags
        me.packets += 1
        if s.t is not None:
            self.first = s.t if self.first is None else min(self.first, s.t)
            self.last = s.t if self.last is None else max(self.last, s.t)
        if s.ack is not None and flags & ACK and peer.base is None and not flags & RST:
            peer.base = s.ack
        if flags & RST:
            self.rst += 1
            self._reset(me, peer, s)
            return
        if flags & SYN:
            self._synchronise(me, peer, s)
        if me.base is None:
            me.base = s.seq
        start = me.offset((s.seq + 1) & 0xFFFFFFFF if flags & SYN else s.seq)
        if start < 0 and not me.stream.delivered and s.length > 1 and me.isn is None:
            me.base = s.seq  # begun in mid-stream: the peer's acknowledgment was ahead of these bytes
            start = 0
        acked_fin = self._acknowledge(me, peer, s)
        if flags & FIN:
            self.fin += 1
        if s.length:
            self._data(index, me, peer, s, start)
        if flags & FIN:
            self._finish_side(me, peer, s, start + s.length)
        elif not flags & SYN:
            self._ack(me, peer, s, start, acked_fin)

    def _synchronise(self, me: _End, peer: _End, s: Segment) -> None:
        repeated = me.isn == s.seq and (not s.flags & ACK or me.synack_sent)
        if me.isn is None:
            me.isn = s.seq
            if not me.stream.delivered:
                me.base = (s.seq + 1) & 0xFFFFFFFF
        elif me.isn != s.seq:
            self.findings.append(Finding("a SYN with another sequence number inside one connection", s.origin))
        if s.flags & ACK:
            self.synack += 1
            me.synack_sent = True
            if peer.isn is not None and s.ack is not None and peer.base is not None and peer.offset(s.ack) >= 0:
                self.synack_matched = True
            if self.opener is None:
                self.opener = peer
        else:
            self.syn += 1
            if self.opener is None:
                self.opener = me
        what: What = "SYN+ACK" if s.flags & ACK else "SYN"
        self._control(me, peer, s, what, "handshake", repeated=repeated, rides=bool(s.length))
        if not s.flags & ACK and me.isn is not None and peer.isn is not None:
            # a SYN after the SYN-ACK that answers it: the capture took them in the wrong order
            self.synack_matched = self.synack_matched or self.synack > 0

    def _acknowledge(self, me: _End, peer: _End, s: Segment) -> bool:
        """What this segment's acknowledgment proves. True where it acknowledges the peer's FIN for the first time."""
        if s.ack is None or not s.flags & ACK or peer.base is None:
            return False
        ack = peer.offset(s.ack)
        if ack > peer.stream.next + LARGEST_WINDOW:
            return False
        peer.acked = max(peer.acked, ack)
        data_ack = ack - 1 if peer.fin is not None and ack > peer.fin else ack
        if s.length or s.flags & FIN or (peer.fin is not None and ack > peer.fin):
            self._prove(peer, s, data_ack)
        if peer.fin is not None and ack > peer.fin and not peer.fin_acked:
            peer.fin_acked = True
            return True
        return False

    def _prove(self, peer: _End, s: Segment, ack: int) -> None:
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

    def _data(self, index: int, me: _End, peer: _End, s: Segment, start: int) -> None:
        stream = me.stream
        if not s.flags & SYN and s.length == 1 and start == stream.next - 1 and me.acked >= stream.next:
            self._control(me, peer, s, "keep-alive")
            return
        if me.fin is not None and start >= me.fin + 1:
            self.findings.append(Finding(f"{s.length} bytes after the sender's FIN", s.origin))
            return
        end = start + s.length
        self.carried.append((index, me, start))
        if end <= stream.next:
            self.retransmitted += 1
            self._control(me, peer, s, "repeat", repeated=True)
            stream.put(start, s.payload, s.length, index)  # only to compare the copy
            return
        pending = sum(1 for p in stream.pending if p.offset <= start and p.offset + p.length >= end)
        if pending:
            self.retransmitted += 1
        self.sources[index] = s
        self._deliver(me, stream.put(start, s.payload, s.length, index), s.t)

    def _deliver(self, end: _End, pieces: list[Piece], now: Nanoseconds | None) -> None:
        for piece in pieces:
            if piece.data is None or piece.tag is None:
                self.gaps += 1
                self.steps.append((end, Gap("client", piece.offset, piece.length, now)))
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
            self.steps.append((end, Chunk("client", piece.offset, piece.data, s.t, s.origin, runs)))
        if end.waiting_fin is not None and end.fin is not None and end.stream.next >= end.fin:
            s, end.waiting_fin = end.waiting_fin, None
            self._send_fin(end, s)

    def _finish_side(self, me: _End, peer: _End, s: Segment, offset: int) -> None:
        if me.fin is not None:
            self._control(me, peer, s, "FIN", "close", repeated=True, rides=bool(s.length))
            return
        me.fin = offset
        if self.closer is None:
            self.closer = me
        if me.stream.next < offset:
            me.waiting_fin = s  # ordered with the data it follows
        else:
            self._send_fin(me, s)

    def _send_fin(self, me: _End, s: Segment) -> None:
        me.fin_sent = True
        self._control(me, self._peer(me), replace(s, seq=s.seq + s.length), "FIN", "close", rides=bool(s.length))

    def _ack(self, me: _End, peer: _End, s: Segment, start: int, acked_fin: bool) -> None:
        """A pure ACK, or what the ACK of a segment with data means for the opening and the close."""
        keeps_alive = start == me.stream.next - 1 and me.acked >= me.stream.next > 0 and me.fin is None
        if not s.length and keeps_alive:
            self._control(me, peer, s, "keep-alive")
            return
        phase: ControlPhase | None = None
        if me is self.opener and self.synack and not self.handshake_acked and me.isn is not None:
            self.handshake_acked = True
            phase = "handshake"
        elif acked_fin:
            phase = "close"
        if phase or not s.length:
            self._control(me, peer, s, "ACK", phase, rides=bool(s.length))

    def _reset(self, me: _End, peer: _End, s: Segment) -> None:
        """RFC 5961 §3: a reset counts in the window only; the peer's window begins at what it has acknowledged."""
        if me.base is not None and (me.stream.delivered or me.isn is not None):
            offset = me.offset(s.seq)
            in_window = min(me.acked, me.stream.next) - 1 <= offset <= me.stream.next + WINDOW
        else:
            in_window = True
        if not in_window:
            self.findings.append(Finding("a reset outside the window, which the receiver ignores", s.origin))
            self._control(me, peer, s, "RST")
            return
        if s.payload:
            self.findings.append(Finding(f"the reset carries {s.length} bytes of text", s.origin))
        if self.reset_by is None:
            self.reset_by = me
        if self.closer is None:
            self.closer = me
        self._control(me, peer, s, "RST", "abort")

    # -- control steps and states ------------------------------------------------------------------------------

    def _control(
        self,
        me: _End,
        peer: _End,
        s: Segment,
        what: What,
        phase: ControlPhase | None = None,
        *,
        repeated: bool = False,
        rides: bool = False,
    ) -> None:
        before = me.state, peer.state
        if what in ("SYN", "SYN+ACK") and not repeated:
            me.state = states.after(me.state, f"send {what}")
            peer.state = states.after(peer.state, f"receive {what}")
        elif what == "FIN" and not repeated:
            self._assume_established(me, peer)
            before = me.state, peer.state
            me.state = states.after(me.state, "send FIN")
            covers = peer.fin_sent and peer.fin_acked
            peer.state = states.after(peer.state, "receive FIN+ACK of FIN" if covers else "receive FIN")
        elif what == "RST" and phase == "abort":
            me.state = peer.state = states.CLOSED
        elif what == "ACK" and phase == "handshake":
            peer.state = states.after(peer.state, "receive ACK of SYN")
        elif what == "ACK" and phase == "close":
            peer.state = states.after(peer.state, "receive ACK of FIN")
        self.steps.append(
            (
                me,
                Control(
                    "client",
                    what,
                    s.t,
                    s.origin,
                    phase,
                    s.flags,
                    self._count(me, s.seq),
                    self._count(peer, s.ack) if s.ack is not None and s.flags & ACK else None,
                    s.options,
                    me.state if me.state != before[0] else None,
                    peer.state if peer.state != before[1] else None,
                    repeated=repeated,
                    rides=rides,
                ),
            )
        )

    def _assume_established(self, me: _End, peer: _End) -> None:
        """An end that closes was open, whether or not the handshake was captured (or its last ACK rode on data)."""
        for end in (me, peer):
            if end.state in (states.CLOSED, states.LISTEN, states.SYN_SENT, states.SYN_RECEIVED) and self.reset_by is None:
                end.state = states.ESTABLISHED

    def _count(self, end: _End, number: int) -> int | None:
        """A sequence number counted from the end's SYN; None where that SYN was not seen."""
        if end.isn is None:
            return None
        return end.offset(number) + 1 if end.base is not None else None

    def comment(self, remark: Remark) -> None:
        self.steps.append((self.a, Comment(remark.text, remark.t, remark.origin)))

    # -- the end -----------------------------------------------------------------------------------------------

    def icmp(self, error: IcmpError) -> None:
        self.icmp_errors.append(error)
        target = self.b if error.src == self.a.endpoint else self.a
        phase: ControlPhase | None = "handshake" if not self.synack else None
        text = f"{error.version}/{error.type}/{error.code}"
        self.steps.append((target, Control("client", "ICMP", error.t, error.origin, phase, error=text)))

    def finish(self) -> Connection:
        for end in (self.a, self.b):
            if end.stream.pending or end.waiting_fin is not None or end.owed > end.stream.next:
                upto = max([end.owed, *(p.offset for p in end.stream.pending)] + ([end.fin] if end.fin is not None else []))
                self._deliver(end, end.stream.lose(upto), self.last)
            if end.stream.conflicts:
                self.findings.append(
                    Finding(
                        f"{end.stream.conflicts} segments of {end.endpoint} repeat bytes with other contents; the first copy is kept",
                        self.origin,
                    )
                )
        client, known = self._client()
        names: dict[int, Side] = {id(client): "client", id(self._peer(client)): "server"}
        server = self._peer(client)
        opened = self._opened()
        if opened == "handshake" and not self.handshake_acked and not any(isinstance(s, Chunk) and e is client for e, s in self.steps):
            self.findings.append(Finding("the last ACK of the handshake was not captured", self.origin))
        return Connection(
            number=self.number,
            transport="tcp",
            client=client.endpoint,
            server=server.endpoint,
            client_known=known,
            steps=tuple(step if isinstance(step, Comment) else replace(step, side=names[id(end)]) for end, step in self.steps),
            packets={"client": client.packets, "server": server.packets},
            bytes={"client": client.received, "server": server.received},
            count=Count(self.syn, self.synack, self.fin, self.rst, self.retransmitted, self.gaps),
            opened=opened,
            closed=self._closed(),
            closed_by=names[id(self.closer)] if self.closer is not None else None,
            tunnel=self.tunnel,
            first=self.first,
            last=self.last,
            origin=self.origin,
            source=self.origin.source,
            icmp=tuple(self.icmp_errors),
            carried=tuple(Carried(index, names[id(end)], offset) for index, end, offset in self.carried),
            findings=tuple(self.findings),
            members=tuple(self.members),
        )

    def _client(self) -> tuple[_End, bool]:
        if self.opener is not None:
            return self.opener, True
        low_a, low_b = 0 < self.a.endpoint.port < 1024, 0 < self.b.endpoint.port < 1024
        if low_a != low_b:  # IANA's system ports belong to servers
            return (self.b if low_a else self.a), True
        return self.a, False

    def _opened(self) -> Opened:
        if self.synack_matched:
            return "handshake"
        if not self.syn and not self.synack:
            return "uncaptured"
        if self.synack or any(isinstance(step, Chunk | Gap) for _, step in self.steps):
            return "partial"
        if any(isinstance(s, Control) and s.what in ("ACK", "FIN", "keep-alive") for _, s in self.steps):
            return "partial"
        if self.reset_by is not None and self.reset_by is not self.opener:
            return "refused"
        return "refused" if self.icmp_errors else "unanswered"

    def _closed(self) -> Closed:
        if self.a.fin is not None and self.b.fin is not None:
            return "fin"
        if self.reset_by is not None:
            return "reset"
        return "half" if self.a.fin is not None or self.b.fin is not None else "open"
