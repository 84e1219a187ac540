"""A Diagram and some of its messages in, the Diagram of these alone out: notes, phases and bars follow them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from seqdiag.diagram import Bar, Diagram


def excerpt(diagram: Diagram, kept: Sequence[int]) -> Diagram:
    """`kept`: indices of messages, rising. A note stands before the next that is kept; a bar lasts as long as its session's do."""
    if len(kept) == len(diagram.messages):
        return diagram
    messages = [diagram.messages[i] for i in kept]
    phases = {old: new for new, old in enumerate(dict.fromkeys(m.phase for m in messages if m.phase is not None))}
    own: dict[int, list[int]] = {}  # session -> its messages' indices in the excerpt
    for new, message in enumerate(messages):
        own.setdefault(message.session, []).append(new)
    bars = (_bar(bar, bisect_left(kept, bar.first), bisect_right(kept, bar.last), own.get(bar.session, [])) for bar in diagram.bars)
    return replace(
        diagram,
        messages=tuple(m if m.phase is None else replace(m, phase=phases[m.phase]) for m in messages),
        phases=tuple(diagram.phases[old] for old in phases),
        notes=tuple(replace(note, before=bisect_left(kept, note.before)) for note in diagram.notes),
        bars=tuple(bar for bar in bars if bar is not None),
    )


def _bar(bar: Bar, first: int, end: int, own: Sequence[int]) -> Bar | None:
    """From the session's first message at or behind `first` to its last before `end`."""
    inside = own[bisect_left(own, first) : bisect_left(own, end)]
    return replace(bar, first=inside[0], last=inside[-1]) if inside else None
