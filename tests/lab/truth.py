"""One recorded run in, what truly happened in it out: every packet, when it was sent, whether and when it arrived.

A run is a folder: `client.pcap` and `server.pcap` (the server's clock is off on purpose), `truth.jsonl` (what the router
between them did with each packet) and `info.jsonl` (what both kernels said of their sockets). Times called `true` are
nanoseconds by the one true clock; a sighting's `t` is what its capture says.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from seqdiag.connections.connection import Side
from seqdiag.events import Event, Segment

Point = Literal["client", "server", "both"]
SIDES: tuple[Side, Side] = ("client", "server")
KERNEL_STATES = {
    "SYN_SENT": "SYN-SENT",
    "SYN_RECV": "SYN-RECEIVED",
    "ESTABLISHED": "ESTABLISHED",
    "FIN_WAIT1": "FIN-WAIT-1",
    "FIN_WAIT2": "FIN-WAIT-2",
    "CLOSE_WAIT": "CLOSE-WAIT",
    "CLOSING": "CLOSING",
    "LAST_ACK": "LAST-ACK",
    "TIME_WAIT": "TIME-WAIT",
    "CLOSE": "CLOSED",
}
Ports = tuple[int, int]
"""The client's and the server's."""


@dataclass(eq=False)
class Packet:
    """One TCP packet that an end sent. `at`: its place in the sender's sequence space, from the SYN (0) on."""

    n: int
    side: Side
    ports: Ports
    at: int
    ack: int
    flags: str
    length: int
    window: int
    expected: tuple[int, list[int]]
    """When the router took it, and when it gave it out: never, once, or twice."""
    forged: bool = False
    """Made by the router in that end's name."""
    sent: int = 0
    arrived: list[int] = field(default_factory=list)
    before: list[Packet] = field(default_factory=list)
    """The earlier packets of this side that hold any of its bytes, its SYN or its FIN: it is a retransmission."""

    @property
    def span(self) -> int:
        return self.length + ("S" in self.flags) + ("F" in self.flags)

    @property
    def end(self) -> int:
        return self.at + self.span

    @property
    def lost(self) -> bool:
        return not self.expected[1]

    @property
    def bare(self) -> bool:
        return self.flags == "A" and not self.length


class Sighting(NamedTuple):
    """A frame of one capture: which packet it is. `copy` is 1 for the second copy that the router made."""

    point: Side
    frame: int
    t: int
    true: int
    packet: Packet
    copy: int
    segment: Segment

    @property
    def own(self) -> bool:
        """Captured where it was sent."""
        return self.point == self.packet.side


class Sample(NamedTuple):
    """What a kernel said of a socket: timeouts in a row, and whether it is in loss recovery after a timeout."""

    t: int
    state: str | None
    timeouts: int
    after_timeout: bool
    retransmitted: int | None


class Mismatch(Exception):
    """Captures and truth do not fit: the run is no good."""


class Run:
    """`packets` in the order in which the router took them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        rows = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
        self.meta: dict[str, Any] = rows[0]
        self.summary: dict[str, Any] = rows[-1]
        self.scenario: str = self.meta["scenario"]
        self.hosts: dict[str, Side] = {self.meta["addresses"][side]: side for side in SIDES}
        self.packets: list[Packet] = []
        self.keys: dict[int, tuple[object, ...]] = {}
        self._packets(row for row in rows[1:-1] if row["proto"] == 6)
        self.unreachable: set[Side] = {self.hosts[row["dst"]] for row in rows[1:-1] if row["proto"] in (1, 58)}
        """The ends that an ICMP error told so."""
        self.samples = self._samples()
        self.sightings: dict[Side, dict[int, Sighting]] = {"client": {}, "server": {}}

    # -- the clocks --------------------------------------------------------------------------------------------

    def true_time(self, point: Side, t: int) -> int:
        """A stamp of the server's capture, without what was added to it."""
        if point == "client":
            return t
        t0: int = self.meta["t0_ns"]
        clock = self.meta["server_clock"]
        return t0 + round((t - t0 - float(clock["offset_ms"]) * 1e6) / (1 + float(clock["drift_ppm"]) / 1e6))

    def clock_offset(self, true: int) -> float:
        """Nanoseconds by which the server's clock is ahead at that moment."""
        clock = self.meta["server_clock"]
        return float(clock["offset_ms"] * 1e6 + (true - self.meta["t0_ns"]) * clock["drift_ppm"] / 1e6)

    # -- packets -----------------------------------------------------------------------------------------------

    def _packets(self, rows: Iterable[dict[str, Any]]) -> None:
        origin: dict[tuple[Side, Ports], int] = {}
        sent: dict[tuple[Side, Ports], list[Packet]] = defaultdict(list)
        reach: dict[tuple[Side, Ports], int] = defaultdict(int)
        for row in rows:
            side = self.hosts[row["src"]]
            ports = (row["sport"], row["dport"]) if side == "client" else (row["dport"], row["sport"])
            whose = side, ports
            isn = origin.setdefault(whose, row["seq"]) if "R" not in row["flags"] else origin.get(whose, row["seq"])
            at = (row["seq"] - isn) & 0xFFFFFFFF
            at -= (at >> 31) << 32
            packet = Packet(
                row["n"],
                side,
                ports,
                at,
                row["ack"],
                row["flags"],
                row["len"],
                row["win"],
                (row["t_in"], row["t_out"]),
                row["fate"] == "inject",
            )
            if "S" in packet.flags:
                packet.before = [p for p in sent[whose] if p.flags == packet.flags]
            elif packet.span and packet.at < reach[whose]:
                packet.before = [p for p in sent[whose] if p.at < packet.end and packet.at < p.end]
            if packet.span and "R" not in packet.flags:
                sent[whose].append(packet)
                reach[whose] = max(reach[whose], packet.end)
            self.packets.append(packet)
            self.keys[packet.n] = tuple(row[name] for name in ("src", "sport", "dport", "seq", "ack", "flags", "len", "ip_id"))

    def see(self, point: Side, events: Iterable[Event]) -> None:
        """Every frame of one capture, paired with its packet. Mismatch where one is missing or left over."""
        expected: dict[tuple[object, ...], list[tuple[int, Packet, int]]] = defaultdict(list)
        for packet in self.packets:
            taken, given = packet.expected
            at_sender = [] if packet.forged else [taken]
            for copy, t in enumerate(at_sender if packet.side == point else given):
                expected[self.keys[packet.n]].append((t, packet, copy))
        for waiting in expected.values():
            waiting.sort(key=lambda place: place[0])
        for s in events:
            if not isinstance(s, Segment):
                continue
            key = (s.src.host, s.src.port, s.dst.port, s.seq, s.ack or 0, _letters(s.flags), s.length, s.ip_id)
            if not expected[key] or s.t is None:
                raise Mismatch(f"{self.name} {point}.pcap frame {s.origin.index}: not in truth.jsonl")
            _, packet, copy = expected[key].pop(0)
            true = self.true_time(point, s.t)
            if packet.side == point:
                packet.sent = true
            else:
                packet.arrived.append(true)
            self.sightings[point][s.origin.index] = Sighting(point, s.origin.index, s.t, true, packet, copy, s)
        if left := [packet.n for waiting in expected.values() for _, packet, _ in waiting]:
            raise Mismatch(f"{self.name} {point}.pcap lacks packets {left[:5]}")

    def at_end(self, side: Side, ports: Ports) -> list[Sighting]:
        """What that end sent and received, in order: all that its kernel knew."""
        return [s for s in self.sightings[side].values() if s.packet.ports == ports]

    def check(self) -> None:
        """Mismatch where what the captures tell of the ends is not what their kernels and the router said."""
        for flow in self.summary["flows"]:
            ports = flow["client_port"], flow["server_port"]
            for side, way in zip(SIDES, ("c2s", "s2c"), strict=True):
                mine = [p for p in self.packets if p.side == side and p.ports == ports]
                rest, kernel = iter(self.states(side, ports)), self.kernel_states(side, ports)
                queued = "FIN-WAIT-1" in kernel and not any("F" in p.flags for p in mine)  # closed, and bytes never went out
                if not queued and not all(state in rest for state in kernel):
                    raise Mismatch(f"{self.name} {side}: {self.states(side, ports)}, kernel {kernel}")
                again = sum(bool(p.before) for p in mine)
                if {again, flow["retransmissions"][way], self.kernel_retransmissions(side, ports) or again} != {again}:
                    raise Mismatch(f"{self.name} {side}: {again} retransmissions, the router saw {flow['retransmissions'][way]}")

    # -- kernels -----------------------------------------------------------------------------------------------

    def _samples(self) -> dict[tuple[Side, Ports], list[Sample]]:
        found: dict[tuple[Side, Ports], list[Sample]] = defaultdict(list)
        sockets: dict[tuple[str, str], tuple[Side, Ports]] = {}
        for line in (self.folder / "info.jsonl").read_text().splitlines():
            row = json.loads(line)
            if row["ev"] not in ("tcp_info", "tcp_end"):
                continue
            if row["port"][1] and row["state"] != "LISTEN":
                own, peer = row["port"]
                sockets[row["who"], row["sock"]] = row["who"], (own, peer) if row["who"] == "client" else (peer, own)
            whose = sockets.get((row["who"], row["sock"]))
            if whose is None:
                continue
            ended = row["ev"] == "tcp_end"  # "CLOSE", also where a smaller socket lives on in FIN-WAIT-2 or TIME-WAIT
            state = KERNEL_STATES[row["state"]] if not ended or row["last_state"] == "LAST_ACK" else None
            found[whose].append(Sample(row["t"], state, row["timer_retrans"], row.get("ca_state") == 4, row.get("total_retrans")))
        return found

    def kernel_states(self, side: Side, ports: Ports) -> list[str]:
        """The states that sampling saw, each change once. Short ones can be missing."""
        return list(_changes(sample.state for sample in self.samples[side, ports]))

    def kernel_retransmissions(self, side: Side, ports: Ports) -> int | None:
        """The kernel's last count; None where it never gave one."""
        counts = [s.retransmitted for s in self.samples[side, ports] if s.retransmitted is not None]
        return max(counts) if counts else None

    def flow(self, ports: Ports) -> dict[str, Any]:
        """What the router's summary says of one connection."""
        flows: list[dict[str, Any]] = self.summary["flows"]
        return next(flow for flow in flows if (flow["client_port"], flow["server_port"]) == ports)

    def states(self, side: Side, ports: Ports) -> list[str]:
        """The states that one end went through, from what it sent and received (RFC 9293 §3.10.7), by its own capture."""
        return list(_changes(_state_path(self.at_end(side, ports))))


def beyond(a: int, b: int) -> bool:
    """Does the sequence number `a` come after `b`? (RFC 9293 §3.4)"""
    return 0 < (a - b) & 0xFFFFFFFF < 1 << 31


def reaches(a: int, b: int) -> bool:
    """After it, or equal."""
    return (a - b) & 0xFFFFFFFF < 1 << 31


def _letters(flags: int) -> str:
    return "".join(letter for bit, letter in enumerate("FSRPAUEC") if flags >> bit & 1)


def _changes(states: Iterable[str | None]) -> Iterator[str]:
    last = ""
    for state in states:
        if state is not None and state != last:
            yield state
            last = state


def _state_path(seen: Iterable[Sighting]) -> Iterator[str]:
    """An end's states, written from the RFC's prose and not from any table that the program draws by."""
    state = "CLOSED"
    isn: int | None = None  # raw, as the peer's acknowledgments count
    fin: int | None = None  # the raw number after the own FIN
    have: list[tuple[int, int]] = []  # what came from the peer
    peer_fin: int | None = None
    fin_taken = False
    for sighting in seen:
        p, raw = sighting.packet, sighting.segment
        if "R" in p.flags:
            if state != "CLOSED":
                yield "CLOSED"
            state = "CLOSED"
            continue
        if sighting.own:
            if "S" in p.flags:
                isn = raw.seq
                if state == "CLOSED":
                    state = "SYN-RECEIVED" if "A" in p.flags else "SYN-SENT"
            if "F" in p.flags and fin is None:
                fin = (raw.seq + p.length + 1) & 0xFFFFFFFF
                state = "LAST-ACK" if state == "CLOSE-WAIT" else "FIN-WAIT-1"
            if state != "CLOSED":
                yield state
            continue
        have.append((p.at, p.end))
        if "F" in p.flags:
            peer_fin = p.end
        acks_syn = isn is not None and "A" in p.flags and beyond(p.ack, isn)
        acks_fin = fin is not None and "A" in p.flags and p.ack == fin
        if state == "SYN-SENT" and "S" in p.flags:
            state = "ESTABLISHED" if acks_syn else "SYN-RECEIVED"
        elif state == "SYN-RECEIVED" and acks_syn:
            state = "ESTABLISHED"
        new_fin = peer_fin is not None and not fin_taken and _complete(have) >= peer_fin
        fin_taken = fin_taken or new_fin
        if state == "FIN-WAIT-1":
            state = {(True, True): "TIME-WAIT", (True, False): "FIN-WAIT-2", (False, True): "CLOSING"}.get((acks_fin, new_fin), state)
        elif (state == "FIN-WAIT-2" and new_fin) or (state == "CLOSING" and acks_fin):
            state = "TIME-WAIT"
        elif state == "ESTABLISHED" and new_fin:
            state = "CLOSE-WAIT"
        elif state == "LAST-ACK" and acks_fin:
            state = "CLOSED"
            yield state
        if state != "CLOSED":
            yield state


def _complete(ranges: list[tuple[int, int]]) -> int:
    """How far the bytes from 0 on have come without a hole."""
    upto = 0
    for start, end in sorted(ranges):
        if start > upto:
            break
        upto = max(upto, end)
    return upto
