"""One TCP conversation: gathers its packets, and says in the end what it was. The walk itself is in `analysis`."""

from __future__ import annotations

from typing import Literal

from seqdiag.connections.analysis import Analysis, Packet
from seqdiag.connections.connection import Carried, Chunk, Closed, Connection, Control, Count, Gap, Opened
from seqdiag.connections.join import Joined, join
from seqdiag.connections.vantage import copies, same_packet, survey
from seqdiag.events import ACK, FIN, RST, SYN, Endpoint, IcmpError, Remark, Segment
from seqdiag.provenance import Finding


class TcpConnection:
    """Grows by `segment`, `icmp` and `comment`; `finish` says what it was."""

    def __init__(self, number: int, first: Segment) -> None:
        self.number = number
        self.tunnel = first.tunnel
        self.origin = first.origin
        self.point = first.point
        self.ends = first.src, first.dst
        self.packets: list[Packet] = []
        self.members: list[int] = []
        self.opener: Endpoint | None = None
        self.first_byte: dict[Endpoint, int] = {}
        """The sequence number of each end's stream as it was seen first."""
        self.synchronised: dict[Endpoint, int] = {}
        self.closed: set[Endpoint] = set()  # ends whose FIN was seen
        self.joint: Joined | None = None
        self.second: list[Packet] = []  # the other point's frames of it

    @property
    def segments(self) -> list[Segment]:
        return [packet.event for packet in self.packets if isinstance(packet.event, Segment)]

    def join(self, far: TcpConnection, synced: bool) -> None:
        """`far` is the same conversation, as a second point captured it."""
        here, there = self._once(), far._once()
        self.joint = joint = join([s for _, s in here], [s for _, s in there], synced)
        told = [packet for packet in (*self.packets, *far.packets) if not isinstance(packet.event, Segment)]
        self.second = [packet for packet in (*self.packets, *far.packets) if isinstance(packet.event, Segment)]
        self.packets = [
            Packet(
                (here[seen.a[0]] if seen.a else there[seen.b[0]])[0],
                seen.segment,
                seen.arrived if seen.arrived != seen.segment.t else None,  # what its sender's point did not see leave has no transit
                seen.fate,
            )
            for seen in joint.sightings
        ]
        for packet in told:  # errors and remarks, in their place by time
            at = next((i for i, p in enumerate(self.packets) if (p.event.t or 0) > (packet.event.t or 0)), len(self.packets))
            self.packets.insert(at, packet)
        self.members += far.members

    def reused_by(self, s: Segment) -> bool:
        """A SYN, or once both ends have closed a SYN-ACK, with another initial sequence number of the same end."""
        isn = self.synchronised.get(s.src)
        if s.flags & (SYN | ACK | RST) == SYN | ACK:
            return len(self.closed) == 2 and isn is not None and isn != s.seq
        if s.flags & (SYN | ACK | RST) != SYN:
            return False
        if isn is not None:
            return isn != s.seq
        base = self.first_byte.get(s.src)
        return base is not None and base != (s.seq + 1) & 0xFFFFFFFF

    def answered_by(self, s: Segment) -> bool:
        """Whether `s` acknowledges what its receiver sent here, and nothing came from its sender yet."""
        begin = self.first_byte.get(s.dst)
        if begin is None or s.ack is None or s.flags & RST or any(one.src == s.src for one in self.segments):
            return False
        reached = [(one.seq + one.occupied - begin) & 0xFFFFFFFF for one in self.segments]
        return (s.ack - begin) & 0xFFFFFFFF <= max(end for end in [0, *reached] if end < 1 << 31)

    def holds(self, s: Segment) -> bool:
        """Whether the same packet has just been captured here, before or behind a router."""
        last = self.segments[-1:]
        return any(same_packet(s, one) for one in last) if s.ip_id else False

    def segment(self, index: int, s: Segment) -> None:
        if s.flags & FIN:
            self.closed.add(s.src)
        if s.flags & SYN:
            self.synchronised.setdefault(s.src, s.seq)
            if self.opener is None:
                self.opener = s.dst if s.flags & ACK else s.src
        if not s.flags & RST:
            self.first_byte.setdefault(s.src, (s.seq + bool(s.flags & SYN)) & 0xFFFFFFFF)
            if s.ack is not None and s.flags & ACK:
                self.first_byte.setdefault(s.dst, s.ack)
        self.packets.append(Packet(index, s))

    def _once(self) -> list[tuple[int, Segment]]:
        """Every packet with its index, those that stand in the capture twice taken out."""
        segments = [(packet.at, packet.event) for packet in self.packets if isinstance(packet.event, Segment)]
        twice = copies([s for _, s in segments])
        return [one for i, one in enumerate(segments) if i not in twice]

    def icmp(self, index: int, error: IcmpError) -> None:
        self.packets.append(Packet(index, error))

    def comment(self, remark: Remark) -> None:
        self.packets.append(Packet(-1, remark))

    def finish(self) -> Connection:
        client, known = self._client()
        server = self.ends[1] if client == self.ends[0] else self.ends[0]
        vantage = survey(self.segments, client, server, _local(client.host) and _local(server.host))
        if self.joint is not None:
            vantage = vantage._replace(taken_at="both", evidence=("two captures",), copies=frozenset(), corrupt=frozenset(), legs=None)
        walk = Analysis(client, server, vantage)
        walk.walk(self.packets)
        if self.joint is None and (presumed := walk.presumed()):
            # Once more, knowing that those did not come: they moved no state at the other end.
            walk = Analysis(client, server, vantage)
            walk.walk([p._replace(fate="presumed lost") if p.at in presumed else p for p in self.packets])
        carried = [*walk.carried, *self._carried_twice(walk)]
        steps = tuple(step for step, _ in walk.steps)
        opened = _opened(walk)
        findings = list(walk.findings)
        if opened == "handshake" and not walk.handshake_acked and not any(isinstance(s, Chunk) and s.side == "client" for s in steps):
            findings.append(Finding("the last ACK of the handshake was not captured", self.origin))
        ways = [{s.tunnel for s in self.segments if s.src == end} for end in self.ends]
        if all(ways) and ways[0] != ways[1]:
            findings.append(Finding("its two directions do not travel in the same tunnel", self.origin))
        quality = vantage.quality
        if quality.copies:
            findings.append(Finding(f"{quality.copies} packets stand in the capture twice", self.origin))
        if quality.bad_checksums:
            findings.append(Finding(f"{quality.bad_checksums} segments have a wrong checksum", self.origin))
        sides: dict[int, Literal["client", "server"]] = {id(walk.client): "client", id(walk.server): "server"}
        return Connection(
            number=self.number,
            transport="tcp",
            client=client,
            server=server,
            client_known=known,
            steps=steps,
            packets={"client": walk.client.packets, "server": walk.server.packets},
            bytes={"client": walk.client.received, "server": walk.server.received},
            count=Count(walk.syn, walk.synack, walk.fin, walk.rst, walk.retransmitted, walk.gaps),
            opened=opened,
            closed=_closed(walk),
            closed_by=sides[id(walk.closer)] if walk.closer is not None and not walk.crossed else None,
            tunnel=self.tunnel,
            first=walk.first,
            last=walk.last,
            origin=self.origin,
            source=self.origin.source,
            icmp=tuple(walk.icmp_errors),
            carried=tuple(carried),
            members=tuple(self.members),
            findings=tuple(findings),
            taken_at=vantage.taken_at,
            evidence=vantage.evidence,
            quality=quality,
            legs=vantage.legs,
            alignment=self.joint.alignment if self.joint is not None else None,
        )

    def _carried_twice(self, walk: Analysis) -> list[Carried]:
        """Where the frames of both points stand in the streams, for those that the walk did not take."""
        known = {carried.event for carried in walk.carried}
        found = []
        for packet in self.second:
            s = packet.event
            if not isinstance(s, Segment) or not s.length or packet.at in known:
                continue
            end = walk.client if s.src in (walk.client.endpoint, self.ends[0]) and s.src != walk.server.endpoint else walk.server
            if end.base is not None:
                found.append(Carried(packet.at, walk.side(end), end.offset((s.seq + bool(s.flags & SYN)) & 0xFFFFFFFF)))
        return found

    def _client(self) -> tuple[Endpoint, bool]:
        """Who opened it; else who has no system port (RFC 6335 §6); else who was seen first."""
        if self.opener is not None:
            return self.opener, True
        low_a, low_b = (0 < end.port < 1024 for end in self.ends)
        if low_a != low_b:
            return self.ends[1 if low_a else 0], True
        return self.ends[0], False


def _local(host: str) -> bool:
    return host.startswith("127.") or host == "::1"


def _opened(walk: Analysis) -> Opened:
    if walk.synack_matched:
        return "handshake"
    if not walk.syn and not walk.synack:
        return "uncaptured"
    steps = [step for step, _ in walk.steps]
    said_more = any(isinstance(s, Chunk | Gap) or (isinstance(s, Control) and s.what not in ("SYN", "RST", "ICMP", "copy")) for s in steps)
    if walk.synack or said_more:
        return "partial"
    if walk.reset_by is not None and walk.reset_by is not walk.opener:
        return "refused"
    return "refused" if walk.icmp_errors else "unanswered"


def _closed(walk: Analysis) -> Closed:
    fins = [end.fin is not None for end in (walk.client, walk.server)]
    if all(fins):
        return "fin"
    if walk.reset_by is not None:
        return "reset"
    return "half" if any(fins) else "open"
