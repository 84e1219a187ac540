"""Events in, Connections out: which event belongs to which conversation. What each one was, `tcp` and `plain` say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from seqdiag.connections.connection import Connection
from seqdiag.connections.join import same
from seqdiag.connections.plain import DatagramConnection, SocketConnection
from seqdiag.connections.tcp import TcpConnection
from seqdiag.events import Datagram, Drop, Endpoint, Event, IcmpError, Remark, Segment, SocketAct, Tls, Tunnel
from seqdiag.provenance import Finding


class Tracked(NamedTuple):
    """`connections` in order of their first frame. `findings`: what concerns no single one of them."""

    connections: list[Connection]
    findings: list[Finding]


Ends = tuple[str, str, Endpoint, Endpoint]
Key = tuple[str, str, Endpoint, Endpoint, Tunnel | None]
Conversation = TcpConnection | DatagramConnection | SocketConnection


def _key(point: str, transport: str, a: Endpoint, b: Endpoint, tunnel: Tunnel | None) -> Key:
    return (point, transport, a, b, tunnel) if a <= b else (point, transport, b, a, tunnel)


class Tracker:
    """Feed it every event with its index; `finish` gives the conversations."""

    def __init__(self, synced: bool = False) -> None:
        self.synced = synced
        self.open: dict[Key, TcpConnection | DatagramConnection] = {}
        self.by_ends: dict[Ends, list[TcpConnection]] = {}
        self.sockets: dict[tuple[str, str], SocketConnection] = {}
        self.all: list[Conversation] = []
        self.findings: list[Finding] = []
        self.latest: Conversation | None = None

    def event(self, index: int, event: Event) -> None:
        if isinstance(event, Segment):
            key = _key(event.point, "tcp", event.src, event.dst, event.tunnel)
            tcp = self.open.get(key)
            if not isinstance(tcp, TcpConnection) or tcp.reused_by(event):
                tcp = self.open[key] = self._other_way(key, event) or self._begun(key, event)
            tcp.segment(index, event)
            self._joined(index, tcp)
        elif isinstance(event, Datagram):
            key = _key(event.point, "udp", event.src, event.dst, event.tunnel)
            udp = self.open.get(key)
            if not isinstance(udp, DatagramConnection):
                udp = self.open[key] = DatagramConnection(len(self.all) + 1, event)
                self.all.append(udp)
            udp.datagram(index, event)
            self._joined(index, udp)
        elif isinstance(event, SocketAct | Tls):
            self._socket(index, event)
        elif isinstance(event, IcmpError):
            quoted = self.open.get(_key(event.point, event.transport, event.src, event.dst, event.tunnel))
            if quoted is not None:
                quoted.icmp(index, event)
                self._joined(index, quoted)
            else:
                self.findings.append(
                    Finding(f"an ICMP error about {event.src} to {event.dst}, of which nothing was captured", event.origin)
                )
        elif isinstance(event, Remark):
            self._remark(index, event)
        elif isinstance(event, Drop):
            self.findings.append(Finding(f"the capture lost {event.count} packets, by its own account", event.origin))

    def _other_way(self, key: Key, event: Segment) -> TcpConnection | None:
        """The conversation that travels in another tunnel, or in none, too: told by its numbers, which nobody guesses.

        Its other direction does, or a router passed it from one network to another and both were captured.
        """
        others = (one for one in self.by_ends.get(key[:4], ()) if one.tunnel != event.tunnel)
        return next((one for one in others if one.answered_by(event) or one.holds(event)), None)

    def _begun(self, key: Key, event: Segment) -> TcpConnection:
        begun = TcpConnection(len(self.all) + 1, event)
        self.all.append(begun)
        self.by_ends.setdefault(key[:4], []).append(begun)
        return begun

    def _socket(self, index: int, event: SocketAct | Tls) -> None:
        key = event.point, event.conn
        connection = self.sockets.get(key)
        if connection is None:
            if isinstance(event, Tls):
                return
            connection = self.sockets[key] = SocketConnection(len(self.all) + 1, event)
            self.all.append(connection)
        connection.event(index, event)
        self._joined(index, connection)

    def _joined(self, index: int, conversation: Conversation) -> None:
        conversation.members.append(index)
        self.latest = conversation

    def _remark(self, index: int, remark: Remark) -> None:
        if remark.about == "comment" and self.latest is not None:
            self.latest.comment(remark)
            self.latest.members.append(index)
        elif remark.about == "name":
            self.findings.append(Finding(f"the file names {remark.subject} {remark.text!r}", remark.origin))
        else:
            self.findings.append(Finding(remark.text, remark.origin, damage=remark.about == "damage"))

    def finish(self) -> Tracked:
        kept = self._paired()
        for number, conversation in enumerate(kept, 1):
            conversation.number = number
        return Tracked([conversation.finish() for conversation in kept], self.findings)

    def _paired(self) -> list[Conversation]:
        """The conversations, those that two points captured as one."""
        kept: list[Conversation] = []
        by_opening: dict[object, list[TcpConnection]] = {}
        for conversation in self.all:
            if isinstance(conversation, TcpConnection):
                marks = (frozenset(conversation.ends), frozenset(conversation.synchronised.values()))
                candidates = [one for mark in marks for one in by_opening.get(mark, ()) if one.point != conversation.point]
                first = next((one for one in candidates if one.joint is None and same(one.segments, conversation.segments)), None)
                if first is not None:
                    first.join(conversation, self.synced)
                    continue
                for mark in marks:
                    by_opening.setdefault(mark, []).append(conversation)
            kept.append(conversation)
        return kept


def track(events: Iterable[Event], synced: bool = False) -> Tracked:
    """All events of one Recording, in order. `synced`: the clocks of its points are known to agree."""
    tracker = Tracker(synced)
    for index, event in enumerate(events):
        tracker.event(index, event)
    return tracker.finish()
