"""What one conversation was: its ends, its steps in the order of observation, and how it opened and closed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from seqdiag.events import NO_OPTIONS, Confidence, Endpoint, IcmpError, Options, Tls, Tunnel
from seqdiag.provenance import Finding, Nanoseconds, Origin

Side: TypeAlias = Literal["client", "server"]
Opened: TypeAlias = Literal["handshake", "refused", "unanswered", "partial", "uncaptured"]
Closed: TypeAlias = Literal["fin", "half", "reset", "open"]
What: TypeAlias = Literal[
    "SYN",
    "SYN+ACK",
    "ACK",
    "FIN",
    "RST",
    "ICMP",
    "repeat",
    "late",
    "duplicate ACK",
    "window update",
    "zero window",
    "probe",
    "keep-alive",
    "keep-alive ACK",
    "copy",
    "corrupt",
    "closed",
    "failed",
]
"""`repeat`: stream bytes sent again, nothing new. `late`: a first sending that its own repeat has overtaken. `probe`: of a
zero window. `copy`: the same packet a second time, taken twice or doubled on the way. `corrupt`: a wrong checksum, beside a good copy."""
ControlPhase: TypeAlias = Literal["handshake", "close", "abort"]
TakenAt: TypeAlias = Literal["client", "server", "between", "both", "unknown"]
Fate: TypeAlias = Literal["lost", "presumed lost"]
Cause: TypeAlias = Literal["fast", "probe", "timeout"]


def other(side: Side) -> Side:
    return "server" if side == "client" else "client"


class HiddenRun(NamedTuple):
    """A run of stream bytes [start, end) that the input itself had hidden; never read them, only their place."""

    start: int
    end: int
    kind: str
    shown: str | None = None


class Again(msgspec.Struct, frozen=True, gc=False):
    """A segment that was sent before: when and where last, and why, as far as there is evidence.

    `after`: nanoseconds since that sending. It and `before` are None where it was not captured and later marks alone
    tell. `cause`: `fast` (three duplicate ACKs or a SACK came first), `probe` (the tail, while older bytes are open),
    `timeout` (a second silence about twice the first). `spurious`: the receiver had the bytes already, by a D-SACK
    (RFC 2883) or the echoed timestamp (RFC 3522); None where nothing tells.
    """

    after: Nanoseconds | None
    before: Origin | None
    cause: Cause | None = None
    spurious: bool | None = None


class Control(msgspec.Struct, frozen=True, gc=False):
    """A segment, or a part of one, that carries no bytes of the stream.

    `seq` and `ack` count from each side's SYN (RFC 9293 §3.4: the SYN is 0, the first byte 1); None where unknown.
    `phase` is None for a pure ACK, a keep-alive or a segment sent again in mid-dialogue. `sender_state` and
    `receiver_state`: the RFC 9293 state into which this brought that end, None where it did not change it ("CLOSING →
    TIME-WAIT" where it had passed through the first before).
    `inferred`: concluded from what a program said, not captured. `rides`: the same segment carried stream bytes.
    """

    side: Side
    what: What
    t: Nanoseconds | None
    origin: Origin
    phase: ControlPhase | None = None
    flags: int = 0
    seq: int | None = None
    ack: int | None = None
    options: Options = NO_OPTIONS
    sender_state: str | None = None
    receiver_state: str | None = None
    inferred: bool = False
    repeated: bool = False
    rides: bool = False
    error: str | None = None
    again: Again | None = None
    arrived: Nanoseconds | None = None
    fate: Fate | None = None


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """Bytes of one side's stream, once and in order. `t` is when they were seen, at `origin`."""

    side: Side
    offset: int
    data: bytes
    t: Nanoseconds | None
    origin: Origin
    hidden: tuple[HiddenRun, ...] = ()
    confidence: Confidence = "exact"
    inferred: bool = False
    again: Again | None = None
    arrived: Nanoseconds | None = None
    fate: Fate | None = None
    late: bool = False
    """Captured after bytes that follow it: out of order."""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """`length` bytes of one side's stream, from `offset`, that the source never held."""

    side: Side
    offset: int
    length: int
    t: Nanoseconds | None


class Comment(msgspec.Struct, frozen=True):
    """A remark that stands between the steps: a packet comment, a line between a transcript's messages."""

    text: str
    t: Nanoseconds | None
    origin: Origin | None


Step: TypeAlias = Control | Chunk | Gap | Tls | Comment


class Quality(msgspec.Struct, frozen=True):
    """What kind of capture this was. `copies`: frames held twice. `offloaded`: segments larger than the peer's MSS.

    `bad_checksums` counts those not explained by a network card that computes them (`open_checksums`: all of one
    sender's are wrong). `capture_lost`: bytes that the peer acknowledged and the capture never held.
    """

    copies: int = 0
    bad_checksums: int = 0
    open_checksums: tuple[Side, ...] = ()
    offloaded: int = 0
    snapped: int = 0
    one_sided: Side | None = None
    capture_lost: int = 0


class Alignment(msgspec.Struct, frozen=True):
    """How a second point's clock stands to the first's: its time minus ours at `epoch`, and how it drifts.

    `uncertainty`: nanoseconds that any transit time may be wrong by; the path's asymmetry cannot be observed, so it is
    at least half of the smallest round trip unless the clocks are known to agree.
    """

    epoch: Nanoseconds
    offset: Nanoseconds
    drift_ppm: float
    uncertainty: Nanoseconds
    steps: tuple[tuple[Nanoseconds, Nanoseconds], ...] = ()
    """Jumps of the second clock: (when by the first clock, by how much)."""


class Count(msgspec.Struct, frozen=True):
    """Frames of one connection, duplicates and retransmissions included; `gaps` counts holes in both streams."""

    syn: int = 0
    synack: int = 0
    fin: int = 0
    rst: int = 0
    retransmitted: int = 0
    gaps: int = 0


class Carried(NamedTuple):
    """Where the payload of `events[event]` (of the Recording) begins in one side's stream."""

    event: int
    side: Side
    offset: int


class Connection(msgspec.Struct, frozen=True):
    """A conversation. `opened` and `closed` are None where no packets were seen. `bytes`: each stream byte once."""

    number: int
    transport: Literal["tcp", "udp"]
    client: Endpoint
    server: Endpoint
    client_known: bool
    steps: tuple[Step, ...]
    packets: dict[Side, int]
    bytes: dict[Side, int]
    count: Count
    opened: Opened | None = None
    closed: Closed | None = None
    closed_by: Side | None = None
    tunnel: Tunnel | None = None
    first: Nanoseconds | None = None
    last: Nanoseconds | None = None
    origin: Origin | None = None
    source: str = ""
    captured: bool = True
    icmp: tuple[IcmpError, ...] = ()
    carried: tuple[Carried, ...] = ()
    members: tuple[int, ...] = ()
    """The indices of its events in the Recording."""
    findings: tuple[Finding, ...] = ()
    taken_at: TakenAt = "unknown"
    evidence: tuple[str, ...] = ()
    """What tells where the capture was taken, each a word of `connections.vantage`."""
    quality: Quality = Quality()
    alignment: Alignment | None = None
    legs: tuple[Nanoseconds, Nanoseconds] | None = None
    """Of an opening without repeats, as seen here: SYN to SYN-ACK (from here to the server and back), SYN-ACK to ACK (to
    the client and back). Their sum is the round trip, wherever the capture was taken."""

    def flipped(self) -> Connection:
        """The same conversation with client and server exchanged."""
        steps = tuple(
            step if isinstance(step, Tls | Comment) else msgspec.structs.replace(step, side=other(step.side)) for step in self.steps
        )
        return msgspec.structs.replace(
            self,
            client=self.server,
            server=self.client,
            steps=steps,
            packets={other(side): n for side, n in self.packets.items()},
            bytes={other(side): n for side, n in self.bytes.items()},
            closed_by=other(self.closed_by) if self.closed_by else None,
            carried=tuple(c._replace(side=other(c.side)) for c in self.carried),
        )


class Timeline:
    """When, and in which frames, the bytes of one side's stream were seen."""

    def __init__(self, steps: Sequence[Step], side: Side) -> None:
        self.chunks = [step for step in steps if isinstance(step, Chunk) and step.side == side]
        self.ends = [chunk.offset + len(chunk.data) for chunk in self.chunks]

    def between(self, start: int, end: int) -> list[Chunk]:
        """The chunks that hold the bytes [start, end)."""
        return self.chunks[bisect_right(self.ends, start) : bisect_left(self.ends, end) + 1]

    def when(self, start: int, end: int) -> tuple[Nanoseconds | None, Nanoseconds | None, tuple[Origin, ...]]:
        """The times of the first and last of the bytes [start, end), and the frames that brought them."""
        first = bisect_right(self.ends, start)
        last = bisect_left(self.ends, end)
        chunks = self.chunks[first : last + 1] or self.chunks[-1:]
        times = [chunk.t for chunk in chunks if chunk.t is not None]
        origins = tuple(dict.fromkeys(chunk.origin for chunk in chunks))
        return (chunks[0].t, max(times) if times else None, origins) if chunks else (None, None, ())
