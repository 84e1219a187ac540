"""Diagrams by hypothesis: any number of columns, any text that a stranger may have sent, every mark, state and note."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from seqdiag.diagram import Bar, Diagram, Life, Line, Mark, Message, Note, Participant, Phase, Repeat, Run, RunKind, Session, State, Wait
from seqdiag.provenance import Finding, Origin
from seqdiag.text import Shown, shown

T0 = 1_544_773_457_768_725_000

words = st.one_of(
    st.sampled_from(
        [
            "",
            "EHLO a",
            "250 2.1.0 Ok",
            "月次報告書",
            "Subject: 実験 und mehr",
            "<b>&amp;\"'</b>",
            "a\nb",
            "  two  spaces ",
            "x" * 300,
            "中" * 200,
        ]
    ),
    st.text(max_size=40),
).map(shown)
runs = st.builds(Run, words, st.sampled_from(get_args(RunKind)))
lines = st.builds(Line, st.lists(runs, max_size=4).map(tuple), st.none() | words, st.booleans(), st.none() | st.integers(1, 9))
states = st.none() | st.builds(State, st.none() | words, st.sampled_from(get_args(Life)), st.booleans())
times = st.none() | st.integers(-(10**9), 10**12).map(lambda ns: T0 + ns)


@st.composite
def diagrams(draw: st.DrawFn) -> Diagram:
    count = draw(st.integers(1, 9))
    ids = [f"p{n}" for n in range(1, count + 1)]
    end = st.sampled_from(ids)
    numbers = range(1, draw(st.integers(1, 3)) + 1)
    way = st.none() | st.integers(0, 10**8)
    places = st.sampled_from([None, "client", "server", "between", "both", "unknown"])
    sessions = tuple(
        Session(n, draw(end), draw(end), None, draw(st.sampled_from(get_args(Life))), None, draw(places), draw(way), draw(way))
        for n in numbers
    )
    kinds = st.sampled_from(["handshake", "dialogue", "tls", "authentication", "mail", "close", "abort"])
    phases = tuple(Phase(draw(st.sampled_from(numbers)), draw(kinds), draw(words)) for _ in range(draw(st.integers(0, 3))))
    message = st.builds(
        Message,
        st.sampled_from(numbers),
        end,
        end,
        st.lists(lines, max_size=4).map(tuple),
        times,
        times,
        st.sampled_from(["data", "control", "ack"]),
        st.lists(st.sampled_from(get_args(Mark)), max_size=2).map(tuple),
        states,
        states,
        st.sampled_from([None, *range(len(phases))]),
        st.booleans(),
        st.lists(st.builds(Origin, st.just("a"), st.integers(1, 9)), max_size=2, unique=True).map(tuple),
        st.none() | st.builds(Repeat, st.none() | st.integers(0, 10**10), st.none() | st.builds(Origin, st.just("a"), st.integers(1, 9))),
        st.none(),
        times,
        st.none() | st.builds(Wait, st.sampled_from(["client", "server"]), st.integers(0, 10**11), st.booleans()),
    )
    messages = tuple(draw(st.lists(message, max_size=12)))
    bars = []
    for _ in range(draw(st.integers(0, 2)) if messages else 0):
        first, last = sorted(draw(st.tuples(*[st.integers(0, len(messages) - 1)] * 2)))
        if not bars or first > bars[-1].last:  # one protocol is in one state at a time
            bars.append(Bar(sessions[0].number, sessions[0].server, "x", draw(words), draw(words), first, last, draw(st.booleans())))
    notes = st.builds(Note, st.sampled_from(numbers), st.integers(0, 12), words, st.sampled_from(["gap", "missing", "comment", "finding"]))
    return Diagram(
        title=draw(words),
        subtitle=draw(words),
        lang=draw(st.sampled_from(["en", "zh"])),
        participants=tuple(Participant(p, draw(words), draw(words), draw(st.sampled_from(["client", "server"]))) for p in ids),
        sessions=sessions,
        phases=phases,
        messages=messages,
        bars=tuple(bars),
        notes=tuple(draw(st.lists(notes, max_size=3))),
        caption=tuple(draw(st.lists(words, max_size=2))),
        findings=tuple(Finding(text) for text in draw(st.lists(words, max_size=1))),
        timed=draw(st.booleans()),
        explained=draw(st.booleans()),
    )


__all__ = ["Shown", "diagrams", "words"]
