"""Diagram in, PlantUML source out (a timing diagram): which state each end was in, and when.

TCP's states are a lane for each end of a session, the protocol's own a lane below them. Time is to scale, so that it
suits short sessions; where the source has no times it counts messages. Drawn alike by 1.2020.02 and 1.2026.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as Folder

import msgspec

from seqdiag import templating
from seqdiag.diagram import Diagram, Message, Session
from seqdiag.renderers import base
from seqdiag.renderers.cells import cells
from seqdiag.text import Shown, clip, shown
from seqdiag.words import say

NAME = "puml-timing"
SUFFIXES: tuple[str, ...] = ()
MEDIA_TYPE = "text/x-plantuml"

WIDTH = 1200
"""Pixels that the time takes, about; PlantUML crops a PNG at 4,096."""

MOST_ARROWS = 200
LABEL = 28
"""Characters of an arrow's label, and pixels of a cell of it:"""
CHAR = 8
TICKS = (1, 2, 5)


class Lane(msgspec.Struct):
    """`states`: the different ones, as they are printed."""

    id: str
    title: Shown
    kind: str
    states: dict[Shown, None] = {}


class Change(msgspec.Struct, frozen=True):
    lane: str
    state: Shown
    inferred: bool


class Arrow(msgspec.Struct, frozen=True):
    """`arrives`: None where that is not known to differ."""

    sender: str
    receiver: str
    arrives: float | int | None
    label: Shown


def render(diagram: Diagram, options: base.RenderOptions) -> bytes:
    story = _Story(diagram)
    source = templating.render(
        "puml-timing/timing.puml",
        Folder(options.templates) if options.templates else None,
        diagram=diagram,
        colours=base.PALETTES[options.theme],
        lanes=story.lanes,
        instants=sorted(story.instants.items()),
        tick=story.tick,
        pixels=story.pixels,
        flat=base.flat,
        remarks=story.remarks(),
    )
    return source.encode()


class _Story:
    """The lanes, and what happened at each instant; what was before the first message stands a tick before it."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.lanes: list[Lane] = []
        self.instants: dict[float | int, list[Change | Arrow]] = {}
        self.unlabelled = 0
        times = [message.t for message in diagram.messages if message.t is not None]
        self.first = min(times, default=0)
        span = max((m.arrived or m.t_end or m.t or 0 for m in diagram.messages), default=0) - self.first if times else 0
        self.unit = "order" if not times else "ms" if span >= 20_000_000 else "us"
        self.size = {"ms": 1_000_000, "us": 1000}.get(self.unit, 1)
        self.places = list(self._places())
        self.at_line = {(m.session, it.n): at for m, at in zip(diagram.messages, self.places, strict=True) for it in m.lines if it.n}
        extent = max((*self.places, span / self.size if times else 0, 1))
        self.tick = next(tick for tick in _ticks() if extent / tick <= 12)
        self.pixels = max(round(WIDTH * self.tick / extent), 20)
        for session in diagram.sessions:
            self._session(session)
        self._arrows()

    def _places(self) -> Iterator[float | int]:
        """Where each message stands on the axis."""
        last: float | int = 0
        for index, message in enumerate(self.diagram.messages, 1):
            if self.unit == "order":
                last = index
            elif message.t is not None:
                last = self._time(message.t)
            yield last

    def _time(self, t: int) -> float | int:
        value = round((t - self.first) / self.size, 3)
        return int(value) if value == int(value) else value

    def _session(self, session: Session) -> None:
        ends = {session.client: "client", session.server: "server"}
        heads = {it.id: base.head(it) for it in self.diagram.participants}
        names = {end: f"{end}s{session.number}" for end in ends}
        before = {"client": "CLOSED", "server": "LISTEN"}
        changes = list(self._changes(session, names))
        for end, role in ends.items():
            own = [change for _, change in changes if change.lane == names[end]]
            start = shown(
                "ESTABLISHED" if session.life_before == "open" else before[role] if own else say(self.diagram.lang, "timing.none")
            )
            title = heads.get(end, Shown(end))
            several = len(self.diagram.sessions) > 1
            self._lane(Lane(names[end], Shown(f"{session.number}: {title}") if several else title, "tcp"), start)
        for at, change in changes:
            self._put(at, change)
        for k, path in enumerate(it for it in self.diagram.paths if it.session == session.number and it.role is None):
            title = next((it.title for it in self.diagram.machines if it.name == path.machine), Shown(path.machine))
            lane = Lane(
                f"m{session.number}x{k}", title if len(self.diagram.sessions) < 2 else Shown(f"{session.number}: {title}"), "machine"
            )
            self._lane(lane, path.start)
            for move in path.moves:
                place = self.at_line.get((session.number, move.n or 0))
                if place is None and move.t is not None and self.unit != "order":
                    place = self._time(move.t)
                if place is not None and move.after != move.before:
                    self._put(place, Change(lane.id, self._state(move.after, move.inferred), move.inferred))

    def _lane(self, lane: Lane, start: Shown) -> None:
        self.lanes.append(lane)
        self._put(min((0, *self.places)) - self.tick, Change(lane.id, start, False))

    def _changes(self, session: Session, names: dict[str, str]) -> Iterator[tuple[float | int, Change]]:
        """What the ends became by sending and receiving."""
        for message, at in zip(self.diagram.messages, self.places, strict=True):
            if message.session != session.number:
                continue
            arrival = at if message.arrived is None or self.unit == "order" else self._time(message.arrived)
            for end, state, when in ((message.sender, message.sender_state, at), (message.receiver, message.receiver_state, arrival)):
                if state is not None and state.text and end in names:
                    yield when, Change(names[end], self._state(state.text, state.inferred), state.inferred)

    def _state(self, text: Shown, inferred: bool) -> Shown:
        return shown(say(self.diagram.lang, "timing.inferred", state=text)) if inferred else text

    def _put(self, at: float | int, it: Change | Arrow) -> None:
        """The last state of a lane at one instant counts."""
        here = self.instants.setdefault(at, [])
        if isinstance(it, Change):
            here[:] = [other for other in here if not (isinstance(other, Change) and other.lane == it.lane)]
            next(lane for lane in self.lanes if lane.id == it.lane).states[it.state] = None
        here.append(it)

    def _arrows(self) -> None:
        """An arrow for each message; its label where the one before leaves room."""
        free: dict[str, float] = {}
        scale = self.pixels / self.tick
        lanes = {lane.id for lane in self.lanes}
        for message, at in [*zip(self.diagram.messages, self.places, strict=True)][:MOST_ARROWS]:
            sender, receiver = (f"{end}s{message.session}" for end in (message.sender, message.receiver))
            if {sender, receiver} <= lanes:
                label = _label(message)
                if at * scale < free.get(sender, -1):
                    label, self.unlabelled = Shown(""), self.unlabelled + 1
                else:
                    free[sender] = at * scale + CHAR * cells(label)
                arrives = None if message.arrived is None or self.unit == "order" else self._time(message.arrived)
                self._put(at, Arrow(sender, receiver, arrives if arrives != at else None, label))

    def remarks(self) -> list[Shown]:
        lang, messages = self.diagram.lang, len(self.diagram.messages)
        said = [say(lang, f"timing.{self.unit}")]
        said += [say(lang, "timing.labels", count=self.unlabelled)] if self.unlabelled else []
        said += [say(lang, "timing.arrows", count=messages - MOST_ARROWS)] if messages > MOST_ARROWS else []
        return [shown(text) for text in said]


def _label(message: Message) -> Shown:
    """What a message begins with."""
    runs = [run for line in message.lines[:1] for run in line.runs[:1]]
    return clip(base.flat(runs[0].text), LABEL) if runs else Shown("")


def _ticks() -> Iterator[int]:
    """1, 2, 5, 10, 20, ..."""
    power = 1
    while True:
        yield from (step * power for step in TICKS)
        power *= 10
