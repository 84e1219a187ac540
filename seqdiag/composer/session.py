"""One dialogue in, its messages out: which segment or PDU becomes which arrow, in which phase, with which states."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from seqdiag.composer.labels import control_runs, pdu_line
from seqdiag.composer.options import ComposeOptions
from seqdiag.connections.connection import Comment, Control, Gap, Side, Timeline, other
from seqdiag.diagram import Bar, Life, Line, Mark, Message, Note, Run, Session, State
from seqdiag.protocols import Dialogue, Placed
from seqdiag.protocols.base import Pdu
from seqdiag.provenance import Origin
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
        hosts = self.connection.client.host, self.connection.server.host
        # Both ends on one machine: what one end sent, the other had when the capture saw it.
        self.arrivals_seen = all(host.startswith("127.") or host == "::1" for host in hosts)
        self.messages: list[Message] = []
        self.kinds: list[str] = []
        self.notes: list[Note] = []
        self.left_out: dict[str, int] = {}
        self.numbers = {self._fin_number("client"): "u", self._fin_number("server"): "v"}
        self.stacks: dict[int, list[int]] = {}  # message index -> indices of its PDUs

    def compose(self) -> Draft:
        number = self.connection.number
        protocol = shown(self.dialogue.protocol.upper()) if self.dialogue.protocol else None
        opened = self.connection.opened
        begun = opened in ("uncaptured", "partial") or (opened is None and not self._opening_told())
        life: Life = "open" if begun and self.connection.transport == "tcp" else "none"
        session = Session(number, self.column["client"], self.column["server"], protocol, life)
        if opened == "uncaptured":
            self._note("note.handshake", "missing")
        elif opened == "partial":
            self._note("note.partial", "missing")
        self._walk()
        self._closing_note()
        return Draft(session, self.messages, self.kinds, self.notes, self._bars(), self.left_out)

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
            last = self.messages[-1]
            stack = [*self.stacks[len(self.messages) - 1], index]
            lines = (self._tls_line(stack),) if pdu.kind == "tls" else self._stack(last.lines, line, len(stack))
            joined = tuple(dict.fromkeys((*last.origins, *origins)))
            marks = tuple(sorted({*last.marks, *self._marks(pdu)}))
            self.messages[-1] = replace(last, lines=lines, t_end=t_end if t_end is not None else last.t_end, origins=joined, marks=marks)
        else:
            if pdu.kind == "tls" and pdu.raw:
                line = self._tls_line([index])
            self._add(
                pdu.side,
                (line,),
                phase,
                t=t,
                t_end=t_end,
                marks=self._marks(pdu),
                origins=origins,
                bulk=pdu.kind == "body" or _holds_mail(pdu),
            )
            self.stacks[len(self.messages) - 1] = []
        self.stacks[len(self.messages) - 1].append(index)

    def _stack(self, lines: tuple[Line, ...], line: Line, count: int) -> tuple[Line, ...]:
        """One line more on an arrow: its last line tells that one segment carried them all."""
        told = Run(shown(say(self.lang, "figure.stacked", count=count)), "decoded")
        *before, last = lines
        if count > 2:
            last = replace(last, runs=last.runs[:-1])
        return (*before, last, replace(line, runs=(*line.runs, told)))

    def _line(self, index: int, pdu: Pdu, segments: int) -> Line:
        command = self.pdus[pdu.answers] if pdu.answers is not None and pdu.answers < len(self.pdus) else None
        return pdu_line(pdu, self.lang, index + 1, command, segments)

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
        if self.options.tcp == "none" or (step.phase is None and step.what != "RST" and self.options.tcp != "full"):
            kind = {"ACK": "acks", "repeat": "repeats", "keep-alive": "keepalives"}.get(step.what, "others")
            self.left_out[kind] = self.left_out.get(kind, 0) + 1
            return
        marks: list[Mark] = []
        if step.what == "RST":
            marks.append("abort")
        if step.inferred:
            marks.append("inferred")
        if step.repeated:
            marks.append("repeated")
        if step.what == "failed":
            marks.append("refused")
        line = Line(control_runs(step, self.lang, self._sequence(step)), refused=step.what == "failed")
        self._add(
            step.side,
            (line,),
            step.phase or "dialogue",
            t=step.t,
            t_end=step.t,
            marks=tuple(marks),
            origins=(step.origin,),
            weight="ack" if step.what in ("ACK", "keep-alive") and step.phase is None else "control",
            sender_state=sender,
            receiver_state=receiver,
        )

    def _ride(self, step: Control, sender: State | None, receiver: State | None) -> bool:
        """A FIN, or an ACK that opens or closes, on a segment with bytes: told on that segment's own arrow."""
        for index in range(len(self.messages) - 1, max(len(self.messages) - 9, -1), -1):
            message = self.messages[index]
            if message.sender == self.column[step.side] and step.origin in message.origins and index in self.stacks:
                lines = message.lines
                if step.what == "FIN":
                    runs = control_runs(step, self.lang, self._sequence(step))
                    lines = (*lines[:-1], replace(lines[-1], runs=(*lines[-1].runs, *runs)))
                    self.kinds[index] = "close"
                self.messages[index] = replace(
                    message, lines=lines, sender_state=sender or message.sender_state, receiver_state=receiver or message.receiver_state
                )
                return True
        return False

    def _states(self, step: Control) -> tuple[State | None, State | None]:
        sender = State(shown(step.sender_state), LIVES[step.sender_state], step.inferred) if step.sender_state else None
        guessed = step.inferred or not self.arrivals_seen
        receiver = State(shown(step.receiver_state), LIVES[step.receiver_state], guessed) if step.receiver_state else None
        return sender, receiver

    def _icmp(self, step: Control) -> None:
        error = next((e for e in self.connection.icmp if e.origin == step.origin), None)
        host = error.reporter if error is not None else ""
        self._note("note.icmp", "comment", host=host, error=icmp_words(step.error or "", self.lang))

    def _sequence(self, step: Control) -> str:
        """Sequence numbers of the opening and the close; symbols where real ones would tell a hidden value's length."""
        if step.phase == "handshake" and step.seq is not None and not step.inferred:
            parts = [f"seq {step.seq}"] if step.what != "ACK" else []
            if step.ack is not None:
                parts.append(f"ack {step.ack}")
            if step.options.mss is not None:
                parts.append(f"mss {step.options.mss}")
            return ", ".join(parts)
        if step.phase not in ("close", "abort") or step.inferred:
            return ""
        own, peer = self._number(step.seq, step.side), self._number(step.ack, other(step.side))
        return ", ".join(part for part in (own and f"seq {own}", peer and f"ack {peer}") if part)

    def _fin_number(self, side: Side) -> tuple[Side, int | None]:
        fins = (s for s in self.connection.steps if isinstance(s, Control) and s.what == "FIN" and s.side == side)
        fin = next(fins, None)
        if fin is None or fin.seq is None:
            return side, None
        chunks = self.timelines[side].ends
        return side, max(fin.seq, chunks[-1] + 1 if chunks else 0)

    def _number(self, value: int | None, side: Side) -> str:
        if value is None:
            return ""
        if not self.hides:
            return str(value)
        fin = self._fin_number(side)[1]
        symbol = self.numbers.get((side, fin))
        if fin is None or symbol is None or not 0 <= value - fin <= 1:
            return ""
        return symbol if value == fin else f"{symbol}+1"

    # -- notes and bars ----------------------------------------------------------------------------------------

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

    def _bars(self) -> list[Bar]:
        """The protocol's own states, where its table has names for them: from the message that entered one."""
        protocol = self.dialogue.protocol
        message_of = {pdu: message for message, pdus in self.stacks.items() for pdu in pdus}
        entered: list[tuple[str, int]] = []
        last = 0
        for i, pdu in enumerate(self.pdus):
            if i not in message_of:
                continue
            last = message_of[i]
            if pdu.state and pdu.protocol != "tls" and (not entered or entered[-1][0] != pdu.state):
                entered.append((pdu.state, message_of[i]))
        bars = []
        for k, (state, first) in enumerate(entered):
            name = find(self.lang, f"state.{protocol}.{state}")
            if name is not None:
                end = entered[k + 1][1] if k + 1 < len(entered) else last
                title, detail = (shown(name), shown(state)) if name.upper() != state else (shown(state), shown(""))
                bars.append(
                    Bar(self.connection.number, self.column["server"], state.lower(), title, detail, first, end, not self.arrivals_seen)
                )
        return bars

    def _add(self, side: Side, lines: tuple[Line, ...], phase: str, **fields: object) -> None:
        message = Message(self.connection.number, self.column[side], self.column[other(side)], lines, **fields)  # type: ignore[arg-type]
        if not self.options.explain:
            message = replace(message, lines=tuple(replace(line, meaning=None) for line in message.lines))
        self.messages.append(message)
        self.kinds.append(phase)


def _holds_mail(pdu: Pdu) -> bool:
    return any(fact.kind == "message" for fact in pdu.facts)


def icmp_words(code: str, lang: Lang) -> str:
    """`4/3/3` (version, type, code) is "port unreachable" (RFC 792, RFC 4443 §3)."""
    known = find(lang, f"icmp.{code}")
    if known is not None:
        return known
    _, kind, number = [*code.split("/"), "?", "?", "?"][:3]
    return say(lang, "icmp.unreachable", type=kind, code=number)
