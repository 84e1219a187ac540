"""The lines of an event list in, a Recording out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import msgspec

from seqdiag.errors import InputError
from seqdiag.eventlist.lines import (
    ACTS,
    KINDS,
    VERSION,
    ActLine,
    AnyLine,
    ClockEntry,
    DatagramLine,
    DropLine,
    Header,
    IcmpLine,
    NoteLine,
    Payload,
    SegmentLine,
    Sniffed,
    TlsLine,
)
from seqdiag.events import (
    FLAG_LETTERS,
    NO_OPTIONS,
    Datagram,
    Drop,
    Endpoint,
    Event,
    IcmpError,
    Point,
    Recording,
    Remark,
    Segment,
    SocketAct,
    Tls,
    flag_letters,
)
from seqdiag.provenance import Origin

MAX_LINE = 16 << 20
"""Bytes of one line; a longer one is refused before it is parsed."""

BOM = b"\xef\xbb\xbf"
BITS = {letter: bit for bit, letter in FLAG_LETTERS} | {"W": 0}
FLAGS = {flag_letters(flags): flags for flags in range(256)}
REDACTIONS = ("none", "default", "strict")

_decode = msgspec.json.Decoder(AnyLine).decode
_decode_header = msgspec.json.Decoder(Header).decode
_sniff = msgspec.json.Decoder(Sniffed).decode


def read(stream: BinaryIO, name: str) -> Recording:
    """Every event of the list, in its order, with the Origins that it had when it was written.

    `name`: the list's own file name, for messages. A torn last line is dropped and said as a Remark about damage.
    Raises InputError, naming the line, for anything else that is not `seqdiag.events/1`.
    """
    sections = Sections()
    events = sections.recording.events
    number = 0
    for number, raw in enumerate(iter(lambda: stream.readline(MAX_LINE + 1), b""), 1):
        if number == 1:
            raw = raw.removeprefix(BOM)
        if len(raw) > MAX_LINE:
            raise InputError(f"{name}: line {number}: longer than {MAX_LINE >> 20} MiB")
        try:
            event = _event(raw, sections)
        except (ValueError, RecursionError) as error:
            if number > 1 and not raw.endswith(b"\n"):
                events.append(_torn(name, number, sections))
                break
            raise InputError(f"{name}: line {number}: {_one_line(error)}") from None
        if event is not None:
            events.append(event)
    if not sections.headers:
        raise InputError(f"{name}: {'no event list: no header in it' if number else 'empty file'}")
    return sections.recording


class Sections:
    """The headers so far. A list may hold several recordings, one behind the other: what a later header names anew
    (a point of another source, and the sockets seen there) gets a name of its own."""

    def __init__(self) -> None:
        self.recording = Recording({}, [])
        self.headers = 0
        self.names: dict[str, str] = {}
        self.suffix = ""

    def begin(self, header: Header) -> None:
        self.headers += 1
        known = self.recording.points
        points = {name: _point(header, name) for name in header.points}
        if any(known.get(name, point) != point for name, point in points.items()):
            self.suffix = f".{self.headers}"
        for name, point in points.items():
            self.names[name] = fresh = name if known.get(name, point) == point else name + self.suffix
            known[fresh] = point
        if self.headers == 1 or REDACTIONS.index(header.redaction) < REDACTIONS.index(self.recording.redaction):
            self.recording.redaction = header.redaction

    def point(self, name: str) -> str:
        try:
            return self.names[name]
        except KeyError:
            raise ValueError(f"no header names the point {name!r}" if self.headers else "no header before it") from None

    def conn(self, name: str | None) -> str:
        if name is None:
            raise ValueError("a socket's act without `conn`")
        return name + self.suffix


def _point(header: Header, name: str) -> Point:
    entry = header.points[name]
    clock = header.clocks.get(entry.clock) if entry.clock is not None else next(iter(header.clocks.values()), None)
    clock = clock or ClockEntry()
    return Point(entry.kind, entry.source, clock.source, clock.resolution_ns)


def _event(raw: bytes, sections: Sections) -> Event | None:
    """One line; None for a header, a blank line, or a kind that is not known."""
    try:
        line = _decode(raw)
    except msgspec.DecodeError:
        if not raw.strip():
            return None
        sniffed = _sniff(raw)
        if sniffed.seqdiag is not None:
            if sniffed.version is not None and sniffed.version != VERSION:
                raise ValueError(f"an event list of version {sniffed.version}; this program reads version {VERSION}") from None
            sections.begin(_decode_header(raw))
            return None
        if sniffed.ev is None or sniffed.ev in KINDS:
            raise
        if not sections.headers:
            raise ValueError("no header before it") from None
        return None
    return _READERS[type(line)](line, sections.point(line.point), sections)


def _torn(name: str, number: int, sections: Sections) -> Remark:
    point = next(reversed(sections.recording.points))
    return Remark(Origin(name, number), None, "the last line is torn and was dropped", "damage", point=point)


def _one_line(error: Exception) -> str:
    """A reason without line ends and controls, whatever the input put into it."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return "".join(c if c.isprintable() else "?" for c in str(error))[:300]


# ---------------------------------------------------------------- one kind of line each


def _payload(line: Payload) -> bytes:
    if line.text is not None:
        if line.b64 is not None:
            raise ValueError("both `text` and `b64`")
        payload = line.text.encode()
    else:
        payload = line.b64 or b""
    if len(payload) + line.cut != line.len:
        raise ValueError(f"`len` is {line.len}, but there are {len(payload)} bytes and {line.cut} are cut")
    for run in line.hidden:
        if run.offset < 0 or run.length < 0 or run.offset + run.length > line.len:
            raise ValueError(f"a hidden run of {run.length} bytes at {run.offset} lies outside the {line.len} bytes")
    return payload


def _flags(letters: str) -> int:
    flags = FLAGS.get(letters)
    if flags is None:
        if not BITS.keys() >= set(letters):
            raise ValueError(f"unknown letters in the flags {letters!r}")
        flags = 0
        for letter in letters:
            flags |= BITS[letter]
    return flags


def _origin(line: AnyLine) -> Origin:
    """Where the fact comes from; a list of another writer may leave it out, and `n` counts then."""
    return line.origin or Origin(line.point, line.n)


def _segment(line: SegmentLine, point: str, sections: Sections) -> Segment:
    return Segment(
        origin=_origin(line),
        t=line.t,
        src=Endpoint(*line.src),
        dst=Endpoint(*line.dst),
        flags=_flags(line.flags),
        seq=line.seq,
        ack=line.ack,
        window=line.win,
        payload=_payload(line),
        length=line.len,
        options=line.opts or NO_OPTIONS,
        tunnel=line.tunnel,
        hidden=line.hidden,
        point=point,
        ttl=line.ttl,
        ip_id=line.id,
        bad_checksum=line.badsum,
    )


def _datagram(line: DatagramLine, point: str, sections: Sections) -> Datagram:
    return Datagram(
        origin=_origin(line),
        t=line.t,
        src=Endpoint(*line.src),
        dst=Endpoint(*line.dst),
        payload=_payload(line),
        length=line.len,
        tunnel=line.tunnel,
        hidden=line.hidden,
        point=point,
    )


def _icmp(line: IcmpLine, point: str, sections: Sections) -> IcmpError:
    return IcmpError(
        origin=_origin(line),
        t=line.t,
        reporter=line.reporter,
        version=line.version,
        type=line.type,
        code=line.code,
        transport=line.transport,
        src=Endpoint(*line.src),
        dst=Endpoint(*line.dst),
        seq=line.seq,
        tunnel=line.tunnel,
        point=point,
    )


def _act(line: ActLine, point: str, sections: Sections) -> SocketAct:
    if line.cut:
        raise ValueError("a socket's act with `cut` bytes")
    return SocketAct(
        origin=_origin(line),  # type: ignore[arg-type]
        t=line.t,
        conn=sections.conn(line.conn),
        act=_ACT_NAMES[type(line)],  # type: ignore[arg-type]
        local=Endpoint(*line.local),
        remote=Endpoint(*line.remote),
        payload=_payload(line),
        offset=line.off,
        by=line.by,
        error=line.errno,
        basis=line.basis,
        confidence=line.conf,
        inferred=line.prov == "inferred",
        layer=line.layer,
        hidden=line.hidden,
        point=point,
    )


def _tls(line: TlsLine, point: str, sections: Sections) -> Tls:
    return Tls(
        origin=_origin(line),
        t=line.t,
        conn=sections.conn(line.conn),
        how=line.how,
        version=line.version,
        cipher=line.cipher,
        sni=line.sni,
        alpn=line.alpn,
        point=point,
    )


def _note(line: NoteLine, point: str, sections: Sections) -> Remark:
    return Remark(
        origin=line.origin,
        t=line.t,
        text=line.text,
        about=line.about,
        subject=line.subject,
        conn=line.conn and sections.conn(line.conn),
        point=point,
    )


def _drop(line: DropLine, point: str, sections: Sections) -> Drop:
    return Drop(origin=line.origin, t=line.t, count=line.count, point=point)


_ACT_NAMES = {kind: name for name, kind in ACTS.items()}
_READERS: Mapping[type[Any], Callable[[Any, str, Sections], Event]] = {
    SegmentLine: _segment,
    DatagramLine: _datagram,
    IcmpLine: _icmp,
    TlsLine: _tls,
    NoteLine: _note,
    DropLine: _drop,
    **dict.fromkeys(_ACT_NAMES, _act),
}
