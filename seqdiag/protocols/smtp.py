"""The bytes of both sides in, the PDUs of an SMTP or LMTP session out (RFC 5321, RFC 2033, RFC 2920, RFC 3030, RFC 3207, RFC 4954).

Replies answer commands in order. DATA has two: 354 answers the command, the final one its body. A chunk of BDAT is a
body that gets no reply of its own. After STARTTLS and its 220 the TLS grammar takes over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import islice

from seqdiag.protocols.base import Decoder, Fact
from seqdiag.protocols.base.dialogue import Dialogue, Request, targets, words
from seqdiag.protocols.base.lines import LIMIT, SMUGGLED, Line, joined, summary, unstuffed
from seqdiag.protocols.base.message import facts as message_facts
from seqdiag.text import show

NAME = "smtp"
PORTS = frozenset({24, 25, 587, 2525})

GREETED = ("greeted", "authenticated", "mail", "rcpt", "data")
TRANSITIONS: Mapping[tuple[str, str], str] = {
    **{(state, f"{verb} 2yz"): "greeted" for state in ("connected", *GREETED) for verb in ("EHLO", "HELO", "LHLO")},
    **{(state, "RSET 2yz"): "greeted" for state in GREETED},
    ("connected", "RSET 2yz"): "connected",
    ("greeted", "STARTTLS 2yz"): "tls",
    ("greeted", "AUTH 2yz"): "authenticated",
    ("greeted", "MAIL 2yz"): "mail",
    ("authenticated", "MAIL 2yz"): "mail",
    ("mail", "RCPT 2yz"): "rcpt",
    ("rcpt", "RCPT 2yz"): "rcpt",
    ("rcpt", "DATA 3yz"): "data",
    ("rcpt", "BDAT 2yz"): "data",
    ("data", "BDAT 2yz"): "data",
    **{(state, "BDAT LAST 2yz"): "greeted" for state in ("rcpt", "data")},
    **{("data", f"message {digit}yz"): "greeted" for digit in "245"},
    **{(state, event): "closed" for state in ("connected", *GREETED) for event in ("QUIT 2yz", "421")},
}
"""(state, command and class of its reply) -> state. The state moves with the reply, not with the command."""

ANSWERS_ONLY = {"354": "DATA", "334": "AUTH", "235": "AUTH", "535": "AUTH", "221": "QUIT"}
"""Codes that answer one command only: where one comes, the replies to the commands before it were lost."""
FAR = 100
"""Commands that are looked through for the one that a code answers."""
REPLY = re.compile(rb"([2-5]\d\d)(?:[ -]|$)")
ENHANCED = re.compile(rb"([245])\.\d{1,3}\.\d{1,3}(?= |$)")
RECIPIENT = re.compile(rb"(?i)TO:\s*(?:<([^>]*)>?|(\S*))")
CHUNK = re.compile(rb"(?i)(\d{1,18})(\s+LAST)?\Z")
COMMAND_LINE = re.compile(
    rb"(?i)(?:(?:QUIT|RSET|NOOP|DATA|STARTTLS)\s*|(?:EHLO|HELO|LHLO|VRFY|EXPN|AUTH) \S.*|MAIL FROM:.*|RCPT TO:.*|BDAT \d+(?: LAST)?)\Z"
)
COMMAND_IN_BODY = re.compile(rb"(?im)^(?:QUIT|RSET|MAIL FROM:[^\r\n]*)\r?\n")
FIRST_SIGN = re.compile(rb"(?i)(?:EHLO|HELO|LHLO)[ \r\n]|MAIL FROM:|RCPT TO:")
OTHER_SIGN = re.compile(rb"(?i)(?:RSET|VRFY|EXPN|STARTTLS|QUIT|NOOP|DATA|BDAT|AUTH (?!TLS|SSL)[A-Z0-9_-]{1,20})[ \r\n]")
FTP_SIGN = re.compile(rb"(?i)(?:USER|PASS|FEAT|SYST|OPTS|AUTH (?:TLS|SSL))[ \r\n]")
LATE_SIGN = re.compile(rb"[2-5]\d\d[ -][245]\.\d{1,3}\.\d{1,3} ")


class Smtp(Dialogue):
    """The decoder. `reply`: the lines so far of a reply that is not complete."""

    name = NAME
    transitions = TRANSITIONS
    targets = targets(TRANSITIONS)
    command_line = COMMAND_LINE

    def __init__(self) -> None:
        super().__init__("connected")
        self.reply: list[Line] = []
        self.lmtp = False
        self.accepted: list[str] = []
        """The recipients that the server took in this mail transaction."""
        self.body_request: Request | None = None
        self.left_out: Request | None = None
        """A body that was accepted, and of which nothing was seen."""
        self.body_torn = False
        self.crlf = True
        self.chunk = 0
        self.first_chunk = True
        self.server_spoke = False

    # --- the client ----------------------------------------------------------------------------------------------

    def client_step(self) -> bool:
        if self.hold:
            self._one_sided_tls(self.hold)
            return False
        if self.mode == "chunk":
            return self._chunk_step()
        if self.mode == "body":
            return self._body_step()
        return super().client_step()

    def command(self, line: Line, verb: str, args: bytes) -> None:
        VERBS.get(verb, Smtp._plain)(self, line, verb, args)

    def _plain(self, line: Line, verb: str, args: bytes) -> None:
        self.request(line, verb, args)

    def _lhlo(self, line: Line, verb: str, args: bytes) -> None:
        self.lmtp = True
        self.request(line, verb, args)

    def _auth(self, line: Line, verb: str, args: bytes) -> None:
        if args:
            self.auth(line, args)
        else:
            self.request(line, verb)

    def _hold(self, line: Line, verb: str, args: bytes) -> None:
        self.crlf = line.raw.endswith(b"\r\n") or not line.whole
        self.await_answer(self.request(line, verb, args))

    def _bdat(self, line: Line, verb: str, args: bytes) -> None:
        """RFC 3030: the octets follow at once. A count that is none has no chunk."""
        chunk = CHUNK.match(args)
        request = self.request(line, verb, args)
        if chunk and chunk[2]:
            request.verb = "BDAT LAST"
            request.count = max(len(self.accepted), 1) if self.lmtp else 1
        if chunk and int(chunk[1]):
            self.mode, self.chunk = "chunk", int(chunk[1])

    def _chunk_step(self) -> bool:
        if len(self.client) < self.chunk:
            return False
        self._emit_chunk(self.client.take(self.chunk))
        self.mode = "command"
        return True

    def _emit_chunk(self, line: Line) -> None:
        self.chunk -= len(line.raw)
        of_message = message_facts(line.raw)[1:] if self.first_chunk else ()
        self.emit("client", "body", line, facts=(Fact("chunk", {"bytes": len(line.raw)}), *of_message))
        self.first_chunk = False

    def _body_step(self) -> bool:
        looked = self.client.data.rfind(b"\n", 0, self.client.scanned) + 1
        body = self.client.body(self.crlf)
        if body is None and self.doubtful:
            command = COMMAND_IN_BODY.search(self.client.data, looked)
            body = self.client.take(command.start()) if command and command.start() else None
            if command and not command.start():
                self._end_body()
                return True
        if body is None:
            return False
        self._emit_body(body, ended=body.size < len(body.raw))
        self._end_body()
        return True

    def _emit_body(self, body: Line, ended: bool) -> None:
        facts = message_facts(unstuffed(body.text))
        if not ended:
            facts += (Fact("incomplete"),)
        if SMUGGLED.search(body.raw) or body.raw.startswith(b".\n"):
            facts += (Fact("smuggling" if self.crlf else "bare_lf"),)
        index = self.emit("client", "body", body, facts=facts)
        if self.body_request:
            self.body_request.index = index

    def _end_body(self) -> None:
        self.mode = "command"
        self.body_torn = self.doubtful = False
        self.body_request = None

    def went_on(self, request: Request) -> None:
        super().went_on(request)
        if request.verb == "DATA" and not self.command_line.match(bytes(self.client.data[:512]).partition(b"\n")[0].rstrip(b"\r")):
            self.mode = "body"
            self.body_request = Request("message", request.index)
            self.pending.append(self.body_request)

    def _one_sided_tls(self, request: Request) -> None:
        if request.verb == "STARTTLS" and not self.server_spoke and self.client.data.startswith(b"\x16\x03"):
            self.upgrade = "tls"

    # --- the server ----------------------------------------------------------------------------------------------

    def server_step(self) -> bool:
        line = self.server.line()
        if line is None:
            return False
        self._server_line(line)
        return True

    def _server_line(self, line: Line) -> None:
        self.server_spoke = True
        code = REPLY.match(line.text) if line.head and (line.whole or line.size < LIMIT) else None
        if code is None and not self.reply:
            self.loose("server", line)
            return
        self.reply.append(line)
        if code and line.text[3:4] != b"-":
            lines, self.reply = self.reply, []
            self._replied(lines, code[1].decode())

    def server_rest(self) -> None:
        if rest := self.server.rest():
            self._server_line(rest)
        if self.reply:
            lines, self.reply = self.reply, []
            self._replied(lines, lines[0].text[:3].decode())

    def _replied(self, lines: list[Line], code: str) -> None:
        """A complete reply. Codes that disagree are told; the last one counts, as for the usual clients."""
        reply = joined(lines)
        if code in ANSWERS_ONLY:
            self._catch_up(ANSWERS_ONLY[code])
        facts = _reply_facts(lines, code, keywords=bool(self.pending) and self.pending[0].verb in ("EHLO", "LHLO"))
        refused = code[0] in "45"
        if not self.greeted and self._is_greeting(code):
            self.greeted = self.known = True
            if refused and code == "421":
                self.move("421")
            self.emit("server", "greeting", reply, wire=(0, reply.size), code=code, refused=refused, facts=facts)
        elif code == "334" and (not self.pending or self.pending[0].verb == "AUTH"):
            self.greeted = True
            self.challenge(reply, code, self.pending[0] if self.pending else Request("AUTH", None), 4)
        else:
            self.greeted = True
            self._answer(reply, code, refused, facts)
        if self.client.data:
            self.pump("client")

    def _catch_up(self, verb: str) -> None:
        """Drop what waits before `verb`."""
        if any(request.verb == verb for request in islice(self.pending, FAR)):
            while self.pending[0].verb != verb:
                self.pending.popleft()

    def _is_greeting(self, code: str) -> bool:
        if code == "220":
            return not (self.pending and self.pending[0].verb == "STARTTLS")
        return code[0] in "45" and not self.pending

    def _answer(self, reply: Line, code: str, refused: bool, facts: tuple[Fact, ...]) -> None:
        if self.mode == "body" and code != "421":
            self._reply_in_body(refused)
        told = self.pending[0] if self.pending and not (code == "421" and self.mode == "body") else None
        if told and told.verb == "message" and code == "353":  # PRDR: a reply for each recipient, and then the final one
            told.count = len(self.accepted) + 2
        each = told.count if told else 0
        request = self.answered(refused) if told else None
        if request is None:
            if code == "421":
                self.move("421")
        else:
            facts += self._recipient_facts(request, code, each)
            if request is self.left_out:
                facts += (Fact("elided"),)
            self._follow(request, code)
        if self.mode == "auth":
            self.mode = "command"
        held = len(self.client) if request and request.verb == "STARTTLS" and code == "220" else 0
        if held and not self.client.data.startswith(b"\x16"[:held]):
            facts += (Fact("injection", {"bytes": held}),)
        answers = request.index if request else None
        self.emit("server", "reply", reply, wire=(0, reply.size), code=code, answers=answers, refused=refused, facts=facts)
        if request and request.verb == "STARTTLS" and code == "220":
            self.offered = True

    def _follow(self, request: Request, code: str) -> None:
        """What a reply to `request` changes."""
        verb, ok = request.verb, code[0] == "2"
        if verb == "DATA" and code[0] == "3":
            self.mode = "body"
            self.body_request = Request("message", request.index)
            self.body_request.count = max(len(self.accepted), 1) if self.lmtp else 1
            self.pending.appendleft(self.body_request)
        elif verb == "RCPT" and ok:
            self.accepted.append(_address(request.args))
        elif verb in ("message", "BDAT LAST") or (ok and verb in ("MAIL", "RSET", "EHLO", "HELO", "LHLO")):
            if request.count <= 0:
                self.accepted = []
            self.first_chunk = True
        if request.count <= 0:
            self.move("421" if code == "421" else f"{verb} {code[0]}yz")

    def _recipient_facts(self, request: Request, code: str, each: int) -> tuple[Fact, ...]:
        """Which recipient a reply accepts or refuses: RCPT's, and LMTP's and PRDR's replies to a message."""
        if request.verb == "RCPT":
            address = _address(request.args)
            return (Fact("recipient", {"address": address}),) if address else ()
        final = 0 if self.lmtp else 1
        if request.verb in ("message", "BDAT LAST") and each > final and code[0] != "3" and len(self.accepted) >= each - final > 0:
            return (Fact("recipient", {"address": self.accepted[-(each - final)]}),)
        return ()

    def _reply_in_body(self, refused: bool) -> None:
        """A final reply though the body has not ended as we see it.

        Nothing of it was seen: a transcript left it out. Accepted: the server saw an end that we do not, in a gap or
        where it was smuggled. Refused: the client may be sending the rest.
        """
        data = self.client.data
        if not data and not self.body_torn:
            self.left_out = None if refused else self.body_request
            self._end_body()
        elif refused and not self.body_torn:
            self.doubtful = True
            self.body_request = None
        else:
            end = SMUGGLED.search(data)
            body = self.client.take(end.end()) if end else self.client.rest()
            if body:
                self._emit_body(body, ended=end is not None)
            self._end_body()

    # --- gaps and the end ----------------------------------------------------------------------------------------

    def client_gap(self, length: int) -> None:
        if self.mode == "chunk":
            if rest := self.client.rest():
                self._emit_chunk(rest)
            self.chunk = max(self.chunk - length, 0)
            if self.chunk:
                return
            self.mode = "command"
        super().client_gap(length)
        if self.mode == "body":
            self.torn = False
            self.body_torn = True
            self.pending.pop()

    def client_rest(self) -> None:
        if self.mode not in ("body", "chunk"):
            super().client_rest()
        elif rest := self.client.rest():
            if self.mode == "body":
                self._emit_body(rest, ended=False)
            else:
                self._emit_chunk(rest)


VERBS: dict[str, Callable[[Smtp, Line, str, bytes], None]] = {
    **dict.fromkeys(("HELO", "EHLO", "MAIL", "RCPT", "RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP"), Smtp._plain),
    **dict.fromkeys(("TURN", "ETRN", "ATRN", "XCLIENT", "XFORWARD", "SEND", "SOML", "SAML"), Smtp._plain),
    "LHLO": Smtp._lhlo,
    "AUTH": Smtp._auth,
    "DATA": Smtp._hold,
    "STARTTLS": Smtp._hold,
    "BDAT": Smtp._bdat,
}
Smtp.verbs = VERBS
Smtp.words = words(VERBS)


def _address(args: bytes) -> str:
    """`TO:<bob@example.org> NOTIFY=NEVER` -> `bob@example.org`."""
    found = RECIPIENT.match(args)
    return str(show(found[1] if found[1] is not None else found[2])) if found else ""


def _reply_facts(lines: list[Line], code: str, keywords: bool) -> tuple[Fact, ...]:
    """What a reply's text tells. `keywords`: the further lines are service extensions, of which the keyword is told."""
    facts: tuple[Fact, ...] = ()
    text = lines[0].text[4:]
    enhanced = ENHANCED.match(text)
    if enhanced and enhanced[1] == code[:1].encode():
        facts += (Fact("enhanced", {"code": enhanced[0].decode()}),)
    if len(lines) > 1:
        further = [str(show(line.text[4:].split(b" ", 1)[0] if keywords else line.text[4:])) for line in lines[1:32]]
        facts += (Fact("more_lines", {"count": len(lines) - 1, "first": summary(further)}),)
        codes = {line.text[:3] for line in lines if REPLY.match(line.text)}
        if len(codes) > 1:
            facts += (Fact("codes_differ", {"first": lines[0].text[:3].decode("latin-1"), "last": code}),)
    return facts


def recognise(client: bytes, server: bytes) -> float:
    """A greeting of 220 is SMTP or FTP: the first command, or the greeting's own words, decide."""
    head = server[:512].upper()
    if FTP_SIGN.match(client):
        return 0.0
    if FIRST_SIGN.match(client):
        return 0.3 if server and not REPLY.match(server) else 0.98
    if head.startswith(b"220"):
        if b"SMTP" in head or b"LMTP" in head:
            return 0.95
        return 0.05 if b"FTP" in head else 0.4
    if LATE_SIGN.match(server):
        return 0.6
    if head.startswith((b"421 ", b"521 ", b"554 ")):
        return 0.4
    return 0.3 if OTHER_SIGN.match(client) and (not server or REPLY.match(server)) else 0.0


def decoder() -> Decoder:
    return Smtp()
