"""What a renderer is, and what every textual one asks of a Diagram: stretches of one phase, and times as words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, Protocol, TypeAlias

import msgspec

from seqdiag.diagram import Bar, Diagram, Message, Note, Participant, Phase, State
from seqdiag.provenance import Nanoseconds
from seqdiag.text import Shown, shown
from seqdiag.words import duration, say

Theme: TypeAlias = Literal["auto", "light", "dark", "print"]
Times: TypeAlias = Literal["r", "d", "a", "ad"]
Target: TypeAlias = Literal["github", "gitlab"]

LONG_WAIT_NS = 1_000_000_000
"""From here on a wait between two messages gets a row of its own."""


class RenderOptions(msgspec.Struct, frozen=True):
    """How to draw, whatever the format; a renderer ignores what does not concern it.

    `scale`: pixels of a PNG for each px of the SVG. `width`: at most so many cells of a text figure. `ascii`: no
    character above U+007E. `compat`: PlantUML as old as Debian's 1.2020.02. `target`: whose limits to warn about.
    `times`: relative, delta, absolute (UTC), with date. `time`: drawn to scale, or in even rows (SVG, PNG, PDF).
    `templates`: a folder of the user's own templates instead of ours.
    """

    theme: Theme = "auto"
    scale: float = 2
    width: int | None = None
    ascii: bool = False
    compat: bool = False
    target: Target | None = None
    times: Times = "r"
    time: Literal["scale", "rows"] = "scale"
    templates: str | None = None


class Renderer(Protocol):
    """A module that turns a Diagram into the bytes of one format. Same Diagram and options, same bytes."""

    @property
    def NAME(self) -> str: ...
    @property
    def SUFFIXES(self) -> tuple[str, ...]: ...
    @property
    def MEDIA_TYPE(self) -> str: ...
    def render(self, diagram: Diagram, options: RenderOptions) -> bytes: ...


# --- look: what is drawn how, where a format has colours ----------------------------------------------------------


class Palette(msgspec.Struct, frozen=True):
    """Colours as `#rrggbb`. A stroke's voice is one of the first four; `bands` are grounds by `Phase.kind`."""

    client: str
    server: str
    alert: str
    faint: str
    ink: str
    grey: str
    rule: str
    ground: str
    pill: str
    bar: str
    highlight: str
    bands: dict[str, str]


LIGHT = Palette(
    client="#0b5394",
    server="#9a3b00",
    alert="#b3261e",
    faint="#8c959f",
    ink="#1f2328",
    grey="#57606a",
    rule="#b6c0cb",
    ground="#ffffff",
    pill="#f6f8fa",
    bar="#e3efdf",
    highlight="#fff1a8",
    bands={"handshake": "#eef4fb", "close": "#fbf2ec", "abort": "#fdeeec"},
)
DARK = Palette(
    client="#79b8ff",
    server="#ffab70",
    alert="#ff7b72",
    faint="#6e7681",
    ink="#e6edf3",
    grey="#9198a1",
    rule="#30363d",
    ground="#0d1117",
    pill="#161b22",
    bar="#1d2b1f",
    highlight="#5c4a00",
    bands={"handshake": "#132339", "close": "#2b1d17", "abort": "#33191a"},
)
PRINT = Palette(
    client="#000000",
    server="#000000",
    alert="#000000",
    faint="#777777",
    ink="#000000",
    grey="#444444",
    rule="#999999",
    ground="#ffffff",
    pill="#ffffff",
    bar="#ffffff",
    highlight="#dddddd",
    bands={"handshake": "#f4f4f4", "close": "#f4f4f4", "abort": "#f4f4f4"},
)
PALETTES = {"auto": LIGHT, "light": LIGHT, "dark": DARK, "print": PRINT}


class Stroke(msgspec.Struct, frozen=True):
    """How an arrow is drawn. `thin`: it carries no payload; `lost`: it ends before it arrives."""

    voice: Literal["client", "server", "alert", "faint"]
    dashed: bool
    thin: bool
    lost: bool
    abort: bool


def stroke(message: Message, role: Literal["client", "server"]) -> Stroke:
    """A message and its sender's role in, its arrow's look out; it alarms where all that it carries does."""
    marks = message.marks
    alarming = not {"refused", "abort", "repeated", "lost"}.isdisjoint(marks) or all(line.refused for line in message.lines)
    return Stroke(
        voice="faint" if "inferred" in marks else "alert" if alarming else role,
        dashed="inferred" in marks or "repeated" in marks,
        thin=message.weight != "data",
        lost="lost" in marks,
        abort="abort" in marks,
    )


# --- rows: what is drawn, in order ----


class Row(msgspec.Struct, frozen=True):
    """One message with all that begins at it: its arrow's look, what its ends become, its time, the long wait above it,
    the bars that it starts."""

    message: Message
    stroke: Stroke
    states: tuple[tuple[str, State], ...] = ()
    time: Shown | None = None
    wait: Shown | None = None
    bars: tuple[Bar, ...] = ()


class Stretch(msgspec.Struct, frozen=True):
    """Consecutive rows and notes of one phase of one session. `title` is None where they belong to no phase."""

    title: Shown | None
    kind: str | None
    rows: tuple[Row | Note, ...]


def stretches(diagram: Diagram, times: Times) -> list[Stretch]:
    """All rows of a figure, cut wherever the phase changes: sessions that interleave split each other's phases.

    A note between two messages of one phase stays with them, and stands outside otherwise.
    """
    notes: dict[int, list[Note]] = {}
    for note in diagram.notes:
        notes.setdefault(min(max(note.before, 0), len(diagram.messages)), []).append(note)
    found: list[tuple[int | None, list[Row | Note]]] = []
    before: int | None = None
    for index, row in enumerate(rows(diagram, times)):
        phase = row.message.phase
        if found and phase == before:
            found[-1][1].extend(notes.get(index, ()))
        else:
            if index in notes:
                found.append((None, list(notes[index])))
            if phase is not None or not found or found[-1][0] is not None:
                found.append((phase, []))
        found[-1][1].append(row)
        before = phase
    if len(diagram.messages) in notes:
        found.append((None, list(notes[len(diagram.messages)])))
    return [_stretch(diagram, phase, inside) for phase, inside in found]


def _stretch(diagram: Diagram, index: int | None, inside: Sequence[Row | Note]) -> Stretch:
    if index is None:
        return Stretch(None, None, tuple(inside))
    phase = diagram.phases[index]
    return Stretch(phase_title(diagram, phase), phase.kind, tuple(inside))


def phase_title(diagram: Diagram, phase: Phase) -> Shown:
    """A phase's title, with its session's number where the figure has several."""
    return phase.title if len(diagram.sessions) < 2 else Shown(f"{phase.session}: {phase.title}")


def rows(diagram: Diagram, times: Times) -> list[Row]:
    """One row for each message, in order."""
    bars: dict[int, list[Bar]] = {}
    for bar in diagram.bars:
        bars.setdefault(bar.first, []).append(bar)
    clients = {session.number: session.client for session in diagram.sessions}
    stamps = stamp([message.t for message in diagram.messages], times, diagram.since)
    found: list[Row] = []
    last: Nanoseconds | None = diagram.since[1] if diagram.since else None
    for index, message in enumerate(diagram.messages):
        wait = message.t - last if message.t is not None and last is not None else 0
        states = (message.sender, message.sender_state), (message.receiver, message.receiver_state)
        found.append(
            Row(
                message,
                stroke(message, "client" if message.sender == clients.get(message.session) else "server"),
                tuple((end, state) for end, state in states if state is not None and state.text),
                stamps[index],
                Shown(duration(wait)) if wait >= LONG_WAIT_NS else None,
                tuple(bars.get(index, ())),
            )
        )
        last = message.t_end or message.t or last
    return found


def head(participant: Participant) -> Shown:
    """The one or two lines of a column's head."""
    return Shown("\n".join(filter(None, (participant.name, participant.address))) or participant.id)


def flat(text: Shown) -> Shown:
    """A text on one line: LF is shown as U+240A."""
    return Shown(text.replace("\n", "\u240a"))


def ends(diagram: Diagram, session: int) -> tuple[str, ...]:
    """The columns that a note across a session spans, from left to right: the session's two, else all."""
    for found in diagram.sessions:
        if found.number == session:
            return tuple(participant.id for participant in diagram.participants if participant.id in (found.client, found.server))
    return tuple(participant.id for participant in diagram.participants)


def remarks(diagram: Diagram) -> list[Shown]:
    """What stands under the figure: the caption's sentences, then the findings."""
    rows = [shown(say(diagram.lang, "caption.rows"))] if diagram.timed and any(m.t is not None for m in diagram.messages) else []
    return [*rows, *diagram.caption, *(shown(str(finding)) for finding in diagram.findings)]


def stamp(times: Sequence[Nanoseconds | None], form: Times, since: tuple[Nanoseconds, Nanoseconds] | None = None) -> list[Shown | None]:
    """Each instant as words; None where there is no time.

    `r` and `d` are milliseconds since the first and since the one before, with one decimal, or three where some
    lie closer together than that could show; `a` and `ad` are UTC. `since`: the first and the last on earlier pages.
    """
    known = [t for t in times if t is not None]
    if form in ("a", "ad"):
        return [None if t is None else utc(t, with_date=form == "ad") for t in times]
    steps = [abs(after - before) for before, after in pairwise(known)]
    digits = 3 if any(0 < step < 50_000 for step in steps) else 1
    first, last = since or ((known[0], known[0]) if known else (0, 0))
    found: list[Shown | None] = []
    for t in times:
        if t is None:
            found.append(None)
            continue
        found.append(Shown(f"{(t - first) / 1e6:,.{digits}f}" if form == "r" else f"{(t - last) / 1e6:+,.{digits}f}"))
        last = t
    return found


def utc(t: Nanoseconds, *, with_date: bool) -> Shown:
    """`09:50:57.768725`, after its date on demand; nanoseconds only where there are any; plain seconds past the calendar."""
    seconds, ns = divmod(t, 1_000_000_000)
    fraction = f"{ns:09d}" if ns % 1000 else f"{ns // 1000:06d}"
    try:
        clock = time.strftime("%Y-%m-%d %H:%M:%S" if with_date else "%H:%M:%S", time.gmtime(seconds))
    except (OverflowError, OSError, ValueError):
        return Shown(f"{seconds}.{fraction}")
    return Shown(f"{clock}.{fraction}")


def unit(form: Times) -> Shown:
    """What `stamp` counts in; empty for a time of day."""
    return Shown("ms" if form in ("r", "d") else "")
