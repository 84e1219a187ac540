"""The walk through one frame's layers: what all layers share while a frame is in hand.

A layer is a function `(walk, data, at, end) -> Event | None`: its bytes begin at `at` and ended at `end` on the wire,
which may lie behind `len(data)` where the capture cut the frame. It returns the event of the layer above it, or
counts what it is instead (`walk.other`, `walk.malformed`): every frame becomes one event or one count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from seqdiag.events import Datagram, Endpoint, IcmpError, Segment, Tunnel
from seqdiag.provenance import Nanoseconds, Origin
from seqdiag.sources.capture.addresses import address

if TYPE_CHECKING:
    from seqdiag.sources.capture.fragments import Fragments
    from seqdiag.sources.capture.frame import Frame
    from seqdiag.sources.capture.tally import Tally

MAX_TUNNELS = 8
MAX_CACHED = 1 << 16
"""Flows whose endpoints are kept as text."""

Packet: TypeAlias = Segment | Datagram | IcmpError
Layer: TypeAlias = "Callable[[Walk, bytes, int, int], Packet | None]"
Transport: TypeAlias = "Callable[[Walk, bytes, int, int, bytes], Packet | None]"
"""A layer above IP; the last argument is the packed source and destination address, joined."""


class Inner(NamedTuple):
    """What a UDP payload turned out to carry: a tunnel's kind and ids, and the layer that begins at `at`."""

    kind: str
    ids: tuple[int, ...]
    layer: Layer
    at: int


Opener: TypeAlias = "Callable[[Walk, bytes, int, int], Inner | None]"
"""Looks at a UDP payload on a tunnel's port; None: no tunnelled packet, a datagram like any other."""


class Tables(NamedTuple):
    """What may follow what, by number (dissector.py fills them)."""

    links: Mapping[int, Layer]
    other_links: Mapping[int, str]
    ethertypes: Mapping[int, Layer]
    ppp: Mapping[int, Layer]
    ip: Mapping[int, Transport]
    udp: Mapping[int, Opener]


class Walk:
    """The state of one capture's dissection: the frame in hand, its tunnels, caches, and the tally of losses."""

    def __init__(self, name: str, tables: Tables, tally: Tally, fragments: Fragments) -> None:
        self.name = name
        self.tables = tables
        self.links, self.other_links, self.ethertypes, self.ppp, self.ip, self.udp = tables
        self.tally = tally
        self.fragments = fragments
        self.number = 0
        self.wire = 0
        self.t: Nanoseconds | None = None
        self.ttl = 0  # of the innermost IP header
        self.ip_id: int | None = None
        self.outer: tuple[tuple[str, bytes, tuple[int, ...]], ...] = ()
        self.flows: dict[bytes, tuple[Endpoint, Endpoint]] = {}
        self.tunnels: dict[object, Tunnel] = {}

    def frame(self, frame: Frame) -> Packet | None:
        """The event that a frame is, if it is one."""
        self.number, self.t, link, data, self.wire, _ = frame
        self.outer = ()
        layer = self.links.get(link)
        if layer is None:
            known = self.other_links.get(link)
            self.tally.unreadable += known is None
            return self.other(known or f"link type {link}")
        return layer(self, data, 0, self.wire)

    def inside(self, kind: str, ids: tuple[int, ...], layer: Layer, data: bytes, at: int, end: int, pair: bytes = b"") -> Packet | None:
        """Goes on inside a tunnel: `pair` is the outer source and destination address."""
        if len(self.outer) >= MAX_TUNNELS:
            return self.malformed(f"tunnels nested more than {MAX_TUNNELS} deep")
        half = len(pair) // 2
        self.outer = (*self.outer, (kind, min(pair, pair[half:] + pair[:half]), ids))
        return layer(self, data[:end] if end < len(data) else data, at, end)

    def tunnel(self) -> Tunnel | None:
        """What the frame in hand travelled in: kinds from the outside in, ends that do not depend on the direction.

        A wrapping with neither ends nor ids (FabricPath) tells no two conversations apart, and is none.
        """
        if not any(pair or ids for _, pair, ids in self.outer):
            return None
        known = self.tunnels.get(self.outer)
        if known is None:
            pairs = [(pair[: len(pair) // 2], pair[len(pair) // 2 :]) for _, pair, _ in self.outer if pair]
            known = Tunnel(
                "/".join(kind for kind, _, _ in self.outer),
                tuple(address(end) for pair in pairs for end in pair),
                tuple(number for _, _, ids in self.outer for number in ids),
            )
            if len(self.tunnels) >= MAX_CACHED:
                self.tunnels.clear()
            self.tunnels[self.outer] = known
        return known

    def flow(self, key: bytes) -> tuple[Endpoint, Endpoint]:
        """Source address, destination address, source port, destination port, all packed and joined: two endpoints."""
        half = len(key) // 2 - 2
        ports = key[2 * half :]
        ends = (
            Endpoint(address(key[:half]), int.from_bytes(ports[:2], "big")),
            Endpoint(address(key[half : 2 * half]), int.from_bytes(ports[2:], "big")),
        )
        if len(self.flows) >= MAX_CACHED:
            self.flows.clear()
        self.flows[key] = ends
        return ends

    def origin(self) -> Origin:
        return Origin(self.name, self.number)

    def other(self, name: str) -> Packet | None:
        """The frame in hand is of a protocol that no figure here can show."""
        self.tally.others[name] = self.tally.others.get(name, 0) + 1
        return None

    def malformed(self, name: str) -> Packet | None:
        """The frame in hand contradicts itself, or ends before a header of it does."""
        self.tally.first_malformed = self.tally.first_malformed or self.number
        self.tally.malformed[name] = self.tally.malformed.get(name, 0) + 1
        return None
