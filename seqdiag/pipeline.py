"""The whole program on one screen: inputs -> Recording -> Connections -> Dialogues -> Diagram -> bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import msgspec
from msgspec.structs import replace

from seqdiag.composer import ComposeOptions, compose, displayable, pdu_line
from seqdiag.connections import Connection, Side, track
from seqdiag.connections.connection import Again, Alignment, Timeline
from seqdiag.diagram import Diagram
from seqdiag.errors import InputError, NothingMatched
from seqdiag.events import SYN, Event, Point, Recording, Segment
from seqdiag.exchanges import Times, Wait, account, round_trip, waits
from seqdiag.protocols import PROTOCOLS, Dialogue, decode
from seqdiag.provenance import Finding, Nanoseconds
from seqdiag.redaction import hide, redact, reveal
from seqdiag.renderers import RENDERERS, RenderOptions
from seqdiag.sources import Opened, open_input
from seqdiag.sources.base import Limits
from seqdiag.text import shown
from seqdiag.verdict import verdict

SIDES: tuple[Side, ...] = ("client", "server")

DRAWN_UNASKED = 8
"""Conversations that `draw` puts into one figure without being asked for them by number."""


class Selection(msgspec.Struct, frozen=True):
    """Which conversations; every field that is set must fit. `numbers`: as `sessions` lists them."""

    numbers: frozenset[int] | None = None
    everything: bool = False
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    protocols: tuple[str, ...] = ()
    decode_as: Mapping[tuple[str, int], str] = {}
    """Protocols by transport and port, instead of what the bytes look like."""

    @property
    def any(self) -> bool:
        return bool(self.numbers is not None or self.hosts or self.ports or self.protocols)


class Understood(msgspec.Struct, frozen=True):
    """What the inputs held. `detected`: sentences on how they were understood, for the reader of the terminal."""

    recording: Recording
    connections: list[Connection]
    findings: list[Finding]
    detected: tuple[str, ...]

    @property
    def source(self) -> str:
        """The inputs' names, for a figure's subtitle."""
        return ", ".join(dict.fromkeys(point.source for point in self.recording.points.values()))


def read(
    inputs: Sequence[str | os.PathLike[str]],
    from_format: str | None = None,
    limits: Limits | None = None,
    *,
    points: bool = False,
    synced: bool = False,
) -> Understood:
    """Every input, as one Recording, and the conversations in it.

    `points`: they are captures of the same conversations at several points. `synced`: those points' clocks agree.
    """
    opened = [_open(os.fspath(name), from_format, limits or Limits()) for name in inputs]
    said = [f"detected: {one.detected}" for one in opened if one.detected]
    recordings = [one.recording for one in opened]
    recording = merge(recordings, points)
    tracked = track(recording.events, synced)
    if len(recordings) > 1:
        joint = sum(c.evidence == ("two captures",) for c in tracked.connections)
        run = len(recording.points) == 1
        said.append(ONE_RUN if run else JOINT.format(joint) if joint else INDEPENDENT)
    return Understood(recording, tracked.connections, tracked.findings, tuple(said))


ONE_RUN = "the inputs do not overlap in time: read as one run, in order of their first packet"
JOINT = "the inputs are capture points, seen at both: {} of the conversations"
INDEPENDENT = "the inputs are read as independent, one after the other"


def _open(name: str, from_format: str | None, limits: Limits) -> Opened:
    try:
        return open_input(name, from_format, limits)
    except OSError as error:  # opened, but cannot be read
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from None


def merge(recordings: Sequence[Recording], points: bool = False) -> Recording:
    """Several inputs as one Recording: captures that do not overlap in time are one run (a ring of rotated files, in
    order of their first packet); all others are independent points of observation, one after the other."""
    if len(recordings) == 1:
        return recordings[0]
    redaction = max((r.redaction for r in recordings), key=("none", "default", "strict").index)
    if not points and (ring := _ring(recordings)):
        point = next(iter(ring[0].points.values()))
        name = ", ".join(p.source for r in ring for p in r.points.values())
        events = [replace(event, point="p1") for r in ring for event in r.events]
        return Recording({"p1": replace(point, source=name)}, events, redaction)
    named: dict[str, Point] = {}
    merged: list[Event] = []
    for r in recordings:
        names = {old: f"p{len(named) + i}" for i, old in enumerate(r.points, 1)}
        named |= {names[old]: point for old, point in r.points.items()}
        merged += [replace(event, point=names.get(event.point, event.point)) for event in r.events]
    return Recording(named, merged, redaction)


def _ring(recordings: Sequence[Recording]) -> list[Recording]:
    """All of them in order of their first packet, where they are captures that overlap in neither time nor content; else
    none. (Two captures of one conversation may seem to follow one another when a clock is wrong.)"""
    openings = [{(s.src, s.dst, s.seq, s.ack) for s in r.events if isinstance(s, Segment) and s.flags & SYN} for r in recordings]
    if sum(map(len, openings)) > len(set().union(*openings)):
        return []
    spans = [_span(r) for r in recordings if all(p.kind == "capture" for p in r.points.values())]
    timed = sorted((span, i) for i, span in enumerate(spans) if span is not None)
    if len(timed) < len(recordings) or any(a[1] > b[0] for (a, _), (b, _) in pairwise(timed)):
        return []
    return [recordings[i] for _, i in timed]


def _span(recording: Recording) -> tuple[Nanoseconds, Nanoseconds] | None:
    times = [event.t for event in recording.events if event.t is not None]
    return (min(times), max(times)) if times else None


def dialogues(understood: Understood, selection: Selection = Selection()) -> list[Dialogue]:  # noqa: B008 - immutable
    """The chosen conversations, decoded, in order of their numbers. NothingMatched says what was there."""
    if not understood.connections:
        raise NothingMatched(f"{understood.source}: no TCP or UDP conversation in it{_there(understood.findings)}")
    chosen = []
    for connection in understood.connections:
        if selection.numbers is not None and connection.number not in selection.numbers:
            continue
        ends = connection.client, connection.server
        if selection.hosts and not any(end.host in selection.hosts for end in ends):
            continue
        if selection.ports and not any(end.port in selection.ports for end in ends):
            continue
        keys = [(connection.transport, end.port) for end in (ends[1], ends[0])]
        forced = next((selection.decode_as[key] for key in keys if key in selection.decode_as), None)
        dialogue = decode(connection, forced)
        if selection.protocols and dialogue.protocol not in selection.protocols:
            continue
        chosen.append(dialogue)
    if not chosen:
        count = len(understood.connections)
        raise NothingMatched(f"{understood.source}: none of its {count} conversations matches; `seqdiag sessions` lists them")
    return chosen


def _there(findings: Iterable[Finding]) -> str:
    said = list(dict.fromkeys(finding.text for finding in findings))
    more = [f"and {len(said) - 3} more remarks"] if len(said) > 3 else []
    return f" ({'; '.join(said[:3] + more)})" if said else ""


def check_protocols(names: Iterable[str]) -> None:
    """UsageError for a name that no grammar has."""
    for name in names:
        PROTOCOLS[name]


def guarded(chosen: Sequence[Dialogue], show_secrets: bool) -> list[Dialogue]:
    """Secrets marked, or revealed on request."""
    return [reveal(hide(d)) if show_secrets else hide(d) for d in chosen]


def diagram(understood: Understood, chosen: Sequence[Dialogue], options: ComposeOptions) -> Diagram:
    return compose(guarded(chosen, options.show_secrets), options, understood.findings, understood.source)


def render(figure: Diagram, renderer: str, options: RenderOptions | None = None) -> bytes:
    return RENDERERS[renderer].render(figure, options or RenderOptions())


def shared_events(understood: Understood, chosen: Sequence[Dialogue], show_secrets: bool) -> Recording:
    """The recording of the chosen conversations alone, without its secrets."""
    recording = understood.recording
    if not show_secrets:
        recording = redact(recording, map(hide, chosen))  # the events of all others are left out
    if len(chosen) == len(understood.connections):
        return recording
    left_out = {index for c in understood.connections for index in c.members} - {index for d in chosen for index in d.connection.members}
    events = [event for index, event in enumerate(recording.events) if index not in left_out]
    return Recording(recording.points, events, recording.redaction)


class SessionRow(msgspec.Struct, frozen=True):
    """One line of `sessions --json`; field by field as the documentation of the command line says."""

    session: int
    transport: Literal["tcp", "udp"]
    protocol: str | None
    client: str
    server: str
    first: Nanoseconds | None
    last: Nanoseconds | None
    packets: dict[str, int]
    bytes: dict[str, int]
    opened: str | None
    closed: str | None
    segments: dict[str, int]
    closed_by: str | None
    client_known: bool
    taken_at: str
    tunnel: dict[str, object] | None
    verdict: str
    evidence: tuple[str, ...]
    """What tells where the capture was taken."""
    rtt: Nanoseconds | None
    """The opening's round trip, where one capture shows it."""
    alignment: Alignment | None
    """How a second capture's clock stands to the first's."""
    times: Times | None
    """Whose the time was, in nanoseconds."""
    slowest: list[Wait]
    """At most three waits, longest first; `n` numbers the message that ended each."""


def session_row(dialogue: Dialogue) -> SessionRow:
    c = dialogue.connection
    tunnel: dict[str, object] | None = (
        None if c.tunnel is None else {"kind": c.tunnel.kind, "ends": list(c.tunnel.ends), "ids": list(c.tunnel.ids)}
    )
    found, sums = account(dialogue)
    return SessionRow(
        session=c.number,
        transport=c.transport,
        protocol=dialogue.protocol,
        client=shown(str(c.client)),
        server=shown(str(c.server)),
        first=c.first,
        last=c.last,
        packets={side: c.packets[side] for side in SIDES},
        bytes={side: c.bytes[side] for side in SIDES},
        opened=c.opened,
        closed=c.closed,
        segments=msgspec.structs.asdict(c.count),
        closed_by=c.closed_by,
        client_known=c.client_known,
        taken_at=c.taken_at,
        tunnel=tunnel,
        verdict=verdict(dialogue),
        evidence=c.evidence,
        rtt=round_trip(c),
        alignment=c.alignment,
        times=sums,
        slowest=sorted(found, key=lambda wait: -(wait.wait if wait.wait is not None else wait.total))[:3],
    )


class MessageRow(msgspec.Struct, frozen=True):
    """One line of `messages --json`."""

    session: int
    n: int
    t: Nanoseconds | None
    t_end: Nanoseconds | None
    sender: str
    protocol: str | None
    kind: str
    verb: str | None
    code: str | None
    answers: int | None
    text: str
    bytes: int
    state: str
    secret: bool
    origins: list[dict[str, object]]
    waited: Wait | None
    """What passed between the other side's turn and this one, which it begins."""
    again: list[Again]
    """Its segments that were sent before."""
    arrived: Nanoseconds | None
    """When its last byte reached the receiver, where a second capture saw it."""


def message_rows(dialogue: Dialogue) -> Iterator[MessageRow]:
    """The decoded messages of one dialogue, its secrets already marked or revealed."""
    pdus = [placed.pdu for placed in dialogue.pdus]
    lines = {side: Timeline(dialogue.connection.steps, side) for side in SIDES}
    before = {wait.n: wait for wait in waits(dialogue)}
    for n, pdu in enumerate(pdus, 1):
        chunks = lines[pdu.side].between(pdu.start, pdu.end) if pdu.raw else []
        agains = [chunk.again for chunk in chunks if chunk.again is not None]
        t, t_end, origins = lines[pdu.side].when(pdu.start, pdu.end)
        command = pdus[pdu.answers] if pdu.answers is not None and pdu.answers < len(pdus) else None
        yield MessageRow(
            session=dialogue.connection.number,
            n=n,
            t=t,
            t_end=t_end,
            sender=pdu.side,
            protocol=pdu.protocol or dialogue.protocol,
            kind=pdu.kind,
            verb=pdu.verb,
            code=pdu.code,
            answers=pdu.answers + 1 if pdu.answers is not None else None,
            text=pdu_line(pdu, "en", n, command, len(origins)).text(),
            bytes=len(pdu.raw),
            state=pdu.state,
            secret=bool(pdu.secrets),
            origins=[{"source": o.source, "index": o.index} for o in map(displayable, origins)],
            waited=before.get(n),
            again=[replace(again, before=again.before and displayable(again.before)) for again in agains],
            arrived=chunks[-1].arrived if chunks else None,
        )
