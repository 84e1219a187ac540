"""What TCP did to one packet in, the words, marks and fields that a figure gives it out."""

from __future__ import annotations

from typing import NamedTuple

from seqdiag.composer.labels import displayable
from seqdiag.connections.connection import Again, Chunk, Control
from seqdiag.diagram import Mark, Repeat, Run
from seqdiag.provenance import Nanoseconds
from seqdiag.text import shown
from seqdiag.words import Lang, duration, say


class Told(NamedTuple):
    """`runs` stand behind the packet's own label."""

    runs: tuple[Run, ...] = ()
    marks: tuple[Mark, ...] = ()
    again: Repeat | None = None
    fate: str | None = None
    arrived: Nanoseconds | None = None


NOTHING = Told()


def told(step: Control | Chunk, lang: Lang) -> Told:
    late = isinstance(step, Chunk) and step.late
    if step.again is None and step.fate is None and step.arrived is None and not late:
        return NOTHING
    runs: list[Run] = []
    marks: list[Mark] = []
    if step.again is not None:
        runs.append(Run(shown(_again(step.again, lang)), "again"))
        marks.append("repeated")
    if step.fate is not None:
        runs.append(Run(shown(say(lang, f"fate.{step.fate}")), "decoded"))
        marks.append("lost")
    if late:
        runs.append(Run(shown(say(lang, "control.late")), "decoded"))
    repeat = None
    if step.again is not None:
        before = step.again.before
        repeat = Repeat(step.again.after, before and displayable(before), step.again.cause, step.again.spurious)
    return Told(tuple(runs), tuple(marks), repeat, step.fate, step.arrived)


def _again(again: Again, lang: Lang) -> str:
    if again.after is None:
        text = say(lang, "again.unseen" if again.before is None else "again.untimed")
    else:
        text = say(lang, "again.after", time=duration(again.after))
    if again.cause is not None:
        text = say(lang, f"again.{again.cause}", text=text)
    return say(lang, "again.spurious", text=text) if again.spurious else text
