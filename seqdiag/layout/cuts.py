"""Time cut out, and where a capture stood, in; broken lifelines with who took the time, and the observer's line, out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqdiag.diagram import Message, Wait
from seqdiag.layout.columns import Columns
from seqdiag.layout.rows import Cut
from seqdiag.layout.scene import Group, Text, box, mark, stroke, text
from seqdiag.text import Shown
from seqdiag.words import Lang, duration, say

WORDS_OFF = 10


def wait_words(wait: Wait, lang: Lang) -> Shown:
    return Shown(say(lang, f"wait.{wait.side}.silent" if wait.silent else f"wait.{wait.side}", time=duration(wait.time)))


def group(cut: Cut, message: Message | None, columns: Columns, ends: Mapping[int, tuple[int, int]], lang: Lang) -> Group:
    """The lifelines break; beside that of who took the time before `message` stands how long."""
    middle = (cut.top + cut.bottom) / 2
    boxes = tuple(box(x - 6, middle - 3, 12, 5, "ground") for x in columns.lifelines)
    marks = tuple(mark(x, middle, "cut", stroke="soft", weight=1.1) for x in columns.lifelines)
    words: tuple[Text, ...] = ()
    if message is not None and message.wait is not None and message.session in ends:
        client, server = ends[message.session]
        here, there = (client, server) if message.wait.side == "client" else (server, client)
        way = 1 if there > here else -1
        at = columns.lifelines[here] + way * WORDS_OFF
        words = (text(at, middle + 3.6, wait_words(message.wait, lang), "wait", "ink", "start" if way > 0 else "end"),)
    return Group("cut", boxes, (), marks, words)


def observer(x: float, ys: Sequence[float], top: float, lang: Lang) -> Group:
    """The line of the capture at `x`, with a dot where each packet passed it."""
    line = stroke(x, top + 5, x, ys[-1] + 12, "faint", 1, "life")
    return Group(
        "observer",
        (),
        (line,),
        tuple(mark(x, y, "dot", "soft") for y in ys),
        (text(x, top, Shown(say(lang, "key.observer")), "time", "soft", "middle"),),
    )
