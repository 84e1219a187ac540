"""A Diagram and a person's Annotations in, the Diagram with them out; what they could not be put to is a Finding.

Whatever they change is said in the caption: an own label is never drawn as wire text, and what is hidden is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from seqdiag.composer.excerpt import excerpt
from seqdiag.diagram import Diagram, Line, Message, Note, Run, State
from seqdiag.notes import Annotations, Entry
from seqdiag.provenance import Finding
from seqdiag.text import Shown, clip, shown
from seqdiag.words import say

FIRST_WORD = re.compile(r"\d{3}(?=[ -]|\Z)|\S+")
"""A reply's code, even where more lines follow it (`250-`), or a command's verb."""

MOST_LABEL = 160
MOST_NOTE = 500

Place = tuple[int, int]
"""A message's index, and a line's in it."""


def annotate(diagram: Diagram, annotations: Annotations) -> Diagram:
    """Every action of an entry is done to every message that it selects."""
    above: list[Note] = []
    below: list[Note] = []
    marked: set[int] = set()
    own: dict[Place, str] = {}
    hidden: set[Place] = set()
    lost: list[Finding] = []
    for number, entry in enumerate(annotations.messages):
        places = list(_selected(diagram, entry))
        if not places:
            lost.append(_lost(diagram, annotations, number))
        for i in dict.fromkeys(i for i, _ in places):
            if entry.highlight:
                marked.add(i)
            if entry.note is not None:
                text = clip(shown(entry.note), MOST_NOTE)
                after = entry.place == "after"
                (below if after else above).append(Note(diagram.messages[i].session, i + after, text))
        for place in places:
            if entry.text is not None:
                own[place] = entry.text
            if entry.hide:
                hidden.add(place)
    own = {place: text for place, text in own.items() if place not in hidden}
    messages = [_rewritten(message, i, marked, own, hidden) for i, message in enumerate(diagram.messages)]
    kept = [i for i, message in enumerate(messages) if message.lines or not diagram.messages[i].lines]
    if len(kept) < len(messages):
        _carry(messages, kept)
    told = [say(diagram.lang, "caption.left_out", count=len(hidden))] if hidden else []
    told += [say(diagram.lang, "caption.own", count=len(own))] if own else []
    annotated = replace(
        diagram,
        messages=tuple(messages),
        notes=tuple(sorted([*below, *diagram.notes, *above], key=lambda note: note.before)),
        caption=(*diagram.caption, *map(shown, told)),
        findings=(*diagram.findings, *lost),
    )
    return excerpt(annotated, kept)


def _selected(diagram: Diagram, entry: Entry) -> Iterator[Place]:
    for i, message in enumerate(diagram.messages):
        if entry.session not in (None, message.session):
            continue
        if entry.frame is not None and not any(entry.frame in (origin.index, str(origin)) for origin in message.origins):
            continue
        for j, line in enumerate(message.lines):
            if entry.n in (None, line.n) and (entry.match is None or _matches(line, entry.match)):
                yield i, j


def _matches(line: Line, words: str) -> bool:
    texts = [line.text(), *(run.text for run in line.runs if run.kind != "hidden")]
    first = FIRST_WORD.match(line.runs[0].text) if line.runs and line.runs[0].kind == "wire" else None
    return words in texts or (first is not None and first[0].upper() == words.upper())


def _lost(diagram: Diagram, annotations: Annotations, number: int) -> Finding:
    """An entry that selects nothing. That its session is not drawn is a choice; else the capture is not the one it was made for."""
    entry = annotations.messages[number]
    drawn = entry.session is None or entry.session in {session.number for session in diagram.sessions}
    what = "selects no message of this figure" if drawn else "its session is not drawn"
    origin = annotations.origin(number)
    place = "" if origin is not None else f"{annotations.source}: "
    return Finding(Shown(f"{place}message {number + 1} ({shown(str(entry))}) {what}"), origin, damage=drawn)


def _rewritten(message: Message, i: int, marked: set[int], own: dict[Place, str], hidden: set[Place]) -> Message:
    places = [(i, j) for j in range(len(message.lines))]
    if i not in marked and own.keys().isdisjoint(places) and hidden.isdisjoint(places):
        return message
    lines = (_own(line, own[at]) if at in own else line for line, at in zip(message.lines, places, strict=True) if at not in hidden)
    return replace(message, lines=tuple(lines), marks=(*message.marks, "highlight") if i in marked else message.marks)


def _own(line: Line, text: str) -> Line:
    return replace(line, runs=(Run(clip(shown(text), MOST_LABEL), "decoded"),), meaning=None)


def _carry(messages: list[Message], kept: list[int]) -> None:
    """What a hidden message made of its ends shows, without words, at the session's next message that is drawn; or its last."""
    pending: dict[tuple[int, str], State] = {}
    last: dict[int, int] = {}
    drawn = set(kept)
    for i, message in enumerate(messages):
        ends = (message.sender, message.sender_state), (message.receiver, message.receiver_state)
        if i in drawn:
            messages[i] = _with(message, {end: pending.pop((message.session, end), None) for end, _ in ends})
            last[message.session] = i
        else:
            pending |= {(message.session, end): State(None, state.life, state.inferred) for end, state in ends if state is not None}
    for (session, end), state in pending.items():
        if session in last:
            at = last[session]
            messages[at] = _with(messages[at], {end: state}, late=True)


def _with(message: Message, states: dict[str, State | None], late: bool = False) -> Message:
    """A state of its own comes after what was carried here, and before what is carried back."""

    def settled(own: State | None, carried: State | None) -> State | None:
        if own is None or carried is None:
            return own or carried
        return State(own.text, carried.life, own.inferred) if late else own

    return replace(
        message,
        sender_state=settled(message.sender_state, states.get(message.sender)),
        receiver_state=settled(message.receiver_state, states.get(message.receiver)),
    )
