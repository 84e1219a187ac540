"""Both sides' bytes in, PDUs of a dialogue of command lines and replies out: what SMTP and POP3 have in common.

Commands wait in a queue for their replies, first in, first out. Where the meaning of the client's next bytes hangs
on a reply (DATA, AUTH, STARTTLS), they are held until it is there, so that nothing is read by guess while the
server can still say. Bytes that are no part of the dialogue become opaque PDUs, one for each run.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from seqdiag.protocols.base import Fact, HiddenRun, Kind, Pdu, Secret, Side
from seqdiag.protocols.base.lines import LIMIT, Line, Lines, joined, with_hidden, within
from seqdiag.protocols.base.sasl import Exchange
from seqdiag.text import show

UNPRINTABLE = re.compile(rb"[^\t\x08\x1b\x20-\x7e\x80-\xff]|\A[^\x20-\x7e]")
"""What a command line does not hold. Backspace and escape are typed by people."""
TLS_RECORDS = range(20, 25)
"""First octets of TLS records (RFC 8446 §5.1)."""
LOST = "(lost)"
"""Stands in the queue for commands that a gap may have swallowed."""
TOKEN = re.compile(rb"[A-Za-z0-9+/]{4,}={0,2}\Z")
VERB_LIMIT = 255


class Request:
    """A command, or a body, that waits for `count` replies. `optional`: whatever it was, it may not get one."""

    __slots__ = ("args", "count", "index", "optional", "verb")

    def __init__(self, verb: str, index: int | None, args: bytes = b"", optional: bool = False) -> None:
        self.verb = verb
        self.index = index
        self.args = args
        self.optional = optional
        self.count = 1


class Dialogue:
    """A grammar fills in `command`, `server_step`, `went_on` and its tables; the rest is here."""

    name = ""
    transitions: Mapping[tuple[str, str], str] = {}
    targets: Mapping[str, str] = {}
    verbs: Mapping[str, object] = {}
    """The commands that the grammar knows."""
    words: Mapping[bytes, str] = {}
    """The same as they usually stand on the wire; a short cut."""
    command_line: re.Pattern[bytes]
    """What is a command beyond doubt, even after a gap or where a message body might be."""

    def __init__(self, state: str) -> None:
        self.upgrade: str | None = None
        self.state = state
        self.client = Lines()
        self.server = Lines()
        self.pending: deque[Request] = deque()
        self.hold: Request | None = None
        """The request whose answer decides what the client's next bytes are."""
        self.mode: Literal["command", "auth", "body", "chunk"] = "command"
        self.exchange = Exchange("")
        self.blind = False
        """No reply will come any more: what the client did is taken as it looks."""
        self.offered = False
        """STARTTLS was answered: the next bytes are TLS, unless they plainly are not (it failed, or a log holds the inside)."""
        self.doubtful = False
        """The reply that told the mode was lost: what looks like a command is one."""
        self.torn = False
        """The client's next line has lost its beginning in a gap."""
        self.greeted = False
        self.known = False
        """The client has said a command of this protocol, or the server has greeted: this is where a dialogue begins."""
        self._moved: tuple[str, ...] = ()
        """What has moved the state since the last PDU."""
        self._count = 0
        self._out: list[Pdu] = []
        self._loose: list[Line] = []
        self._loose_side: Side = "client"
        self._loose_kind: Kind = "opaque"
        self._loose_secrets: list[Secret] = []
        self._loose_requests: list[Request] = []

    # --- the Decoder protocol ------------------------------------------------------------------------------------

    def feed(self, side: Side, start: int, data: bytes, hidden: Sequence[HiddenRun] = ()) -> list[Pdu]:
        (self.client if side == "client" else self.server).feed(start, data, hidden)
        self.pump(side)
        return self._taken()

    def gap(self, side: Side, start: int, length: int) -> list[Pdu]:
        if self.offered:
            self.upgrade = "tls"
        if self.upgrade is None:
            if side == "client":
                self.client_gap(length)
            else:
                self.server_gap()
        return self._taken()

    def finish(self) -> list[Pdu]:
        if self.upgrade is None:
            self.server_rest()
            self.offered = False
            self.blind = True
            self.release()
            self.client_rest()
            for side, lines in (("client", self.client), ("server", self.server)):
                if rest := lines.rest():
                    self.loose("client" if side == "client" else "server", rest)
        self._settle()
        return self._taken()

    def leftover(self, side: Side) -> tuple[int, bytes]:
        lines = self.client if side == "client" else self.server
        return lines.start, bytes(lines.data)

    # --- the client's side ---------------------------------------------------------------------------------------

    def pump(self, side: Side) -> None:
        """Go on with one side's bytes as far as they reach."""
        data, step = (self.client.data, self.client_step) if side == "client" else (self.server.data, self.server_step)
        while data and self.upgrade is None and not (self.offered and self._turned(data)) and step():
            pass

    def _turned(self, data: bytearray) -> bool:
        """Whether TLS begins here."""
        if data[0] in TLS_RECORDS:
            self.upgrade = "tls"
        return self.upgrade is not None

    def client_step(self) -> bool:
        """Take one line from the client; False when there is none yet, or it must wait."""
        if self.hold:
            return False
        line = self.client.line()
        if line is None:
            return False
        self.client_line(line)
        return True

    def client_line(self, line: Line) -> None:
        text = line.text
        if self.mode == "auth" and line.head and not self.torn:
            if (self.blind or self.doubtful) and (self.exchange.complete or self.command_line.match(text)):
                self.mode = "command"
                self.client_line(line)
            else:
                self.continuation(line)
        elif self.torn and line.head and not self.command_line.match(text):
            self.torn = False
            self.loose("client", line, secret=True)
        elif not line.head or (not line.whole and line.size >= LIMIT):
            self.loose("client", line, secret=True)
        elif not text.strip():
            self.loose("client", line, optional=True)
        else:
            self.torn = False
            word, _, args = text.partition(b" ")
            if verb := self.words.get(word):
                self.known = True
                self.command(line, verb, args.strip())
                return
            word = text.split(None, 1)[0]
            verb = str(show(word.upper()))[:VERB_LIMIT]
            if not self._stray(line, verb):
                self.command(line, verb, text[text.index(word) + len(word) :].strip())

    def command(self, line: Line, verb: str, args: bytes) -> None:
        """One command line. `args`: what follows the verb."""
        raise NotImplementedError

    def _stray(self, line: Line, verb: str) -> bool:
        """Whether a line is no command: binary, or a lonely token, or the capture began in the middle."""
        if verb in self.verbs:
            self.known = True
            return False
        lonely = TOKEN.match(line.text) is not None
        hidden = any(run.start <= line.start and run.end >= line.start + line.size for run in line.hidden)
        if self.known and not hidden and not UNPRINTABLE.search(line.text) and not (lonely and line.size >= 16 and line.size % 4 == 0):
            return False
        self.loose("client", line, secret=lonely or hidden, optional=self.known)
        return True

    def request(self, line: Line, verb: str, args: bytes = b"", secrets: tuple[Secret, ...] = (), facts: tuple[Fact, ...] = ()) -> Request:
        """Yield a command, which waits for its reply."""
        while self.pending and self.pending[-1].verb == LOST:
            self.pending.pop()
        index = self.emit("client", "command", line, wire=(0, line.size), verb=verb, secrets=secrets, facts=facts)
        request = Request(verb, index, args)
        self.pending.append(request)
        return request

    def await_answer(self, request: Request) -> None:
        """Hold the client's bytes until `request` is answered."""
        self.doubtful = False
        if self.blind:
            self.went_on(request)
        else:
            self.hold = request

    def release(self) -> None:
        """No answer is to be had for what the client's bytes wait for."""
        if self.hold:
            request, self.hold = self.hold, None
            self.went_on(request)
        self.pump("client")

    def went_on(self, request: Request) -> None:
        """The client went on after `request` though its answer is not known: guess which mode it is in."""
        if request.verb == "AUTH":
            self.mode = "auth"

    # --- AUTH: RFC 4954, RFC 5034 --------------------------------------------------------------------------------

    def auth(self, line: Line, args: bytes, facts: tuple[Fact, ...] = ()) -> None:
        """`AUTH mechanism [initial-response]`."""
        words = args.split(None, 1)
        mechanism = str(show(words[0].upper()))[:VERB_LIMIT]
        self.exchange = Exchange(mechanism)
        secrets: tuple[Secret, ...] = ()
        facts = (*facts, Fact("mechanism", {"mechanism": mechanism}))
        if len(words) > 1:
            token, *further = words[1].split(None, 1)
            at = line.text.rindex(words[1])
            told = self.exchange.client(token, at, within(line, at, at + len(token)))
            secrets, facts = told.secrets, facts + told.facts
            if further:  # a password behind the user name, as some clients try
                behind = line.text.rindex(further[0], at)
                secrets += (Secret(behind, behind + len(further[0]), "credentials", None, (further[0],)),)
        self.await_answer(self.request(line, "AUTH", args, secrets, facts))

    def continuation(self, line: Line) -> None:
        """What the client says after a challenge."""
        told = self.exchange.client(line.text, 0, within(line, 0, line.size))
        self.emit("client", "continuation", line, wire=(0, line.size), secrets=told.secrets, facts=told.facts)
        if self.hold is None and self.pending and self.pending[0].verb == "AUTH" and not self.blind:
            self.hold = self.pending[0]

    def challenge(self, reply: Line, code: str, request: Request, at: int) -> None:
        """The server's challenge, whose text begins at `at`."""
        token = reply.raw[at : reply.size].strip()
        at += len(reply.raw[at : reply.size]) - len(reply.raw[at : reply.size].lstrip())
        told = self.exchange.challenge(token, at, within(reply, at, at + len(token)))
        self.emit("server", "reply", reply, wire=(0, reply.size), code=code, answers=request.index, secrets=told.secrets, facts=told.facts)
        self.mode = "auth"
        self.hold = None
        self.pump("client")

    # --- the server's side ---------------------------------------------------------------------------------------

    def server_step(self) -> bool:
        """Take one line from the server; False when there is none yet."""
        raise NotImplementedError

    def server_rest(self) -> None:
        """The server's stream ends here, or has a gap here: what is there, as it stands."""
        raise NotImplementedError

    def answered(self, refused: bool) -> Request | None:
        """The request that a reply answers: the oldest, but what may get no reply only takes a refusal."""
        self.offered = False
        while self.pending and self.pending[0].optional and not refused:
            if self.pending[0].verb == LOST:
                return None
            self.pending.popleft()
        if not self.pending or self.pending[0].verb == LOST:
            return None
        request = self.pending[0]
        request.count -= 1
        if request.count <= 0:
            self.pending.popleft()
        if self.hold is request:
            self.hold = None
        return request

    # --- gaps ----------------------------------------------------------------------------------------------------

    def client_rest(self) -> None:
        """The client's stream ends here, or has a gap here: what is there, as it stands."""
        if rest := self.client.rest():
            self.client_line(rest)

    def client_gap(self, length: int) -> None:
        """`length` bytes of the client's are missing: commands may be among them, and their replies belong to nothing we know."""
        self.blind = True
        self.release()
        self.client_rest()
        self.blind = False
        if self.mode == "auth":
            self.mode = "command"
        self.torn = True
        self.pending.append(Request(LOST, None, optional=True))

    def server_gap(self) -> None:
        """Replies may be among what is missing: what waits for one is not known to wait any longer."""
        self.server_rest()
        self.pending.clear()
        self.doubtful = True
        self.release()

    # --- yielding ------------------------------------------------------------------------------------------------

    def move(self, event: str) -> None:
        """Follow the table. An event that this state does not know shows that something was missed: go where it leads."""
        state = self.transitions.get((self.state, event)) or self.targets.get(event)
        if state is not None:
            self.state, self._moved = state, (event,)

    def emit(
        self,
        side: Side,
        kind: Kind,
        line: Line,
        *,
        wire: tuple[int, int] = (0, 0),
        verb: str | None = None,
        code: str | None = None,
        answers: int | None = None,
        refused: bool = False,
        secrets: tuple[Secret, ...] = (),
        facts: tuple[Fact, ...] = (),
    ) -> int:
        """Yield a PDU; its index in the dialogue."""
        moved, self._moved = self._moved, ()
        self._settle()
        if line.hidden:
            secrets = with_hidden(line, secrets)
        self._out.append(
            Pdu(side, kind, line.start, line.raw, wire, verb, code, answers, self.state, refused, secrets, facts, self.name, moved)
        )
        self._count += 1
        return self._count - 1

    def loose(self, side: Side, line: Line, secret: bool = False, optional: bool = False) -> None:
        """Bytes that are no part of the dialogue: they become one opaque PDU with their neighbours.

        Where TLS was agreed on and does not come, they stand in its place.
        """
        kind: Kind = "tls" if self.offered else "opaque"
        if self._loose and (self._loose_side != side or self._loose_kind != kind or self._loose[-1].end != line.start):
            self._settle()
        self._loose_side, self._loose_kind = side, kind
        if secret and line.size:
            at = line.start - self._loose[0].start if self._loose else 0
            self._loose_secrets.append(Secret(at, at + line.size, "credentials"))
        self._loose.append(line)
        if optional:
            self.pending.append(Request("", None, optional=True))
            self._loose_requests.append(self.pending[-1])

    def _settle(self) -> None:
        if self._loose:
            run, secrets, requests = joined(self._loose), tuple(self._loose_secrets), self._loose_requests
            self._loose, self._loose_secrets, self._loose_requests = [], [], []
            fact = Fact("bytes" if self._loose_kind == "opaque" else "not_tls", {"bytes": len(run.raw)})
            index = self.emit(self._loose_side, self._loose_kind, run, secrets=secrets, facts=(fact,))
            for request in requests:
                request.index = index

    def _taken(self) -> list[Pdu]:
        out, self._out = self._out, []
        return out


def targets(transitions: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Event -> state, for the events that lead to one state wherever they happen."""
    found: dict[str, set[str]] = {}
    for (_, event), state in transitions.items():
        found.setdefault(event, set()).add(state)
    return {event: states.pop() for event, states in found.items() if len(states) == 1}


def words(verbs: Iterable[str]) -> dict[bytes, str]:
    """Verbs as they usually stand on the wire, in capitals or in small letters."""
    return {form.encode(): verb for verb in verbs for form in (verb, verb.lower())}
