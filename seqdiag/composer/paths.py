"""A dialogue in, its way through the state machine out: the protocol's own, or TCP's where the protocol has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from seqdiag.connections import states
from seqdiag.connections.connection import Control, Side, Timeline
from seqdiag.diagram import Known, Machine, Move, Path, Rule
from seqdiag.protocols import PROTOCOLS, Dialogue
from seqdiag.protocols.base import Pdu
from seqdiag.provenance import Nanoseconds
from seqdiag.text import Shown, shown
from seqdiag.words import Lang, find, say

TCP = "tcp"
SPOKEN = ("greeting", "command", "reply", "continuation", "body", "event")
"""Kinds of PDUs that may move a state though their grammar does not say by what."""

Table = Mapping[tuple[str, str], str]


def paths(dialogue: Dialogue, lang: Lang) -> list[Path]:
    """One for each protocol that was spoken and has states (TLS after STARTTLS is one), else one for each end of TCP."""
    found = [path for name in _spoken(dialogue) if (path := _of_protocol(dialogue, name, lang)) is not None]
    if not found and dialogue.connection.transport == "tcp":
        found = [path for side in ("client", "server") if (path := _of_tcp(dialogue, side, lang)) is not None]
    return found


def machines(found: Sequence[Path], lang: Lang) -> tuple[Machine, ...]:
    """Those that the paths go through."""
    return tuple(_machine(name, lang) for name in dict.fromkeys(path.machine for path in found))


def _table(name: str) -> Table:
    return states.TRANSITIONS if name == TCP else PROTOCOLS[name].TRANSITIONS


def _machine(name: str, lang: Lang) -> Machine:
    table = _table(name)
    names = list(dict.fromkeys([before for before, _ in table] + list(table.values())))
    meanings = {state: find(lang, f"machine.{name}.{state}") for state in names}
    return Machine(
        name,
        shown(name.upper()),
        tuple(Known(shown(state), None if (meaning := meanings[state]) is None else shown(meaning)) for state in names),
        tuple(
            Rule(shown(before), shown(happened), shown(after), _words(name, happened, lang)) for (before, happened), after in table.items()
        ),
    )


def _words(machine: str, happened: str, lang: Lang) -> Shown:
    return shown(find(lang, f"happened.{machine}.{happened}") or happened)


class _Step(NamedTuple):
    before: str
    happened: str
    after: str
    inferred: bool
    t: Nanoseconds | None = None
    n: int | None = None


def _path(dialogue: Dialogue, machine: str, side: Side | None, start: str, steps: Sequence[_Step], lang: Lang) -> Path:
    moves: list[Move] = []
    for step in steps:
        happened = _words(machine, step.happened, lang)
        move = Move(shown(step.before), happened, shown(step.after), step.t, step.n, step.inferred)
        if moves and replace(moves[-1], t=move.t, n=move.n, times=1) == move:
            moves[-1] = replace(moves[-1], times=moves[-1].times + 1)
        else:
            moves.append(move)
    last = steps[-1].after if steps else start
    return Path(dialogue.connection.number, machine, side, shown(start), tuple(moves), _end(dialogue, machine, last, lang))


def _end(dialogue: Dialogue, machine: str, last: str, lang: Lang) -> Shown | None:
    """Why it ends in a state that has ways out."""
    if last == states.CLOSED or not any(before == last for before, _ in _table(machine)):
        return None
    closed = dialogue.connection.closed
    if closed == "open" or (machine == TCP and closed != "reset"):
        return shown(say(lang, "path.open"))
    if closed is None:
        return None
    return shown(find(lang, f"path.lost.{machine}.{last}") or say(lang, "path.lost"))


# -- a protocol's own ------------------------------------------------------------------------------------------------


def _spoken(dialogue: Dialogue) -> list[str]:
    names = dict.fromkeys(name for name in (dialogue.protocol, *(placed.pdu.protocol for placed in dialogue.pdus)) if name)
    return [name for name in names if PROTOCOLS[name].TRANSITIONS]


def _of_protocol(dialogue: Dialogue, name: str, lang: Lang) -> Path | None:
    """None where TLS is only known to have begun."""
    start = next(iter(_table(name)))[0]
    timelines = {side: Timeline(dialogue.connection.steps, side) for side in ("client", "server")}
    steps = []
    for index, pdu, step in _moves([placed.pdu for placed in dialogue.pdus], name, start, say(lang, "fact.tls")):
        steps.append(step._replace(t=timelines[pdu.side].when(pdu.start, pdu.end)[1], n=index + 1))
    return _path(dialogue, name, None, start, steps, lang) if steps or name == dialogue.protocol else None


def _moves(pdus: Sequence[Pdu], name: str, start: str, anew: str) -> Iterator[tuple[int, Pdu, _Step]]:
    """Each step, with the PDU that made it."""
    table = _table(name)
    state = start
    for index, pdu in enumerate(pdus):
        if pdu.kind == "tls" and not pdu.raw and name != "tls":  # from here the source holds what TLS protects
            if state != start:
                yield index, pdu, _Step(state, anew, start, inferred=False)
            state = start
        if pdu.protocol != name:
            continue
        for happened in pdu.moved:
            after = table.get((state, happened)) or pdu.state
            yield index, pdu, _Step(state, happened, after, inferred=(state, happened) not in table)
            state = after
        if pdu.state and pdu.state != state and pdu.kind in SPOKEN:
            ways = [happened for (before, happened), after in table.items() if (before, after) == (state, pdu.state)]
            yield index, pdu, _Step(state, ways[0] if len(ways) == 1 else "", pdu.state, inferred=len(ways) != 1)
            state = pdu.state


# -- TCP's -----------------------------------------------------------------------------------------------------------


def _of_tcp(dialogue: Dialogue, side: Side, lang: Lang) -> Path | None:
    """One end's; None where nothing told of its states."""
    start = states.LISTEN if side == "server" else states.CLOSED
    if dialogue.connection.opened in ("partial", "uncaptured"):
        start = states.ESTABLISHED
    steps = list(_tcp_steps(dialogue, side, start))
    return _path(dialogue, TCP, side, start, steps, lang) if steps or start == states.ESTABLISHED else None


def _tcp_steps(dialogue: Dialogue, side: Side, state: str) -> Iterator[_Step]:
    connection = dialogue.connection
    seen = connection.taken_at in (side, "both")
    for control in connection.steps:
        if not isinstance(control, Control):
            continue
        sends = control.side == side
        reached = control.sender_state if sends else control.receiver_state
        for after in reached.split(" → ") if reached else ():
            if after != state:
                happened, ruled = _happened(state, after, "send" if sends else "receive", control.what)
                yield _Step(state, happened, after, control.inferred or not ruled or not (sends or seen), control.t)
            state = after


def _happened(before: str, after: str, verb: str, what: str) -> tuple[str, bool]:
    """What the table calls it, and whether there is a rule; what is sent and received at once has the words of either."""
    ways = [happened for (state, happened), then in states.TRANSITIONS.items() if (state, then) == (before, after)]
    for start in (f"{verb} {what}", verb, ""):
        for way in ways:
            if way.startswith(start):
                return way, True
    return f"{verb} {what}", what == "RST"
