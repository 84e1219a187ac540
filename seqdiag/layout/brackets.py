"""What was sent again in, the brackets beside its sender's lifeline out: from the first sending to the second."""

from __future__ import annotations

import msgspec

from seqdiag.diagram import Diagram, Message
from seqdiag.layout.scene import Group, mark, stroke, text
from seqdiag.layout.widths import SLACK, width
from seqdiag.text import Shown
from seqdiag.words import duration, say

OFF = 8  # from the lifeline
WORDS_OFF = 6
SERIF = 5
LEAST = 34  # px from the first sending to the second, so that the words have room between their states


class Bracket(msgspec.Struct, frozen=True):
    """`first` and `second`: messages. It stands on `side` (1 right, -1 left) of an outer lifeline."""

    first: int
    second: int
    side: int
    words: Shown

    @property
    def room(self) -> float:
        """What it needs beside the lifeline."""
        return OFF + WORDS_OFF + width(self.words, "pill") * SLACK


def brackets(diagram: Diagram, column: dict[str, int], barred: set[int]) -> dict[int, Bracket]:
    """By their second message: where the first is drawn too, its sender stands outermost, and nothing is written between the two there.

    `barred`: sides on which bars stand.
    """
    last = len(diagram.participants) - 1
    found: dict[int, Bracket] = {}
    sent: dict[tuple[int, str, object], int] = {}
    written = {-1: -1, 1: -1}  # the last message that stands or brackets on that side
    for index, message in enumerate(diagram.messages):
        here = column[message.sender]
        side = -1 if here == 0 else 1
        again = message.again
        if again is not None and again.after is not None and here in (0, last) and here != column[message.receiver] and side not in barred:
            first = sent.get((message.session, message.sender, again.before))
            if first is not None and first >= written[side]:
                words = Shown(say(diagram.lang, "again.after", time=duration(again.after)))
                found[index] = Bracket(first, index, side, words)
                written[side] = index
        for one in (-1, 1):
            if _writes(message, column, one, last, diagram.explained):
                written[one] = index
        sent.update(dict.fromkeys(((message.session, message.sender, origin) for origin in message.origins), index))
    return found


def _writes(message: Message, column: dict[str, int], side: int, last: int, explained: bool) -> bool:
    """Does a message leave words on that side?"""
    end = 0 if side < 0 else last
    states = ((message.sender, message.sender_state), (message.receiver, message.receiver_state))
    if any(state is not None and state.text and column[name] == end for name, state in states):
        return True
    return side > 0 and explained and any(line.meaning for line in message.lines)


def group(bracket: Bracket, x: float, top: float, bottom: float, breaks: list[float]) -> Group:
    """Drawn beside the lifeline at `x`, from y `top` to `bottom`, broken where time is."""
    at = x + bracket.side * OFF
    strokes = [stroke(at, y, at - bracket.side * SERIF, y, "alert", 1.1) for y in (top, bottom)]
    strokes.append(stroke(at, top, at, bottom, "alert", 1.1))
    marks = tuple(mark(at, y, "cut", stroke="alert", weight=1.1) for y in breaks)
    anchor = "start" if bracket.side > 0 else "end"
    words = text(at + bracket.side * WORDS_OFF, (top + bottom) / 2 + 3.4, bracket.words, "pill", "alert", anchor)  # type: ignore[arg-type]
    return Group("bracket", (), tuple(strokes), marks, (words,), title=bracket.words)
