"""What was observed, and nothing that was concluded: the waist of the hourglass.

Every source yields these, the event list writes them one a line, and `connections` alone concludes from them.
Sequence numbers are absolute, as on the wire. `hidden` names payload bytes that redaction replaced by asterisks:
a decoder treats such a run as opaque and never reads the asterisks.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from seqdiag.provenance import Nanoseconds, Origin

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))
FLAG_LETTERS = ((SYN, "S"), (ACK, "A"), (FIN, "F"), (RST, "R"), (PSH, "P"), (URG, "U"), (ECE, "E"), (CWR, "C"))
"""The event list's letters in the event list's order (W, the window-update mark of some tools, is never set)."""


class Endpoint(NamedTuple):
    """A host (address as text, or a name where a transcript knows no more; "" unknown) and port (0 unknown)."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Hidden(NamedTuple):
    """A payload run that was replaced by asterisks: where, what kind of secret, and what may be told of it."""

    offset: int
    length: int
    kind: str
    shown: str | None = None


class Tunnel(msgspec.Struct, frozen=True):
    """What a packet travelled in, part of its conversation's key: `vlan`, `gre`, `vxlan`, ... `ends` sorted."""

    kind: str
    ends: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()


class Options(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """TCP options (RFC 9293 §3.2, RFC 7323, RFC 2018): MSS in bytes, window shift, SACK blocks, timestamps."""

    mss: int | None = None
    wscale: int | None = None
    sack_ok: bool = False
    sack: tuple[tuple[int, int], ...] = ()
    ts: tuple[int, int] | None = None
    fast_open: bool = False


NO_OPTIONS = Options()


class Segment(msgspec.Struct, frozen=True, gc=False):
    """One TCP segment as a capture saw it. `length` is the payload's on the wire; `payload` may be shorter (snaplen).

    `ttl` and `ip_id` are of the IP header (hop limit; no id in IPv6). `bad_checksum` is False where the whole segment was
    not captured, or the source does not tell.
    """

    origin: Origin
    t: Nanoseconds | None
    src: Endpoint
    dst: Endpoint
    flags: int
    seq: int
    ack: int | None
    window: int
    payload: bytes
    length: int
    options: Options = NO_OPTIONS
    tunnel: Tunnel | None = None
    hidden: tuple[Hidden, ...] = ()
    point: str = "p1"
    ttl: int | None = None
    ip_id: int | None = None
    bad_checksum: bool = False

    @property
    def occupied(self) -> int:
        """How many sequence numbers it takes: SYN and FIN count one each (RFC 9293 §3.4, SEG.LEN)."""
        return self.length + bool(self.flags & SYN) + bool(self.flags & FIN)


class Datagram(msgspec.Struct, frozen=True, gc=False):
    """One UDP datagram. `length` as in Segment."""

    origin: Origin
    t: Nanoseconds | None
    src: Endpoint
    dst: Endpoint
    payload: bytes
    length: int
    tunnel: Tunnel | None = None
    hidden: tuple[Hidden, ...] = ()
    point: str = "p1"


class IcmpError(msgspec.Struct, frozen=True):
    """An ICMP error and the segment or datagram that it quotes (`src` and `dst` are the quoted packet's)."""

    origin: Origin
    t: Nanoseconds | None
    reporter: str
    version: Literal[4, 6]
    type: int
    code: int
    transport: Literal["tcp", "udp"]
    src: Endpoint
    dst: Endpoint
    seq: int | None = None
    tunnel: Tunnel | None = None
    point: str = "p1"


Act: TypeAlias = Literal["connected", "accepted", "sent", "received", "shut", "closed", "reset", "failed"]
Basis: TypeAlias = Literal["capture", "syscall", "transcript"]
Confidence: TypeAlias = Literal["exact", "state", "guess"]


class SocketAct(msgspec.Struct, frozen=True, gc=False):
    """What a recorded socket or a transcript line did; never shown as a packet.

    `local` and `remote` are this socket's own ends: for a transcript, the client and the server. `received` with
    `closed`-like meaning: `shut` is this side's end of data, `closed` with `by` names who closed where the source
    tells ("local" or "remote").
    """

    origin: Origin
    t: Nanoseconds | None
    conn: str
    act: Act
    local: Endpoint
    remote: Endpoint
    payload: bytes = b""
    offset: int = 0
    by: Literal["local", "remote"] | None = None
    error: str | None = None
    basis: Basis = "syscall"
    confidence: Confidence = "exact"
    inferred: bool = False
    layer: Literal["tls"] | None = None
    hidden: tuple[Hidden, ...] = ()
    point: str = "p1"


class Tls(msgspec.Struct, frozen=True):
    """TLS began on a recorded socket: `how` is `starttls`, `stls` or `implicit`."""

    origin: Origin
    t: Nanoseconds | None
    conn: str
    how: str
    version: str | None = None
    cipher: str | None = None
    sni: str | None = None
    alpn: str | None = None
    point: str = "p1"


class Remark(msgspec.Struct, frozen=True):
    """A sentence that belongs to the recording, not to the wire.

    `about`: `finding` (given up on, or worth knowing), `damage` (so that `--strict` fails), `comment` (a packet
    comment or a line between a transcript's messages; drawn where it stands), `name` (the file's own name for an
    address: `subject` is the address).
    """

    origin: Origin | None
    t: Nanoseconds | None
    text: str
    about: Literal["finding", "damage", "comment", "name"] = "finding"
    subject: str | None = None
    conn: str | None = None
    point: str = "p1"


class Drop(msgspec.Struct, frozen=True):
    """The capture lost `count` packets here, by its own account."""

    origin: Origin | None
    t: Nanoseconds | None
    count: int
    point: str = "p1"


Event: TypeAlias = Segment | Datagram | IcmpError | SocketAct | Tls | Remark | Drop


class Point(msgspec.Struct, frozen=True):
    """A place of observation. `source` is the input's file name without its folder."""

    kind: Literal["capture", "client-socket", "server-socket", "relay", "transcript"]
    source: str
    clock: Literal["realtime", "monotonic", "capture", "none"] = "capture"
    resolution_ns: int = 1000


class Recording(msgspec.Struct):
    """All that one or several inputs gave: points of observation by name, and their events in order."""

    points: dict[str, Point]
    events: list[Event]
    redaction: Literal["none", "default", "strict"] = "none"


def flag_letters(flags: int) -> str:
    """`SA` for a SYN-ACK."""
    return "".join(letter for bit, letter in FLAG_LETTERS if flags & bit)
