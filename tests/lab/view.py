"""One connection as the program tells it from one point, beside what truly happened there; and what a judgement is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from seqdiag.connections import Connection, track
from seqdiag.connections.connection import Chunk, Control, Side
from seqdiag.errors import SeqdiagError
from seqdiag.events import Event
from seqdiag.pipeline import read
from seqdiag.sources import open_input
from seqdiag.sources.base import Limits
from tests.lab.truth import SIDES, Packet, Point, Run, Sighting

Grade = Literal["right", "unknown", "unseen", "WRONG"]
MICROSECOND, MILLISECOND = 1_000, 1_000_000


class Verdict(NamedTuple):
    """On one statement. `where`: the frame's name, or "" where it is about the whole connection.

    `right`; `unknown`: nothing was said, or that it is not known; `unseen`: not so, and nothing that was captured at that
    point tells; `WRONG`: not so.
    """

    fact: str
    grade: Grade
    where: str = ""
    said: str = ""
    true: str = ""


def verdict(fact: str, good: bool | None, where: str = "", said: object = "", true: object = "") -> Verdict:
    """None: it is not known."""
    return Verdict(fact, "unknown" if good is None else "right" if good else "WRONG", where, str(said), str(true))


@dataclass
class View:
    """One connection as it was told from one point of observation, or from both."""

    run: Run
    point: Point
    connection: Connection

    @cached_property
    def seen(self) -> dict[tuple[str, int], Sighting]:
        """By the file and frame that Origins name, in capture order."""
        points = SIDES if self.point == "both" else (self.point,)
        all_of_them = {(f"{p}.pcap", s.frame): s for p in points for s in self.run.sightings[p].values()}
        return {name: s for name, s in all_of_them.items() if s.packet.ports == self.ports}

    @cached_property
    def ports(self) -> tuple[int, int]:
        ends = {self.run.hosts[end.host]: end.port for end in (self.connection.client, self.connection.server)}
        return ends["client"], ends["server"]

    def truly(self, side: Side) -> Side:
        """The end that our client or server is."""
        return self.run.hosts[(self.connection.client if side == "client" else self.connection.server).host]

    def at_sender(self, packet: Packet) -> bool:
        return self.point in ("both", packet.side)

    @cached_property
    def steps(self) -> list[tuple[str, Sighting, Control | Chunk]]:
        """Every step that a frame stands behind: the frame's name, what it is, the step."""
        return [
            (str(step.origin), self.seen[step.origin.source, step.origin.index], step)
            for step in self.connection.steps
            if isinstance(step, Control | Chunk) and not (isinstance(step, Control) and step.what == "ICMP")
        ]

    @cached_property
    def whats(self) -> dict[tuple[str, int], set[str]]:
        found: dict[tuple[str, int], set[str]] = defaultdict(set)
        for _, s, step in self.steps:
            if isinstance(step, Control):
                found[f"{s.point}.pcap", s.frame].add(step.what)
        return found


def views(run: Run, points: Sequence[Point] = ("client", "server", "both")) -> Iterator[View | str]:
    """The connections of one run as each point tells them; a sentence where a point tells nothing."""
    captures = {side: _events(run.folder / f"{side}.pcap") for side in SIDES}
    for side in SIDES:
        run.see(side, captures[side])
    run.check()
    for side in SIDES:
        if side in points:
            for connection in track(captures[side]).connections:
                yield View(run, side, connection)
    if "both" in points and all(captures.values()):
        for connection in read([run.folder / f"{side}.pcap" for side in SIDES]).connections:
            if connection.taken_at == "both":
                yield View(run, "both", connection)
            else:
                yield "not told as seen from both points"


def _events(path: Path) -> list[Event]:
    """A capture may hold no packet at all: nothing arrived."""
    try:
        return open_input(str(path), None, Limits()).recording.events
    except SeqdiagError:
        return []
