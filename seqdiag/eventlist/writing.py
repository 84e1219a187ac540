"""A Recording in, the lines of an event list out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from seqdiag.eventlist.lines import (
    ACTS,
    VERSION,
    ClockEntry,
    DatagramLine,
    DropLine,
    Header,
    IcmpLine,
    Line,
    NoteLine,
    PointEntry,
    SegmentLine,
    TlsLine,
)
from seqdiag.events import (
    NO_OPTIONS,
    Datagram,
    Drop,
    Endpoint,
    Event,
    IcmpError,
    Recording,
    Remark,
    Segment,
    SocketAct,
    Tls,
    Tunnel,
    flag_letters,
)

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that `text` never holds: all controls but tab, LF and CR."""

_encode = msgspec.json.Encoder().encode


def write(recording: Recording, generator: str) -> Iterator[bytes]:
    """The file's lines, each ending in LF; `generator` names the program and its version."""
    clock_of: dict[str, str] = {}
    clocks: dict[ClockEntry, str] = {}
    for name, point in recording.points.items():
        clock_of[name] = clocks.setdefault(ClockEntry(point.clock, point.resolution_ns), f"k{len(clocks) + 1}")
    yield _line(
        Header(
            seqdiag="events",
            version=VERSION,
            generator=generator,
            points={name: PointEntry(point.kind, point.source, clock_of[name]) for name, point in recording.points.items()},
            clocks={name: clock for clock, name in clocks.items()},
            redaction=recording.redaction,
        )
    )
    counts = dict.fromkeys(recording.points, 0)
    conns = Conversations(recording.events)
    for event in recording.events:
        counts[event.point] = n = counts[event.point] + 1
        yield _line(_WRITERS[type(event)](event, n, clock_of[event.point], conns))


def _line(value: Header | Line) -> bytes:
    return _encode(value) + b"\n"


class Conversations:
    """Packets in, `c1`, `c2`, ... out, by addresses, ports and tunnel as first seen; names that sockets use are kept clear."""

    def __init__(self, events: list[Event]) -> None:
        self.names: dict[tuple[str, Endpoint, Endpoint, Tunnel | None], str] = {}
        self.taken = {event.conn for event in events if isinstance(event, SocketAct | Tls | Remark)}
        self.last = 0

    def name(self, transport: str, src: Endpoint, dst: Endpoint, tunnel: Tunnel | None) -> str:
        key = (transport, src, dst, tunnel)
        name = self.names.get(key)
        if name is None:
            self.last += 1
            while f"c{self.last}" in self.taken:
                self.last += 1
            name = self.names[key] = self.names[transport, dst, src, tunnel] = f"c{self.last}"
        return name


def _text(payload: bytes) -> str | None:
    """The payload as text, or None where it must be written as base64 (or is empty)."""
    if not payload:
        return None
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    return None if CONTROL.search(text) else text


def _write_segment(event: Segment, n: int, clock: str, conns: Conversations) -> Line:
    payload = event.payload
    text = _text(payload)
    return SegmentLine(
        n=n,
        point=event.point,
        clock=clock,
        t=event.t,
        conn=conns.name("tcp", event.src, event.dst, event.tunnel),
        origin=event.origin,
        len=event.length,
        cut=event.length - len(payload),
        text=text,
        b64=payload if payload and text is None else None,
        hidden=event.hidden,
        src=event.src,
        dst=event.dst,
        flags=flag_letters(event.flags),
        seq=event.seq,
        ack=event.ack,
        win=event.window,
        opts=event.options if event.options != NO_OPTIONS else None,
        tunnel=event.tunnel,
        ttl=event.ttl,
        id=event.ip_id,
        badsum=event.bad_checksum,
    )


def _write_datagram(event: Datagram, n: int, clock: str, conns: Conversations) -> Line:
    payload = event.payload
    text = _text(payload)
    return DatagramLine(
        n=n,
        point=event.point,
        clock=clock,
        t=event.t,
        conn=conns.name("udp", event.src, event.dst, event.tunnel),
        origin=event.origin,
        len=event.length,
        cut=event.length - len(payload),
        text=text,
        b64=payload if payload and text is None else None,
        hidden=event.hidden,
        src=event.src,
        dst=event.dst,
        tunnel=event.tunnel,
    )


def _write_icmp(event: IcmpError, n: int, clock: str, conns: Conversations) -> Line:
    return IcmpLine(
        n=n,
        point=event.point,
        clock=clock,
        t=event.t,
        conn=conns.name(event.transport, event.src, event.dst, event.tunnel),
        origin=event.origin,
        reporter=event.reporter,
        version=event.version,
        type=event.type,
        code=event.code,
        transport=event.transport,
        src=event.src,
        dst=event.dst,
        seq=event.seq,
        tunnel=event.tunnel,
    )


def _write_act(event: SocketAct, n: int, clock: str, conns: Conversations) -> Line:
    payload = event.payload
    text = _text(payload)
    return ACTS[event.act](
        n=n,
        point=event.point,
        clock=clock,
        t=event.t,
        conn=event.conn,
        origin=event.origin,
        len=len(payload),
        text=text,
        b64=payload if payload and text is None else None,
        hidden=event.hidden,
        local=event.local,
        remote=event.remote,
        off=event.offset,
        by=event.by,
        errno=event.error,
        layer=event.layer,
        prov="inferred" if event.inferred else "observed",
        basis=event.basis,
        conf=event.confidence,
    )


def _write_tls(event: Tls, n: int, clock: str, conns: Conversations) -> Line:
    return TlsLine(
        n=n,
        point=event.point,
        clock=clock,
        t=event.t,
        conn=event.conn,
        origin=event.origin,
        how=event.how,
        version=event.version,
        cipher=event.cipher,
        sni=event.sni,
        alpn=event.alpn,
    )


def _write_remark(event: Remark, n: int, clock: str, conns: Conversations) -> Line:
    return NoteLine(
        n=n,
        point=event.point,
        clock=clock,
        t=event.t,
        conn=event.conn,
        origin=event.origin,
        text=event.text,
        about=event.about,
        subject=event.subject,
    )


def _write_drop(event: Drop, n: int, clock: str, conns: Conversations) -> Line:
    return DropLine(n=n, point=event.point, clock=clock, t=event.t, origin=event.origin, count=event.count)


_WRITERS: Mapping[type[Any], Callable[[Any, int, str, Conversations], Line]] = {
    Segment: _write_segment,
    Datagram: _write_datagram,
    IcmpError: _write_icmp,
    SocketAct: _write_act,
    Tls: _write_tls,
    Remark: _write_remark,
    Drop: _write_drop,
}
