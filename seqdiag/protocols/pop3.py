"""The bytes of both sides in, the PDUs of a POP3 session out (RFC 1939, RFC 2449, RFC 2595, RFC 5034).

One answer for each command; an answer of several lines, with the message in it, is one PDU. The state moves with
the answer, but QUIT in TRANSACTION enters UPDATE by itself. A command that its state forbids is told and moves
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from seqdiag.protocols.base import Decoder, Fact, Secret
from seqdiag.protocols.base.dialogue import Dialogue, Request, words
from seqdiag.protocols.base.dialogue import targets as targets_of
from seqdiag.protocols.base.lines import LIMIT, Line, joined, summary, unstuffed
from seqdiag.protocols.base.message import facts as message_facts
from seqdiag.protocols.base.sasl import PLACEHOLDER
from seqdiag.text import show

NAME = "pop3"
PORTS = frozenset({110, 1110})

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("connected", "greeting +OK"): "AUTHORIZATION",
    ("connected", "greeting -ERR"): "closed",
    ("connected", "USER +OK"): "AUTHORIZATION",
    ("AUTHORIZATION", "USER +OK"): "AUTHORIZATION",
    ("AUTHORIZATION", "PASS +OK"): "TRANSACTION",
    ("AUTHORIZATION", "APOP +OK"): "TRANSACTION",
    ("AUTHORIZATION", "AUTH +OK"): "TRANSACTION",
    ("AUTHORIZATION", "STLS +OK"): "TLS",
    ("AUTHORIZATION", "QUIT +OK"): "closed",
    **{("TRANSACTION", f"{verb} +OK"): "TRANSACTION" for verb in ("STAT", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL")},
    ("TRANSACTION", "QUIT"): "UPDATE",
    ("UPDATE", "QUIT +OK"): "closed",
    ("UPDATE", "QUIT -ERR"): "closed",
}
"""(state, greeting, command or answer) -> state (RFC 1939 §3 to §6)."""


class Rule(NamedTuple):
    """Where a command is legal, and when its +OK is followed by lines up to a lone dot."""

    states: tuple[str, ...]
    several: Literal["never", "always", "bare"] = "never"


BEFORE, WITHIN, BOTH = ("AUTHORIZATION",), ("TRANSACTION",), ("AUTHORIZATION", "TRANSACTION")
COMMANDS = {
    "USER": Rule(BEFORE),
    "PASS": Rule(BEFORE),
    "APOP": Rule(BEFORE),
    "AUTH": Rule(BEFORE, "bare"),
    "STLS": Rule(BEFORE),
    "UTF8": Rule(BEFORE),
    "CAPA": Rule(BOTH, "always"),
    "LANG": Rule(BOTH, "bare"),
    "QUIT": Rule(BOTH),
    "STAT": Rule(WITHIN),
    "LIST": Rule(WITHIN, "bare"),
    "UIDL": Rule(WITHIN, "bare"),
    "RETR": Rule(WITHIN, "always"),
    "TOP": Rule(WITHIN, "always"),
    "DELE": Rule(WITHIN),
    "NOOP": Rule(WITHIN),
    "RSET": Rule(WITHIN),
}
ANYWHERE = Rule(("connected", "AUTHORIZATION", "TRANSACTION", "UPDATE", "closed"))

STATUS = re.compile(rb"(\+OK|-ERR)(?![A-Za-z0-9])")
MAILDROP = re.compile(rb"\+OK (\d{1,18}) (\d{1,18})")
OCTETS = re.compile(rb"(?i)\+OK (?:\D{0,40})(\d{1,18}) (?:octets|bytes)")
GREETING = re.compile(rb"(?i)pop-?3?\b|ready|welcome|<[^<>\s]+@[^<>\s]+>")
COMMAND_LINE = re.compile(
    rb"(?i)(?:(?:CAPA|STLS|STAT|NOOP|RSET|QUIT)|(?:LIST|UIDL)(?: \d+)?|(?:RETR|DELE|TOP) \d+.*|(?:USER|PASS|APOP) .+|AUTH(?: .+)?)\s*\Z"
)
SURE_SIGN = re.compile(rb"(?i)(?:CAPA|STLS|UIDL|APOP [^\r\n]+ [0-9a-f*]{32})\r?\n")  # an event list has asterisks for the digest
OTHER_SIGN = re.compile(rb"(?i)(?:USER |PASS |AUTH[ \r\n]|(?:STAT|QUIT|LIST)\r?\n|RETR \d)")


class Pop3(Dialogue):
    """The decoder. `answer`: the first line of an answer whose other lines are awaited, with its request."""

    name = NAME
    transitions = TRANSITIONS
    targets = targets_of({key: state for key, state in TRANSITIONS.items() if key[0] != "connected" and not key[1].startswith("QUIT")})
    verbs = COMMANDS
    words = words(COMMANDS)
    command_line = COMMAND_LINE

    def __init__(self) -> None:
        super().__init__("connected")
        self.answer: tuple[Line, Request] | None = None
        self.settled = True
        """The awaited lines have begun. Until then the client waits: a transcript may have left them out."""
        self.marked = 0
        """Messages marked as deleted."""

    # --- the client ----------------------------------------------------------------------------------------------

    def client_step(self) -> bool:
        return self.settled and super().client_step()

    def command(self, line: Line, verb: str, args: bytes) -> None:
        rule = COMMANDS.get(verb, ANYWHERE)
        certain = self.greeted and not self.pending
        wrong = certain and self.state not in rule.states
        facts = (Fact("wrong_state", {"state": self.state}),) if wrong else ()
        if verb == "QUIT" and not wrong:
            self.move("QUIT")
        HANDLERS.get(verb, Pop3._plain)(self, line, verb, args, facts)

    def _plain(self, line: Line, verb: str, args: bytes, facts: tuple[Fact, ...]) -> None:
        self.request(line, verb, args, facts=facts)

    def _pass(self, line: Line, verb: str, args: bytes, facts: tuple[Fact, ...]) -> None:
        """RFC 1939 §7: the password is the rest of the line, blanks and all."""
        at = line.text.upper().index(b"PASS") + 5
        hidden = any(run.end > line.start + at for run in line.hidden)
        password = line.text[at:]
        known = () if hidden or password.strip() == PLACEHOLDER else (password,)
        secrets = (Secret(at, line.size, "password", None, known),) if at < line.size else ()
        self.request(line, verb, b"", secrets, facts)

    def _apop(self, line: Line, verb: str, args: bytes, facts: tuple[Fact, ...]) -> None:
        """RFC 1939 §7: a name, and the digest of the greeting's timestamp and the shared secret."""
        words = args.split(None, 1)
        user = str(show(words[0])) if words else ""
        secrets: tuple[Secret, ...] = ()
        if len(words) > 1:
            at = line.text.rindex(words[1])
            hidden = any(run.end > line.start + at for run in line.hidden)
            secrets = (Secret(at, at + len(words[1]), "digest", user, () if hidden else (words[1],)),)
        self.request(line, verb, b"", secrets, (*facts, Fact("user", {"user": user})) if user else facts)

    def _auth(self, line: Line, verb: str, args: bytes, facts: tuple[Fact, ...]) -> None:
        if args:
            self.auth(line, args, facts)
        else:
            self.request(line, verb, facts=facts)

    def _stls(self, line: Line, verb: str, args: bytes, facts: tuple[Fact, ...]) -> None:
        self.await_answer(self.request(line, verb, args, facts=facts))

    def client_gap(self, length: int) -> None:
        self.settled = True
        super().client_gap(length)

    # --- the server ----------------------------------------------------------------------------------------------

    def server_step(self) -> bool:
        if self.answer:
            return self._further(*self.answer)
        line = self.server.line()
        if line is None:
            return False
        self._server_line(line)
        return True

    def _server_line(self, line: Line) -> None:
        text = line.text
        status = STATUS.match(text) if line.head and (line.whole or line.size < LIMIT) else None
        if status:
            self._status(line, status[1].decode())
        elif (text == b"+" or text.startswith(b"+ ")) and (not self.pending or self.pending[0].verb == "AUTH"):
            self.greeted = self.known = True
            self.challenge(line, "+", self.pending[0] if self.pending else Request("AUTH", None), 1)
        else:
            self.loose("server", line)

    def _status(self, line: Line, code: str) -> None:
        refused = code == "-ERR"
        if self._is_greeting(line):
            self.greeted = self.known = True
            self.move(f"greeting {code}")
            self.emit("server", "greeting", line, wire=(0, line.size), code=code, refused=refused)
            self.pump("client")
            return
        self.greeted = self.greeted or self.known
        request = self.answered(refused)
        if self.mode == "auth":
            self.mode = "command"
        if request is None:
            self.emit("server", "reply", line, wire=(0, line.size), code=code, refused=refused)
        elif not refused and self._several(request):
            self.answer, self.settled = (line, request), False
            return
        else:
            self._reply(line, line, request, code)
        self.pump("client")

    def _is_greeting(self, line: Line) -> bool:
        if self.greeted:
            return False
        return not self.pending or (self.pending[0].verb != "QUIT" and not self._under_way() and GREETING.search(line.text) is not None)

    def _under_way(self) -> bool:
        """Whether the state tells that the session is under way."""
        return self.state != "connected"

    def _several(self, request: Request) -> bool:
        several = COMMANDS.get(request.verb, ANYWHERE).several
        return several == "always" or (several == "bare" and not request.args)

    def _further(self, first: Line, request: Request) -> bool:
        """The lines behind `first`, all at once, when their dot is there."""
        data = self.server.data
        if not data:
            return False
        if not self.settled:
            if len(self.client) and self._left_out(bytes(data[:5])) is None:
                return False
            if len(self.client) and self._left_out(bytes(data[:5])):
                self._end_answer(None)
                return True
            self.settled = True
            self.pump("client")
        block = self.server.body(crlf=first.raw.endswith(b"\r\n"))
        if block is None:
            return False
        self._end_answer(block)
        return True

    def _left_out(self, head: bytes) -> bool | None:
        """The client went on before any of the lines: does another answer follow at once? None: not to be told yet."""
        if any(mark.startswith(head) for mark in (b"+OK", b"-ERR")):
            return True if head in (b"+OK", b"-ERR") else None
        return STATUS.match(head) is not None

    def _end_answer(self, block: Line | None) -> None:
        assert self.answer
        first, request = self.answer
        self.answer, self.settled = None, True
        self._reply(joined([first, block]) if block else first, first, request, "+OK", block)
        self.pump("client")

    def _reply(self, whole: Line, first: Line, request: Request, code: str, block: Line | None = None) -> None:
        verb, ok = request.verb, code == "+OK"
        facts = ANSWERS[verb](first.text, block) if ok and verb in ANSWERS else ()
        if verb == "DELE" and ok:
            self.marked += 1
        elif verb == "RSET" and ok:
            self.marked = 0
        elif verb == "QUIT" and self.state == "UPDATE" and self.marked:
            facts += (Fact("removed" if ok else "not_removed", {"count": self.marked}),)
        if ok and block is None and self._several(request):
            facts += (Fact("elided"),)
        bare_auth = verb == "AUTH" and not request.args
        if not bare_auth and (self.greeted or ok):
            self.move(f"{verb} {code}")
        held = len(self.client) if verb == "STLS" and ok else 0
        if held and not self.client.data.startswith(b"\x16"[:held]):
            facts += (Fact("injection", {"bytes": held}),)
        self.emit("server", "reply", whole, wire=(0, first.size), code=code, answers=request.index, refused=not ok, facts=facts)
        if verb == "STLS" and ok:
            self.offered = True

    def server_rest(self) -> None:
        if self.answer:
            rest = self.server.rest()
            self._end_answer(rest)
        elif rest := self.server.rest():
            self._server_line(rest)
            if self.answer:
                self._end_answer(None)


HANDLERS: dict[str, Callable[[Pop3, Line, str, bytes, tuple[Fact, ...]], None]] = {
    "PASS": Pop3._pass,
    "APOP": Pop3._apop,
    "AUTH": Pop3._auth,
    "STLS": Pop3._stls,
}


def _stat(first: bytes, block: Line | None) -> tuple[Fact, ...]:
    drop = MAILDROP.match(first)
    return (Fact("maildrop", {"count": int(drop[1]), "octets": int(drop[2])}),) if drop else ()


def _listing(first: bytes, block: Line | None) -> tuple[Fact, ...]:
    return (Fact("listing", {"count": block.text.count(b"\n")}),) if block else ()


def _lines(first: bytes, block: Line | None) -> tuple[Fact, ...]:
    """The first words of the further lines, as for EHLO's."""
    if block is None or not block.size:
        return ()
    words = [str(show(line.split(b" ", 1)[0])) for line in block.text.splitlines()[:32]]
    return (Fact("more_lines", {"count": block.text.count(b"\n"), "first": summary(words)}),)


def _retr(first: bytes, block: Line | None) -> tuple[Fact, ...]:
    """What the server says of the size, and what the message itself says."""
    said = OCTETS.match(first)
    octets = (Fact("octets", {"bytes": int(said[1])}),) if said else ()
    return octets + (message_facts(unstuffed(block.text)) if block else ())


ANSWERS: dict[str, Callable[[bytes, Line | None], tuple[Fact, ...]]] = {
    "STAT": _stat,
    "LIST": _listing,
    "UIDL": _listing,
    "RETR": _retr,
    "TOP": _retr,
    "CAPA": _lines,
    "AUTH": _lines,
    "LANG": _lines,
}


def recognise(client: bytes, server: bytes) -> float:
    """A greeting of +OK, or commands that no other protocol has."""
    if client.startswith((b"*", b"$")):  # a Redis client, whose server says +OK as well
        return 0.0
    if server.startswith((b"+OK", b"-ERR")):
        if SURE_SIGN.match(client) or OTHER_SIGN.match(client):
            return 0.98
        if client:
            return 0.3
        return 0.9 if STATUS.match(server) and GREETING.search(server[:512]) else 0.4
    if server:
        return 0.0
    return 0.9 if SURE_SIGN.match(client) else 0.2 if OTHER_SIGN.match(client) else 0.0


def decoder() -> Decoder:
    return Pop3()
