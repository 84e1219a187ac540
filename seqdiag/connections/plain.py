"""Conversations without TCP segments in, their steps out: UDP datagrams, and what a socket or a transcript line did.

A socket's acts are no packets: the opening and the close that they imply are inferred steps, and only those that
the source told of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from seqdiag.connections.connection import (
    Carried,
    Chunk,
    Comment,
    Connection,
    Control,
    ControlPhase,
    Count,
    HiddenRun,
    Side,
    Step,
    What,
    other,
)
from seqdiag.connections.states import CLOSED, ESTABLISHED, SYN_RECEIVED, SYN_SENT
from seqdiag.events import Datagram, Hidden, IcmpError, Remark, SocketAct, Tls
from seqdiag.provenance import Nanoseconds


def _runs(hidden: tuple[Hidden, ...], offset: int) -> tuple[HiddenRun, ...]:
    return tuple(HiddenRun(offset + h.offset, offset + h.offset + h.length, h.kind, h.shown) for h in hidden)


class DatagramConnection:
    """One UDP conversation. The client is who spoke first, unless a system port tells otherwise."""

    def __init__(self, number: int, first: Datagram) -> None:
        self.number = number
        self.members: list[int] = []
        self.a, self.b = first.src, first.dst
        self.origin = first.origin
        self.tunnel = first.tunnel
        self.steps: list[Step] = []
        self.offsets: dict[Side, int] = {"client": 0, "server": 0}
        self.packets: dict[Side, int] = {"client": 0, "server": 0}
        self.carried: list[Carried] = []
        self.icmp_errors: list[IcmpError] = []
        self.first: Nanoseconds | None = first.t
        self.last: Nanoseconds | None = first.t

    def datagram(self, index: int, d: Datagram) -> None:
        side: Side = "client" if d.src == self.a else "server"
        offset = self.offsets[side]
        self.packets[side] += 1
        self.carried.append(Carried(index, side, offset))
        if d.payload:
            self.steps.append(Chunk(side, offset, d.payload, d.t, d.origin, _runs(d.hidden, offset)))
        self.offsets[side] += len(d.payload)
        if d.t is not None:
            self.last = d.t if self.last is None else max(self.last, d.t)

    def icmp(self, index: int, error: IcmpError) -> None:
        self.icmp_errors.append(error)
        side: Side = "server" if error.src == self.a else "client"
        self.steps.append(Control(side, "ICMP", error.t, error.origin, error=f"{error.version}/{error.type}/{error.code}"))

    def comment(self, remark: Remark) -> None:
        self.steps.append(Comment(remark.text, remark.t, remark.origin))

    def finish(self) -> Connection:
        connection = Connection(
            number=self.number,
            transport="udp",
            client=self.a,
            server=self.b,
            client_known=True,
            steps=tuple(self.steps),
            packets=self.packets,
            bytes=dict(self.offsets),
            count=Count(),
            tunnel=self.tunnel,
            first=self.first,
            last=self.last,
            origin=self.origin,
            source=self.origin.source,
            icmp=tuple(self.icmp_errors),
            carried=tuple(self.carried),
            members=tuple(self.members),
        )
        low_a, low_b = 0 < self.a.port < 1024, 0 < self.b.port < 1024
        if low_a == low_b:
            return replace(connection, client_known=False)
        return connection.flipped() if low_a else connection


class SocketConnection:
    """One connection as a program saw it: a recorded socket, or the lines of a transcript."""

    def __init__(self, number: int, first: SocketAct) -> None:
        self.number = number
        self.members: list[int] = []
        self.mine: Side = "server" if first.act == "accepted" else "client"
        self.local, self.remote = first.local, first.remote
        self.origin = first.origin
        self.steps: list[Step] = []
        self.bytes: dict[Side, int] = {"client": 0, "server": 0}
        self.carried: list[Carried] = []
        self.first: Nanoseconds | None = None
        self.last: Nanoseconds | None = None
        self.base: dict[Side, int] = {"client": 0, "server": 0}
        self.layer: str | None = None
        self.moved: set[Side] = set()  # sides whose offsets count anew since the layer changed

    def event(self, index: int, event: SocketAct | Tls) -> None:
        if event.t is not None:
            self.first = event.t if self.first is None else self.first
            self.last = event.t
        if isinstance(event, Tls):
            self.steps.append(event)
            return
        if event.local.host and not self.local.host:
            self.local = event.local
        if event.remote.host and not self.remote.host:
            self.remote = event.remote
        ACTS[event.act](self, index, event)

    def _data(self, index: int, act: SocketAct) -> None:
        side = self.mine if act.act == "sent" else other(self.mine)
        # The plaintext inside TLS has offsets of its own; one stream is decoded, in the order of observation.
        if act.layer != self.layer:
            self.layer = act.layer
            self.moved = {"client", "server"}
        if side in self.moved:
            self.moved.remove(side)
            self.base[side] = self.bytes[side] - act.offset
        offset = self.base[side] + act.offset
        self.carried.append(Carried(index, side, offset))
        self.steps.append(
            Chunk(side, offset, act.payload, act.t, act.origin, _runs(act.hidden, offset), act.confidence, act.basis == "transcript")
        )
        self.bytes[side] = max(self.bytes[side], offset + len(act.payload))

    def _opened(self, index: int, act: SocketAct) -> None:
        self._control("client", "SYN", act, SYN_SENT, None)
        self._control("server", "SYN+ACK", act, SYN_RECEIVED, ESTABLISHED)
        self._control("client", "ACK", act, None, ESTABLISHED)

    def _closed(self, index: int, act: SocketAct) -> None:
        if act.act == "closed" and act.by is None:
            self.steps.append(Control("client", "closed", act.t, act.origin, "close", inferred=True))
            return
        side = other(self.mine) if act.by == "remote" else self.mine
        self._control(side, "FIN", act, None, None)

    def _reset(self, index: int, act: SocketAct) -> None:
        side = self.mine if act.by == "local" else other(self.mine)
        self._control(side, "RST", act, CLOSED, CLOSED)

    def _failed(self, index: int, act: SocketAct) -> None:
        self.steps.append(
            Control(self.mine, "failed", act.t, act.origin, "handshake", sender_state=SYN_SENT, inferred=True, error=act.error or "failed")
        )

    def _control(self, side: Side, what: What, act: SocketAct, sender: str | None, receiver: str | None) -> None:
        phase = PHASES[what]
        self.steps.append(Control(side, what, act.t, act.origin, phase, sender_state=sender, receiver_state=receiver, inferred=True))

    def comment(self, remark: Remark) -> None:
        self.steps.append(Comment(remark.text, remark.t, remark.origin))

    def finish(self) -> Connection:
        client, server = (self.local, self.remote) if self.mine == "client" else (self.remote, self.local)
        return Connection(
            number=self.number,
            transport="tcp",
            client=client,
            server=server,
            client_known=True,
            steps=tuple(self.steps),
            packets={"client": 0, "server": 0},
            bytes=self.bytes,
            count=Count(),
            first=self.first,
            last=self.last,
            origin=self.origin,
            source=self.origin.source,
            captured=False,
            carried=tuple(self.carried),
            members=tuple(self.members),
        )


PHASES: dict[str, ControlPhase] = {"SYN": "handshake", "SYN+ACK": "handshake", "ACK": "handshake", "FIN": "close", "RST": "abort"}

ACTS: Mapping[str, Callable[[SocketConnection, int, SocketAct], None]] = {
    "connected": SocketConnection._opened,
    "accepted": SocketConnection._opened,
    "sent": SocketConnection._data,
    "received": SocketConnection._data,
    "shut": SocketConnection._closed,
    "closed": SocketConnection._closed,
    "reset": SocketConnection._reset,
    "failed": SocketConnection._failed,
}
