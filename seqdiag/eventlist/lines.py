"""The lines of an event list as they stand in the file: one type a kind of event, and the JSON Schema made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from seqdiag.events import Basis, Confidence, Hidden, Options, Tunnel
from seqdiag.provenance import Origin

VERSION = 1

Redaction: TypeAlias = Literal["none", "default", "strict"]
Time: TypeAlias = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Size: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Sequence: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 32) - 1)]
Short: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Ends: TypeAlias = tuple[str, Short]


class PointEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A point of observation; `clock` names one of the header's clocks."""

    kind: Literal["capture", "client-socket", "server-socket", "relay", "transcript"]
    source: str
    clock: str | None = None


class ClockEntry(msgspec.Struct, frozen=True):
    """Where times come from, and how finely they tell, in nanoseconds."""

    source: Literal["realtime", "monotonic", "capture", "none"] = "capture"
    resolution_ns: Size = 1000


class Header(msgspec.Struct, frozen=True):
    """Line 1, and wherever another recording was appended."""

    seqdiag: Literal["events"]
    version: int
    generator: str
    points: dict[str, PointEntry]
    clocks: dict[str, ClockEntry] = {}
    redaction: Redaction = "none"


class Line(msgspec.Struct, tag_field="ev", kw_only=True, omit_defaults=True):
    """What every event line has: `n` rises per point, `t` is nanoseconds since the epoch, or null without a clock."""

    n: int = 0
    point: str
    clock: str | None = None
    t: Time | None
    conn: str | None = None
    origin: Origin | None = None


class Payload(Line, kw_only=True):
    """Bytes: `text` where they are UTF-8 without control characters but tab, CR and LF, else `b64`. `len` is the
    length on the wire, of which `cut` bytes were left out. `hidden` lists [offset, length, kind, shown] of runs that
    are asterisks here."""

    len: Size = 0
    cut: Size = 0
    text: str | None = None
    b64: bytes | None = None
    hidden: tuple[Hidden, ...] = ()


class SegmentLine(Payload, tag="segment", kw_only=True):
    """One TCP segment of a capture; `seq` and `ack` as on the wire, `win` the raw field, `flags` of SAFRPUECW.

    `ttl` and `id` are of the IP header; `badsum`: the TCP checksum is wrong."""

    len: Size
    src: Ends
    dst: Ends
    flags: str
    seq: Sequence
    ack: Sequence | None
    win: Short
    opts: Options | None = None
    tunnel: Tunnel | None = None
    ttl: Short | None = None
    id: Short | None = None
    badsum: bool = False


class DatagramLine(Payload, tag="datagram", kw_only=True):
    """One UDP datagram of a capture."""

    len: Size
    src: Ends
    dst: Ends
    tunnel: Tunnel | None = None


class IcmpLine(Line, tag="icmp", kw_only=True):
    """An ICMP error; `src`, `dst` and `seq` are the quoted packet's."""

    reporter: str
    version: Literal[4, 6]
    type: int
    code: int
    transport: Literal["tcp", "udp"]
    src: Ends
    dst: Ends
    seq: Sequence | None = None
    tunnel: Tunnel | None = None


class ActLine(Payload, kw_only=True):
    """What a recorded socket, or a transcript's line, did. `off`: offset of the first byte in its direction."""

    local: Ends
    remote: Ends
    off: Size = 0
    by: Literal["local", "remote"] | None = None
    errno: str | None = None
    layer: Literal["tls"] | None = None
    prov: Literal["observed", "inferred"] = "observed"
    basis: Basis = "syscall"
    conf: Confidence = "exact"


class Connected(ActLine, tag="connected", kw_only=True): ...


class Accepted(ActLine, tag="accepted", kw_only=True): ...


class Sent(ActLine, tag="sent", kw_only=True): ...


class Received(ActLine, tag="received", kw_only=True): ...


class Shut(ActLine, tag="shut", kw_only=True): ...


class Closed(ActLine, tag="closed", kw_only=True): ...


class Reset(ActLine, tag="reset", kw_only=True): ...


class Failed(ActLine, tag="failed", kw_only=True): ...


class TlsLine(Line, tag="tls", kw_only=True):
    """TLS began on a recorded socket."""

    how: str
    version: str | None = None
    cipher: str | None = None
    sni: str | None = None
    alpn: str | None = None


class NoteLine(Line, tag="note", kw_only=True):
    """A sentence about the recording."""

    text: str
    about: Literal["finding", "damage", "comment", "name"] = "finding"
    subject: str | None = None


class DropLine(Line, tag="drop", kw_only=True):
    """The capture lost `count` packets here."""

    count: Size


ACTS: dict[str, type[ActLine]] = {
    "connected": Connected,
    "accepted": Accepted,
    "sent": Sent,
    "received": Received,
    "shut": Shut,
    "closed": Closed,
    "reset": Reset,
    "failed": Failed,
}
AnyAct: TypeAlias = Connected | Accepted | Sent | Received | Shut | Closed | Reset | Failed
AnyLine: TypeAlias = SegmentLine | DatagramLine | IcmpLine | AnyAct | TlsLine | NoteLine | DropLine
KINDS = frozenset({"segment", "datagram", "icmp", "tls", "note", "drop", *ACTS})


class Sniffed(msgspec.Struct):
    """As much of any line as tells what it is."""

    ev: str | None = None
    seqdiag: str | None = None
    version: int | None = None


def schema() -> dict[str, Any]:
    """The JSON Schema of one line, made from the types above."""
    (header, line), components = msgspec.json.schema_components([Header, AnyLine], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"One line of an event list, seqdiag.events/{VERSION}",
        "anyOf": [header, line],
        "$defs": components,
    }
