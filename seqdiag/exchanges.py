"""One dialogue in, whose fault its time was out: network, server's wait, client's wait.

A turn is all that one side says before the other speaks. Between two turns lies one leg of the path, there and back
as the opening measured it from where the capture stood, and what bytes sent again cost; the rest is the wait of who
answered. Where a second point saw the arrivals, they are used instead. Without a measured leg nothing is split.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

import msgspec

from seqdiag.connections.connection import Chunk, Connection, Control, Side, Timeline
from seqdiag.protocols import Dialogue
from seqdiag.provenance import Nanoseconds

SIDES: tuple[Side, ...] = ("client", "server")


class Wait(msgspec.Struct, frozen=True):
    """Before the turn that begins with message `n`: `side` let its peer wait. All times in nanoseconds.

    `total` is between the turns as captured; `wait` and `network` split it (None where no leg was measured).
    """

    n: int
    side: Side
    total: Nanoseconds
    wait: Nanoseconds | None
    network: Nanoseconds | None


class Times(msgspec.Struct, frozen=True):
    """A session's time from its first packet to its last message: the three sums, and `transfer`, within turns."""

    total: Nanoseconds
    network: Nanoseconds
    server: Nanoseconds
    client: Nanoseconds
    transfer: Nanoseconds


class _Turn(msgspec.Struct):
    """All that one side said before the other spoke: bytes [first, last), from `start` to `end`."""

    n: int
    side: Side
    start: Nanoseconds
    end: Nanoseconds
    first: int
    last: int


def waits(dialogue: Dialogue) -> list[Wait]:
    """The wait before every turn but the first (the opening counts as the client's)."""
    return _waits(dialogue.connection, _turns(dialogue))


def account(dialogue: Dialogue) -> tuple[list[Wait], Times | None]:
    """All waits, and their sums: None where there are no times, or no leg was measured."""
    turns = _turns(dialogue)
    found = _waits(dialogue.connection, turns)
    return found, _sums(dialogue.connection, turns, found)


def _waits(connection: Connection, turns: list[_Turn]) -> list[Wait]:
    path = _Path(connection)
    found = []
    for before, turn in pairwise(turns):
        total = max(turn.start - before.end, 0)
        network = path.share(before, turn)
        if network is not None:
            network = min(network, total)
        found.append(Wait(turn.n, turn.side, total, None if network is None else total - network, network))
    return found


class _Path:
    """What the path took between two turns."""

    def __init__(self, connection: Connection) -> None:
        self.legs = connection.legs
        self.opening = next(
            (s.arrived for s in connection.steps if isinstance(s, Control) and s.what == "ACK" and s.phase == "handshake"), None
        )
        self.lines = {side: Timeline(connection.steps, side) for side in SIDES}
        self.resent: dict[Side, list[tuple[int, Nanoseconds]]] = {"client": [], "server": []}
        self.arrived_again: dict[Side, list[tuple[int, Nanoseconds]]] = {"client": [], "server": []}
        for step in connection.steps:
            if isinstance(step, Control) and step.what == "repeat" and step.seq is not None and step.t is not None:
                self.resent[step.side].append((step.seq - 1, step.t))
                if step.arrived is not None:
                    self.arrived_again[step.side].append((step.seq - 1, step.arrived))

    def share(self, before: _Turn, turn: _Turn) -> Nanoseconds | None:
        """Until the last byte arrived, where that was seen (each end's times are then its own); else the leg, there and
        back, and the time until the last sending again."""
        arrived = self._arrival(before.side, before.last - 1) if before.n else self.opening
        if arrived is not None:
            return max(arrived - before.end, 0)
        if self.legs is None:
            return None
        again = (t for offset, t in self.resent[before.side] if offset < before.last and before.end < t < turn.start)
        return self.legs[0 if before.side == "client" else 1] + max(again, default=before.end) - before.end

    def _arrival(self, side: Side, offset: int) -> Nanoseconds | None:
        """When a byte first reached the other end: in its first sending, or in one that replaced it."""
        line = self.lines[side]
        at = bisect_right(line.ends, offset)
        if at == len(line.chunks) or line.chunks[at].offset > offset:
            return None
        chunk = line.chunks[at]
        again = [arrived for start, arrived in self.arrived_again[side] if chunk.offset <= start <= offset]
        return chunk.arrived if chunk.arrived is not None or not again else again[0]


def _sums(connection: Connection, turns: list[_Turn], found: list[Wait]) -> Times | None:
    if not found or any(wait.wait is None for wait in found):
        return None
    first = connection.first
    opening = turns[0].end - (first if first is not None and turns[0].n == 0 else turns[0].start)
    sums = {side: sum(wait.wait or 0 for wait in found if wait.side == side) for side in SIDES}
    network = opening + sum(wait.network or 0 for wait in found)
    total = turns[-1].end - (turns[0].end - opening)
    return Times(total, network, sums["server"], sums["client"], total - network - sums["server"] - sums["client"])


def _turns(dialogue: Dialogue) -> list[_Turn]:
    connection = dialogue.connection
    lines = {side: Timeline(connection.steps, side) for side in SIDES}
    turns: list[_Turn] = []
    if connection.captured and (opened := _opened_at(connection)) is not None:
        turns.append(_Turn(0, "client", opened, opened, 0, 0))
    for n, (_, pdu) in enumerate(dialogue.pdus, 1):
        start, end, _ = lines[pdu.side].when(pdu.start, pdu.end)
        if start is None or end is None or not pdu.raw:
            continue
        last = turns[-1] if turns else None
        if last is not None and last.side == pdu.side:
            last.end, last.last = max(last.end, end), pdu.end
        else:
            turns.append(_Turn(n, pdu.side, start, end, pdu.start, pdu.end))
    return turns


def _opened_at(connection: Connection) -> Nanoseconds | None:
    """When the last ACK of the handshake passed."""
    return next((s.t for s in connection.steps if isinstance(s, Control) and s.what == "ACK" and s.phase == "handshake"), None)


def round_trip(connection: Connection) -> Nanoseconds | None:
    """The opening's, by one capture; the sum of the shortest ways there and back, by two."""
    if connection.legs is not None:
        return sum(connection.legs)
    ways: dict[Side, list[Nanoseconds]] = {"client": [], "server": []}
    for step in connection.steps:
        if isinstance(step, Chunk | Control) and step.arrived is not None and step.t is not None:
            ways[step.side].append(step.arrived - step.t)
    return min(ways["client"]) + min(ways["server"]) if all(ways.values()) else None


def unanswered_for(dialogue: Dialogue) -> Nanoseconds | None:
    """How long the capture went on after the client's last turn, where the server never answered it."""
    turns = _turns(dialogue)
    last = dialogue.connection.last
    if not turns or turns[-1].side != "client" or turns[-1].n == 0 or last is None:
        return None
    return last - turns[-1].end
