"""A Diagram in, one out in which equal exchanges that follow one another are drawn once, with how often.

Equal is what cannot differ: the same words on the wire, whole. What is hidden, summed up or cut may differ in what the
figure does not show; what was sent again, or changed a state, is an event of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from seqdiag.composer.excerpt import excerpt
from seqdiag.diagram import Diagram, Message, Note, Run
from seqdiag.text import shown
from seqdiag.words import duration, say

LEAST = 3
"""Equal exchanges from which on they are folded."""


def fold(diagram: Diagram) -> Diagram:
    messages = list(diagram.messages)
    clients = {(session.number, session.client) for session in diagram.sessions}
    fixed = {note.before for note in diagram.notes} | {bar.first for bar in diagram.bars}
    kept: list[int] = []
    notes: list[Note] = []
    at = 0
    while at < len(messages):
        times = _times(messages, at, fixed) if (messages[at].session, messages[at].sender) in clients else 0
        if times < LEAST:
            kept.append(at)
            at += 1
            continue
        end = at + 2 * times
        for i in (at, at + 1):
            messages[i] = _joined(messages[i:end:2])
        kept += [at, at + 1]
        notes.append(Note(messages[at].session, end, shown(_words(diagram, messages[at], messages[at + 1])), "comment"))
        at = end
    if not notes:
        return diagram
    ordered = sorted([*notes, *diagram.notes], key=lambda note: note.before)
    return excerpt(replace(diagram, messages=tuple(messages), notes=tuple(ordered)), kept)


def _times(messages: Sequence[Message], at: int, fixed: set[int]) -> int:
    """How many equal exchanges begin at `at`, with nothing between them."""
    third = at + 2 * (LEAST - 1)
    if third + 1 >= len(messages) or messages[at].text() != messages[third].text() or at + 1 in fixed:
        return 0
    if not (_plain(messages[at]) and _plain(messages[at + 1])):
        return 0
    command, reply = (_bare(message) for message in messages[at : at + 2])
    if command.session != reply.session or command.sender == reply.sender:
        return 0
    end = at + 2
    while end + 1 < len(messages) and not {end, end + 1} & fixed and _bare(messages[end]) == command and _bare(messages[end + 1]) == reply:
        end += 2
    return (end - at) // 2


def _plain(message: Message) -> bool:
    """Whether its label says everything that there was of it."""
    runs = [run for line in message.lines for run in line.runs]
    return bool(runs) and all(run.kind == "wire" and not run.text.endswith("…") for run in runs) and not message.bulk


def _bare(message: Message) -> Message:
    """Without what differs from one to the next: when, in which frames, under which number."""
    lines = tuple(replace(line, n=None) for line in message.lines)
    return replace(message, lines=lines, t=None, t_end=None, origins=(), arrived=None)


def _joined(equal: Sequence[Message]) -> Message:
    first, last = equal[0], equal[-1]
    *above, line = first.lines
    mark = Run(shown(f"×{len(equal)}"), "decoded")
    return replace(
        first,
        lines=(*above, replace(line, runs=(*line.runs, mark))),
        t_end=last.t_end,
        origins=tuple(dict.fromkeys(origin for message in equal for origin in message.origins)),
        times=len(equal),
    )


def _words(diagram: Diagram, command: Message, reply: Message) -> str:
    if command.t is None or reply.t_end is None or reply.t_end < command.t:
        return say(diagram.lang, "note.folded.untimed", count=command.times)
    return say(diagram.lang, "note.folded", count=command.times, time=duration(reply.t_end - command.t))
