"""Segments written as a play: who says what, in order; sequence numbers follow of themselves.

play = Playbook() >> c("S") >> s("SA") >> c("A") >> c("PA", b"QUIT\\r\\n")
assert story(play.connection()) == ["client SYN", ...]
"""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec.structs import replace

from seqdiag.connections import Connection, track
from seqdiag.connections.connection import Chunk, Control, Gap
from seqdiag.events import FLAG_LETTERS, Endpoint, IcmpError, Options, Segment
from seqdiag.provenance import Origin

CLIENT, SERVER = Endpoint("192.0.2.14", 53124), Endpoint("198.51.100.25", 25)
ISN = {CLIENT: 1000, SERVER: 5000}
BITS = {letter: bit for bit, letter in FLAG_LETTERS}


class Line(NamedTuple):
    """One segment to be. `seq` and `ack` override what the play would say; `ms` its time (20 ms after the one before).

    `sack` is in offsets from the peer's ISN, as `seq` would be with an ISN of 0.
    """

    who: Endpoint
    flags: str
    data: bytes = b""
    seq: int | None = None
    ack: int | None = None
    length: int | None = None
    ms: float | None = None
    win: int = 64240
    ts: tuple[int, int] | None = None
    sack: tuple[tuple[int, int], ...] = ()
    mss: int | None = None
    ttl: int | None = None
    id: int | None = None
    bad: bool = False


def c(flags: str, data: bytes = b"", **more: Any) -> Line:
    """The client sends."""
    return Line(CLIENT, flags, data, **more)


def s(flags: str, data: bytes = b"", **more: Any) -> Line:
    """The server sends."""
    return Line(SERVER, flags, data, **more)


class Lost(NamedTuple):
    """Sent, and not captured."""

    line: Line


def lost(line: Line) -> Lost:
    return Lost(line)


class Playbook:
    def __init__(self, **isn: int) -> None:
        start = {CLIENT: isn.get("client", ISN[CLIENT]), SERVER: isn.get("server", ISN[SERVER])}
        self.next = dict(start)
        self.got = {CLIENT: start[SERVER], SERVER: start[CLIENT]}  # what each end has of the other, unless overridden
        self.events: list[Segment | IcmpError] = []
        self.ms = 0.0

    def __rshift__(self, line: Line | Lost | IcmpError) -> Playbook:
        if isinstance(line, IcmpError):
            self.events.append(line)
            return self
        captured = not isinstance(line, Lost)
        said = line.line if isinstance(line, Lost) else line
        who, flags, data, seq, ack, length = said[:6]
        peer = SERVER if who == CLIENT else CLIENT
        bits = sum(BITS[letter] for letter in flags)
        size = len(data) if length is None else length
        number = self.next[who] if seq is None else seq
        acked = (self.next[peer] if ack is None else ack) & 0xFFFFFFFF if "A" in flags else None
        if captured:
            frame = len(self.events) + 1
            origin = Origin("play.pcap", frame)
            self.ms = self.ms + 20 if said.ms is None else said.ms
            options = Options(mss=said.mss, ts=said.ts, sack=said.sack)
            t = round(self.ms * 1_000_000)
            segment = Segment(origin, t, who, peer, bits, number & 0xFFFFFFFF, acked, said.win, data, size, options)
            self.events.append(replace(segment, ttl=said.ttl, ip_id=said.id, bad_checksum=said.bad))
        if seq is None:
            self.next[who] += size + ("S" in flags) + ("F" in flags)
        return self

    def connections(self) -> list[Connection]:
        return track(self.events).connections

    def connection(self) -> Connection:
        """The only one."""
        (connection,) = self.connections()
        return connection


def handshake(**isn: int) -> Playbook:
    return Playbook(**isn) >> c("S") >> s("SA") >> c("A")


def stream(connection: Connection, side: str) -> bytes:
    return b"".join(step.data for step in connection.steps if isinstance(step, Chunk) and step.side == side)


def story(connection: Connection) -> list[str]:
    """Every step in a few words; a change of state as `-> SENDER / RECEIVER`."""
    told = []
    for step in connection.steps:
        if isinstance(step, Chunk):
            told.append(f"{step.side} {step.data.decode('latin-1').strip()!r}")
        elif isinstance(step, Gap):
            told.append(f"{step.side} lacks {step.length}")
        elif isinstance(step, Control):
            states = f" -> {step.sender_state or ''} / {step.receiver_state or ''}" if step.sender_state or step.receiver_state else ""
            words = [step.side, step.what, *(["again"] if step.repeated and step.what != "repeat" else [])]
            told.append(" ".join(words) + (f" [{step.phase}]" if step.phase else "") + states)
    return told
