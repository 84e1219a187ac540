"""One dialogue in, its messages out: which segment or PDU becomes which arrow, in which phase, with which states."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from seqdiag.composer.bars import bars
from seqdiag.composer.labels import control_runs, pdu_line
from seqdiag.composer.numbers import Numbers
from seqdiag.composer.options import ComposeOptions
from seqdiag.composer.transit import UNKNOWN, silence, transit, waits_of
from seqdiag.composer.transport import NOTHING, Told, told
from seqdiag.connections.connection import Chunk, Comment, Control, Gap, Side, Timeline, other
from seqdiag.diagram import Bar, Life, Line, Mark, Message, Note, Run, Session, State, Wait
from seqdiag.protocols import Dialogue, Placed
from seqdiag.protocols.base import Pdu
from seqdiag.provenance import Nanoseconds, Origin
from seqdiag.text import Shown, clip, shown
from seqdiag.words import Lang, find, say

LIVES: dict[str, Life] = {
    "CLOSED": "closed",
    "TIME-WAIT": "closed",
    "SYN-SENT": "opening",
    "SYN-RECEIVED": "opening",
    "ESTABLISHED": "open",
    "FIN-WAIT-1": "closing",
    "FIN-WAIT-2": "closing",
    "CLOSE-WAIT": "closing",
    "CLOSING": "closing",
    "LAST-ACK": "closing",
}

LEFT_OUT = {
    "ACK": "acks",
    "duplicate ACK": "acks",
    "window update": "acks",
    "repeat": "repeats",
    "keep-alive": "keepalives",
    "keep-alive ACK": "keepalives",
    "zero window": "probes",
    "probe": "probes",
    "copy": "copies",
    "corrupt": "corrupt",
}
"""What the caption counts a segment as that no arrow stands for."""

NOT_DRAWN = Line(())
"""The label of a message past all that the figure draws: made only to be counted."""

MOST_PIECES = 2
"""A message in more segments than this tells how many were sent again; else each sending again is an arrow."""

MOST_LINES = 40
"""Lines of one arrow, unless all are asked for."""

STACKED = ("command", "reply", "greeting", "continuation")
"""Kinds of PDUs that stand as lines of one arrow where one segment carried several."""


class Draft(msgspec.Struct):
    """One session of the figure to be. `kinds`: each message's phase by its word; notes and bars index `messages`."""

    session: Session
    messages: list[Message]
    kinds: list[str]
    notes: list[Note]
    bars: list[Bar]
    left_out: dict[str, int]
    """Segments that no arrow stands for, by what they were."""

    def phase_title(self, kind: str, lang: Lang) -> Shown:
        if kind == "dialogue" and self.session.protocol:
            return shown(say(lang, "phase.dialogue.of", protocol=self.session.protocol))
        return shown(say(lang, f"phase.{kind}"))


class _Arrow(msgspec.Struct):
    """The last message while more PDUs may still travel on it: put on it one by one, they would be copied each time."""

    lines: list[Line]
    origins: dict[Origin, None]
    marks: set[Mark]
    t_end: Nanoseconds | None
    tls: bool


class SessionComposer:
    """Walks the steps of one connection once."""

    def __init__(self, dialogue: Dialogue, client: str, server: str, options: ComposeOptions) -> None:
        self.dialogue = dialogue
        self.connection = dialogue.connection
        self.options = options
        self.lang = options.lang
        self.column: dict[Side, str] = {"client": client, "server": server}
        self.timelines = {side: Timeline(self.connection.steps, side) for side in self.column}
        self.pdus = [placed.pdu for placed in dialogue.pdus]
        self.hides = any(pdu.secrets for pdu in self.pdus)
        at = self.connection.taken_at
        # Where the capture stood, what arrived was seen to arrive; elsewhere it is inferred from what was sent.
        self.arrivals_seen: set[Side] = {side for side in self.column if at in (side, "both")}
        self.resent: dict[int, int] = {}  # PDU index -> how many of its segments were sent again
        self.starts = {side: [(pdu.start, i) for i, pdu in enumerate(self.pdus) if pdu.side == side and pdu.raw] for side in self.column}
        self.messages: list[Message] = []
        self.kinds: list[str] = []
        self.notes: list[Note] = []
        self.left_out: dict[str, int] = {}
        self.shut: set[Side] = set()  # whose receive window was last told to be closed
        self.numbers = Numbers(self.connection, self.timelines, self.hides)
        self.reporters = {error.origin: error.reporter for error in self.connection.icmp}
        self.waits = waits_of(dialogue) if self.connection.captured else {}
        self.silence = silence(dialogue) if self.connection.captured else None
        self.arrow: _Arrow | None = None
        self.stacks: dict[int, list[int]] = {}  # message index -> indices of its PDUs

    def compose(self) -> Draft:
        number = self.connection.number
        protocol = shown(self.dialogue.protocol.upper()) if self.dialogue.protocol else None
        opened = self.connection.opened
        begun = opened in ("uncaptured", "partial") or (opened is None and not self._opening_told())
        life: Life = "open" if begun and self.connection.transport == "tcp" else "none"
        taken_at = self.connection.taken_at if self.connection.captured and self.connection.transport == "tcp" else None
        ways = transit(self.dialogue) if taken_at else UNKNOWN
        session = Session(number, self.column["client"], self.column["server"], protocol, life, None, taken_at, *ways)
        if opened == "uncaptured":
            self._note("note.handshake", "missing")
        elif opened == "partial":
            self._note("note.partial", "missing")
        self._walk()
        self._closing_note()
        return Draft(session, self.messages, self.kinds, self.notes, self._states_of_protocol(), self.left_out)

    def _states_of_protocol(self) -> list[Bar]:
        message_of = {pdu: message for message, pdus in self.stacks.items() for pdu in pdus}
        return bars(self.dialogue, message_of, self.column["server"], "server" not in self.arrivals_seen, self.lang)

    def _opening_told(self) -> bool:
        return any(isinstance(step, Control) and step.phase == "handshake" for step in self.connection.steps)

    def _walk(self) -> None:
        queue = sorted(range(len(self.pdus)), key=lambda i: self.dialogue.pdus[i].step)
        at = 0
        for index, step in enumerate(self.connection.steps):
            if isinstance(step, Control):
                self._control(step)
            elif isinstance(step, Gap):
                self._note("note.missing", "gap", count=step.length)
            elif isinstance(step, Comment):
                self.notes.append(self._raw_note(clip(shown(step.text), 200), "comment"))
            while at < len(queue) and self.dialogue.pdus[queue[at]].step <= index:
                self._pdu(queue[at], self.dialogue.pdus[queue[at]])
                at += 1
        self._settle()

    # -- PDUs --------------------------------------------------------------------------------------------------

    def _pdu(self, index: int, placed: Placed) -> None:
        pdu = placed.pdu
        t, t_end, origins = self.timelines[pdu.side].when(pdu.start, pdu.end)
        if pdu.kind == "tls" and not pdu.raw:
            step = self.connection.steps[placed.step]
            t, t_end, origins = getattr(step, "t", None), getattr(step, "t", None), (getattr(step, "origin", None) or Origin("", 0),)
        line = self._line(index, pdu, len(origins) if self.connection.captured else 1)
        phase = "tls" if pdu.kind == "tls" or pdu.protocol == "tls" else "dialogue"
        if self._stacks_on(pdu, origins) or self._joins_tls(index, pdu):
            arrow = self.arrow
            if arrow is None:
                last = self.messages[-1]
                tls = pdu.kind == "tls"
                arrow = self.arrow = _Arrow([*last.lines], dict.fromkeys(last.origins), {*last.marks}, last.t_end, tls)
            arrow.lines.append(line)
            arrow.origins.update(dict.fromkeys(origins))
            arrow.marks.update(self._marks(pdu))
            arrow.t_end = t_end if t_end is not None else arrow.t_end
        else:
            if pdu.kind == "tls" and pdu.raw:
                line = self._tls_line([index])
            chunks = self._chunks(index) if pdu.raw else []
            packet = told(chunks[0], self.lang) if len(chunks) == 1 else self._transfer(index, chunks)
            self._add(
                pdu.side,
                (replace(line, runs=(*line.runs, *packet.runs)),),
                phase,
                t=t,
                t_end=t_end,
                marks=tuple(dict.fromkeys((*self._marks(pdu), *packet.marks))),
                again=packet.again,
                fate=packet.fate,
                arrived=packet.arrived,
                origins=origins,
                bulk=pdu.kind == "body" or _holds_mail(pdu),
                wait=self.waits.get(index + 1),
            )
            self.stacks[len(self.messages) - 1] = []
        self.stacks[len(self.messages) - 1].append(index)

    def _transfer(self, index: int, chunks: Sequence[Chunk]) -> Told:
        """What is told of many segments at once: when the last arrived, how many were sent again."""
        count = self.resent.get(index, 0) + sum(chunk.again is not None for chunk in chunks)
        arrivals = [chunk.arrived for chunk in chunks if chunk.arrived is not None]
        runs = (Run(shown(say(self.lang, "figure.resent", count=count)), "decoded"),) if count else ()
        return Told(runs, arrived=max(arrivals)) if arrivals else NOTHING._replace(runs=runs)

    def _settle(self) -> None:
        """The last message has all that travelled on it."""
        arrow, self.arrow = self.arrow, None
        if arrow is None:
            return
        lines = (self._tls_line(self.stacks[len(self.messages) - 1]),) if arrow.tls else self._stack(arrow.lines)
        origins, marks = tuple(arrow.origins), tuple(sorted(arrow.marks))
        self.messages[-1] = replace(self.messages[-1], lines=lines, t_end=arrow.t_end, origins=origins, marks=marks)

    def _stack(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """The lines of one arrow; the last tells that one segment carried them all."""
        told = [Run(shown(say(self.lang, "figure.stacked", count=len(lines))), "decoded")]
        if self.options.fold and len(lines) > MOST_LINES:
            more = say(self.lang, "figure.more_stacked", count=len(lines) - MOST_LINES)
            told.insert(0, Run(shown(more), "decoded"))
            lines = lines[:MOST_LINES]
        *before, last = lines
        return (*before, replace(last, runs=(*last.runs, *told)))

    def _line(self, index: int, pdu: Pdu, segments: int) -> Line:
        if len(self.messages) > self.options.most:
            return NOT_DRAWN
        command = self.pdus[pdu.answers] if pdu.answers is not None and pdu.answers < len(self.pdus) else None
        line = pdu_line(pdu, self.lang, index + 1, command, segments)
        return line if self.options.explain else replace(line, meaning=None)

    def _marks(self, pdu: Pdu) -> tuple[Mark, ...]:
        return ("refused",) if pdu.refused else ()

    def _stacks_on(self, pdu: Pdu, origins: tuple[Origin, ...]) -> bool:
        """The same segment carried the message before."""
        if not self.messages or len(self.messages) - 1 not in self.stacks or pdu.kind not in STACKED or len(origins) != 1:
            return False
        before = self.pdus[self.stacks[len(self.messages) - 1][-1]]
        return before.side == pdu.side and before.kind in STACKED and self.messages[-1].origins == origins and not _holds_mail(pdu)

    def _joins_tls(self, index: int, pdu: Pdu) -> bool:
        """TLS records of one side with nothing of the other between them are one flight."""
        if pdu.kind != "tls" or not pdu.raw or not self.messages or len(self.messages) - 1 not in self.stacks:
            return False
        before = self.pdus[self.stacks[len(self.messages) - 1][-1]]
        return before.kind == "tls" and bool(before.raw) and before.side == pdu.side

    def _tls_line(self, indices: list[int]) -> Line:
        """The names of a flight's records; records that hide their content are counted."""
        runs: list[str] = []
        data = octets = 0
        for i in indices:
            pdu = self.pdus[i]
            record = next((fact for fact in pdu.facts if fact.kind == "tls_record"), None)
            name = str(record.values["name"]) if record is not None else ""
            if name.startswith("Application Data"):
                data, octets = data + 1, octets + len(pdu.raw)
                continue
            special = [f for f in pdu.facts if f.kind in ("client_hello", "alert")]
            runs.append(self._line(i, replace(pdu, facts=tuple(special)), 1).text() if special else name)
        if data:
            runs.append(say(self.lang, "fact.tls_data", count=data, bytes=octets))
        return Line((Run(clip(shown(", ".join(dict.fromkeys(r for r in runs if r))), 160), "decoded"),), n=indices[0] + 1)

    # -- control -----------------------------------------------------------------------------------------------

    def _control(self, step: Control) -> None:
        if step.what == "ICMP":
            self._icmp(step)
            return
        if step.what == "closed":
            self._note("control.closed", "comment")
            return
        sender, receiver = self._states(step)
        if step.rides and step.what in ("FIN", "ACK") and self._ride(step, sender, receiver):
            return
        if not self._is_drawn(step):
            kind = LEFT_OUT.get(step.what, "others")
            self.left_out[kind] = self.left_out.get(kind, 0) + 1
            return
        packet = told(step, self.lang)
        marks: list[Mark] = [*packet.marks]
        if step.what == "RST":
            marks.append("abort")
        if step.inferred:
            marks.append("inferred")
        if step.what == "failed":
            marks.append("refused")
        runs = (*self._bytes_again(step), *control_runs(step, self.lang, self.numbers.of(step)), *packet.runs)
        if step.what == "SYN" and self.connection.opened == "unanswered":
            marks.append("lost")
            runs = (*runs, Run(shown(say(self.lang, "fate.no answer")), "decoded"))
        self._add(
            step.side,
            (Line(runs, refused=step.what == "failed"),),
            step.phase or "dialogue",
            t=step.t,
            t_end=step.t,
            marks=tuple(dict.fromkeys(marks)),
            origins=(step.origin,),
            weight="data" if step.what == "repeat" else "control" if step.phase or step.what == "RST" else "ack",
            sender_state=sender,
            receiver_state=receiver,
            again=packet.again,
            fate=packet.fate,
            arrived=packet.arrived,
            wait=self._given_up(step),
        )

    def _given_up(self, step: Control) -> Wait | None:
        """The server's silence, told where the client's next packet ends it."""
        if self.silence is None or step.side != "client" or not self.messages or step.t is None:
            return None
        before = self.messages[-1].t_end
        if before is None or step.t - before < self.silence.time // 2:
            return None
        told, self.silence = self.silence, None
        return told

    def _is_drawn(self, step: Control) -> bool:
        """Phases always; what was sent again where it is a message of its own; a window that closes and opens again."""
        if self.options.tcp != "phases":
            return self.options.tcp == "full"
        if step.phase is not None or step.what == "RST":
            return True
        if step.what == "repeat":
            index = self._pdu_at(step.side, (step.seq or 1) - 1)
            if index is not None and len(self._chunks(index)) > MOST_PIECES:
                self.resent[index] = self.resent.get(index, 0) + 1
                return False
            return True
        if step.what == "zero window":
            drawn = step.side not in self.shut
            self.shut.add(step.side)
            return drawn
        if step.what == "window update" and step.side in self.shut:
            self.shut.remove(step.side)
            return True
        return False

    def _bytes_again(self, step: Control) -> tuple[Run, ...]:
        """The wire text of the message that a repeat carries once more."""
        index = self._pdu_at(step.side, (step.seq or 1) - 1) if step.what == "repeat" else None
        return pdu_line(self.pdus[index], self.lang, None, None).runs[:2] if index is not None else ()

    def _pdu_at(self, side: Side, offset: int) -> int | None:
        """The PDU that holds a byte of one side's stream."""
        at = bisect_right(self.starts[side], (offset, len(self.pdus))) - 1
        return self.starts[side][at][1] if at >= 0 else None

    def _chunks(self, index: int) -> list[Chunk]:
        pdu = self.pdus[index]
        return self.timelines[pdu.side].between(pdu.start, pdu.end)

    def _ride(self, step: Control, sender: State | None, receiver: State | None) -> bool:
        """A FIN, or an ACK that opens or closes, on a segment with bytes: told on that segment's own arrow."""
        self._settle()
        for index in range(len(self.messages) - 1, max(len(self.messages) - 9, -1), -1):
            message = self.messages[index]
            if message.sender == self.column[step.side] and step.origin in message.origins and index in self.stacks:
                if step.what == "FIN" and len(self._chunks(self.stacks[index][-1])) > MOST_PIECES:
                    return False  # a long transfer belongs to the dialogue, whatever its last segment closes
                lines = message.lines
                if step.what == "FIN":
                    runs = control_runs(step, self.lang, self.numbers.of(step))
                    lines = (*lines[:-1], replace(lines[-1], runs=(*lines[-1].runs, *runs)))
                    self.kinds[index] = "close"
                self.messages[index] = replace(
                    message, lines=lines, sender_state=sender or message.sender_state, receiver_state=receiver or message.receiver_state
                )
                return True
        return False

    def _states(self, step: Control) -> tuple[State | None, State | None]:
        sender = _state(step.sender_state, step.inferred)
        receiver = _state(step.receiver_state, step.inferred or other(step.side) not in self.arrivals_seen)
        return sender, receiver

    def _icmp(self, step: Control) -> None:
        self._note("note.icmp", "comment", host=self.reporters.get(step.origin, ""), error=icmp_words(step.error or "", self.lang))

    # -- notes ----------------------------------------------------------------------------------------

    def _raw_note(self, text: Shown, kind: str) -> Note:
        return Note(self.connection.number, len(self.messages), text, kind)  # type: ignore[arg-type]

    def _note(self, key: str, kind: str, **values: str | int) -> None:
        self.notes.append(self._raw_note(clip(shown(say(self.lang, key, **values)), 200), kind))

    def _closing_note(self) -> None:
        if self.connection.opened == "unanswered":
            self._note("note.unanswered", "missing")
        elif self.connection.closed == "half":
            self._note("note.half", "missing")
        elif self.connection.closed == "open" and self.connection.opened != "refused":
            self._note("note.close", "missing")

    def _add(self, side: Side, lines: tuple[Line, ...], phase: str, **fields: object) -> None:
        self._settle()
        self.messages.append(Message(self.connection.number, self.column[side], self.column[other(side)], lines, **fields))  # type: ignore[arg-type]
        self.kinds.append(phase)


def _state(text: str | None, inferred: bool) -> State | None:
    """A step may pass through several states: `SYN-SENT → ESTABLISHED`; the life is that of the last."""
    return State(shown(text), LIVES[text.rpartition(" → ")[2]], inferred) if text else None


def _holds_mail(pdu: Pdu) -> bool:
    return any(fact.kind == "message" for fact in pdu.facts)


def icmp_words(code: str, lang: Lang) -> str:
    """`4/3/3` (version, type, code) is "port unreachable" (RFC 792, RFC 4443 §3)."""
    known = find(lang, f"icmp.{code}")
    if known is not None:
        return known
    _, kind, number = [*code.split("/"), "?", "?", "?"][:3]
    return say(lang, "icmp.unreachable", type=kind, code=number)
