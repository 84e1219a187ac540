"""Diagrams made by hand, for every renderer's tests: what a composer would make of four short sessions.

`smtp()`: handshake, AUTH LOGIN with a hidden password, pipelined lines of which one is refused and which are lost
once, close. `pop3()`: Chinese, with POP3's own states. `aborted()`: an RST. `inferred()`: a transcript without times.
`interleaved()`: two sessions at once, three columns. `hostile(text)`: one text in every place that can hold one.
`examples()`: those of the folder of examples, as the program composes them. READABLE: the renderers whose output can be
read as text; PNG and PDF are drawn from the SVG, and say what it says.
"""

from __future__ import annotations

import pathlib
import runpy
from typing import Literal

from seqdiag import pipeline
from seqdiag.composer import ComposeOptions
from seqdiag.diagram import (
    Bar,
    Conversation,
    Diagram,
    Known,
    Life,
    Line,
    Machine,
    Mark,
    Message,
    Move,
    Note,
    Outcome,
    Participant,
    Path,
    Phase,
    Rule,
    Run,
    RunKind,
    Session,
    State,
)
from seqdiag.provenance import Finding, Origin
from seqdiag.renderers import RENDERERS
from seqdiag.text import Shown, shown

READABLE = [name for name in RENDERERS if name not in ("png", "pdf")]

START = 1_544_773_457_768_725_000
"""2018-12-14 07:44:17.768725 UTC."""


def wire(text: str, meaning: str | None = None, *, refused: bool = False) -> Line:
    """A line as it was on the wire."""
    return Line((Run(shown(text)),), meaning=None if meaning is None else shown(meaning), refused=refused)


def line(*runs: tuple[str, RunKind], meaning: str | None = None) -> Line:
    """`line(("SYN", "flags"), ("seq 0", "number"))`."""
    return Line(tuple(Run(shown(text), kind) for text, kind in runs), meaning=None if meaning is None else shown(meaning))


def state(text: str | None, life: Life, *, inferred: bool = False) -> State:
    return State(None if text is None else shown(text), life, inferred)


class _Session:
    """Writes one session's messages: `s.client(24.1, wire("QUIT"))`, times in milliseconds."""

    def __init__(self, number: int, client: str, server: str) -> None:
        self.number, self.ends = number, {"client": client, "server": server}
        self.phase: int | None = None
        self.messages: list[Message] = []

    def client(self, ms: float | None, *lines: Line, **more: object) -> None:
        self._add("client", "server", ms, lines, more)

    def server(self, ms: float | None, *lines: Line, **more: object) -> None:
        self._add("server", "client", ms, lines, more)

    def _add(self, sender: str, receiver: str, ms: float | None, lines: tuple[Line, ...], more: dict[str, object]) -> None:
        t = None if ms is None else START + round(ms * 1_000_000)
        ends = {"sender": self.ends[sender], "receiver": self.ends[receiver]}
        more.setdefault("t_end", t)
        origins = (Origin("mail.pcap", len(self.messages) + 1),)
        self.messages.append(Message(self.number, **ends, lines=lines, t=t, phase=self.phase, origins=origins, **more))  # type: ignore[arg-type]


def _open(s: _Session, rtt: float = 24.0) -> None:
    s.client(
        0.0,
        line(("SYN", "flags"), ("seq 0, mss 1460", "number")),
        weight="control",
        sender_state=state("SYN-SENT", "opening"),
        receiver_state=state("SYN-RECEIVED", "opening", inferred=True),
    )
    s.server(
        rtt,
        line(("SYN, ACK", "flags"), ("seq 0, ack 1, mss 1460", "number")),
        weight="control",
        receiver_state=state("ESTABLISHED", "open"),
    )
    s.client(
        rtt + 0.1, line(("ACK", "flags"), ("ack 1", "number")), weight="ack", receiver_state=state("ESTABLISHED", "open", inferred=True)
    )


def _close(s: _Session, t: float) -> None:
    s.server(
        t,
        line(("FIN, ACK", "flags"), ("seq v, ack u", "number")),
        weight="control",
        sender_state=state("FIN-WAIT-1", "closing", inferred=True),
        receiver_state=state("CLOSE-WAIT", "closing"),
    )
    s.client(
        t + 0.1, line(("ACK", "flags"), ("ack v+1", "number")), weight="ack", receiver_state=state("FIN-WAIT-2", "closing", inferred=True)
    )
    s.client(
        t + 2.3,
        line(("FIN, ACK", "flags"), ("seq u, ack v+1", "number")),
        weight="control",
        sender_state=state("LAST-ACK", "closing"),
        receiver_state=state("TIME-WAIT", "closed", inferred=True),
    )
    s.server(t + 26.3, line(("ACK", "flags"), ("ack u+1", "number")), weight="ack", receiver_state=state("CLOSED", "closed"))


def _columns(client: str, server: str, server_port: int, client_port: int = 53124) -> tuple[Participant, Participant]:
    return (
        Participant("p1", shown(client), Shown(f"192.0.2.14:{client_port}"), "client"),
        Participant("p2", shown(server), Shown(f"198.51.100.25:{server_port}"), "server"),
    )


def machine(name: str, *rules: tuple[str, str, str], meaning: str | None = None) -> Machine:
    """`machine("smtp", ("connected", "EHLO 2yz", "greeted"))`."""
    states = dict.fromkeys(state for before, _, after in rules for state in (before, after))
    known = tuple(Known(shown(state), None if meaning is None else shown(meaning)) for state in states)
    table = tuple(Rule(shown(before), shown(happened), shown(after), shown(happened)) for before, happened, after in rules)
    return Machine(name, shown(name.upper()), known, table)


SMTP = machine(
    "smtp",
    ("connected", "EHLO 2yz", "greeted"),
    *((state, "QUIT 2yz", "closed") for state in ("connected", "greeted", "mail", "rcpt")),
    ("greeted", "MAIL 2yz", "mail"),
    ("mail", "RCPT 2yz", "rcpt"),
    ("rcpt", "RCPT 2yz", "rcpt"),
)
POP3 = machine("pop3", ("connected", "greeting +OK", "AUTHORIZATION"), ("AUTHORIZATION", "QUIT +OK", "closed"))
TCP = machine(
    "tcp", ("CLOSED", "send SYN", "SYN-SENT"), ("SYN-SENT", "receive SYN+ACK", "ESTABLISHED"), ("LISTEN", "send SYN+ACK", "SYN-RECEIVED")
)


def path(machine: str, start: str, *moves: Move, session: int = 1, role: Literal["client", "server"] | None = None) -> Path:
    return Path(session, machine, role, shown(start), moves)


def move(before: str, happened: str, after: str, *, inferred: bool = False, times: int = 1) -> Move:
    return Move(shown(before), shown(happened), shown(after), inferred=inferred, times=times)


def _spoken(protocol: str, port: int, session: int = 1, outcome: Outcome = "ok") -> Conversation:
    client, server = shown("client.example.net"), shown("server.example.org")
    return Conversation(session, client, server, port, "tcp", shown(protocol), outcome, 20, 30_000)


def smtp() -> Diagram:
    s = _Session(1, "p1", "p2")
    s.phase = 0
    _open(s)
    s.phase = 1
    s.server(49.4, wire("220 mail.example.org ESMTP", "service ready"))
    s.client(49.9, wire("EHLO client.example.net"))
    s.server(
        74.6,
        line(
            ("250-mail.example.org", "wire"),
            ("and 5 more lines: PIPELINING, AUTH LOGIN …", "decoded"),
            meaning="completed: extensions offered",
        ),
    )
    s.phase = 2
    s.client(75.1, wire("AUTH LOGIN"))
    s.server(99.6, line(("334 VXNlcm5hbWU6", "wire"), ("“Username:”", "decoded"), meaning="continue with base64"))
    s.client(100.0, line(("YWxpY2U=", "wire"), ("user: alice", "decoded")))
    s.server(124.4, line(("334 UGFzc3dvcmQ6", "wire"), ("“Password:”", "decoded"), meaning="continue with base64"))
    s.client(124.9, line(("[hidden]", "hidden"), ("password hidden", "decoded")))
    s.server(163.2, wire("235 2.7.0 Authentication successful", "authentication succeeded"))
    s.phase = 3
    commands = [wire("MAIL FROM:<alice@example.net>"), wire("RCPT TO:<bob@example.org>"), wire("RCPT TO:<carol@example.org>"), wire("DATA")]
    s.client(163.9, *commands, marks=("lost",))
    s.client(367.9, line(("the same four commands", "decoded")), marks=("repeated",))
    s.server(
        394.3,
        wire("250 2.1.0 Ok", "sender accepted"),
        wire("250 2.1.5 Ok", "recipient accepted"),
        wire("550 5.1.1 <carol@example.org>: no such user", "mailbox unavailable", refused=True),
        wire("354 End data with <CR><LF>.<CR><LF>", "start mail input"),
    )
    s.client(395.0, line(("message, 28,412 bytes in 20 segments; Subject: 月次報告書", "decoded")), t_end=START + 421_400_000, bulk=True)
    s.server(445.5, line(("ACK", "flags"), ("of the whole message", "decoded")), weight="ack")
    s.server(3635.4, wire("250 2.0.0 Ok: queued as 4F2A81C", "mail accepted"))
    s.phase = 4
    s.client(3636.1, wire("QUIT"))
    s.server(3660.5, wire("221 2.0.0 Bye", "closing the channel"))
    s.phase = 5
    _close(s, 3660.6)
    names = ("handshake", "Handshake"), ("dialogue", "SMTP"), ("authentication", "Authentication"), ("mail", "Mail transaction")
    return Diagram(
        title=Shown("SMTP: one recipient of two refused"),
        subtitle=Shown("mail.pcap, 2018-12-14 07:44:17 UTC"),
        lang="en",
        participants=_columns("client.example.net", "mail.example.org", 25),
        sessions=(Session(1, "p1", "p2", Shown("smtp")),),
        phases=tuple(Phase(1, kind, Shown(title)) for kind, title in (*names, ("dialogue", "SMTP"), ("close", "Close"))),
        messages=tuple(s.messages),
        notes=(Note(1, 14, Shown("the capture lost 2 packets here"), "gap"),),
        caption=(
            Shown("Captured at the client; times at the server are estimated from the round trip (24 ms)."),
            Shown("25 of 52 segments shown; u, v: sequence numbers not printed, as they would tell the hidden password's length."),
        ),
        findings=(Finding("checksum wrong in one segment", Origin("mail.pcap", 17)),),
        conversations=(_spoken("SMTP", 25),),
        machines=(SMTP,),
        paths=(path("smtp", "connected", move("connected", "EHLO 2yz", "greeted"), move("greeted", "QUIT 2yz", "closed")),),
    )


def pop3() -> Diagram:
    s = _Session(1, "p1", "p2")
    s.phase = 0
    _open(s)
    s.phase = 1
    s.server(1248.1, wire("+OK ready <1896.69717@pop.example.org>", "就绪，附 APOP 时间戳"))
    s.client(1248.6, wire("USER alice"))
    s.server(1272.9, wire("+OK", "用户名已接受"))
    s.client(1273.3, line(("PASS", "wire"), ("[hidden]", "hidden"), ("密码已隐藏", "decoded")))
    s.server(1309.9, wire("+OK Logged in.", "登录成功，邮箱已锁定"))
    s.client(1310.3, wire("STAT"))
    s.server(1334.7, wire("+OK 2 31208", "2 封邮件，共 31,208 字节"))
    s.client(1335.1, wire("DELE 7"))
    s.server(1359.5, wire("-ERR no such message", "没有这封邮件", refused=True))
    s.client(1411.9, wire("QUIT"))
    s.server(1463.0, wire("+OK Logging out.", "会话结束"))
    s.phase = 2
    _close(s, 1463.1)
    bars = ("AUTHORIZATION", "认证状态", 3, 7), ("TRANSACTION", "处理状态", 7, 12), ("UPDATE", "更新状态", 12, 13)
    return Diagram(
        title=Shown("POP3：登录并查询邮箱"),
        subtitle=Shown("pop3.pcap"),
        lang="zh",
        participants=_columns("客户端 client.example.net", "服务器 pop.example.org", 110, 53188),
        sessions=(Session(1, "p1", "p2", Shown("pop3")),),
        phases=(Phase(1, "handshake", Shown("握手")), Phase(1, "dialogue", Shown("会话")), Phase(1, "close", Shown("关闭"))),
        messages=tuple(s.messages),
        bars=tuple(Bar(1, "p2", kind.lower(), Shown(kind), Shown(zh), first, last, True) for kind, zh, first, last in bars),
        caption=(Shown("在客户端捕获；服务器端的时刻由往返时间（24 ms）估计。"),),
        conversations=(_spoken("POP3", 110),),
        machines=(POP3,),
        paths=(path("pop3", "connected", move("connected", "greeting +OK", "AUTHORIZATION")),),
    )


def aborted() -> Diagram:
    s = _Session(1, "p1", "p2")
    s.phase = 0
    _open(s, 0.021)
    s.phase = 1
    s.client(0.3, wire("GET / HTTP/1.1"))
    s.phase = 2
    abort: tuple[Mark, ...] = ("abort",)
    s.server(
        0.345,
        line(("RST, ACK", "flags"), ("seq 1, ack 40", "number"), meaning="aborts the connection"),
        weight="control",
        marks=abort,
        sender_state=state("CLOSED", "closed", inferred=True),
        receiver_state=state("CLOSED", "closed"),
    )
    return Diagram(
        title=Shown("HTTP: reset by server"),
        subtitle=Shown(""),
        lang="en",
        participants=_columns("", "", 80),
        sessions=(Session(1, "p1", "p2", Shown("http")),),
        phases=(Phase(1, "handshake", Shown("Handshake")), Phase(1, "dialogue", Shown("HTTP")), Phase(1, "abort", Shown("Abort"))),
        messages=tuple(s.messages),
        conversations=(_spoken("HTTP", 80, outcome="reset"),),
        machines=(TCP,),
        paths=(
            path("tcp", "CLOSED", move("CLOSED", "send SYN", "SYN-SENT"), move("SYN-SENT", "send RST", "CLOSED"), role="client"),
            path("tcp", "LISTEN", move("LISTEN", "send SYN+ACK", "SYN-RECEIVED", inferred=True), role="server"),
        ),
    )


def inferred() -> Diagram:
    s = _Session(1, "p1", "p2")
    marks: tuple[Mark, ...] = ("inferred",)
    opening: list[tuple[Life, str]] = [("opening", "SYN"), ("opening", "SYN, ACK"), ("open", "ACK")]
    s.phase = 0
    for index, (life, flags) in enumerate(opening):
        say = s.server if index == 1 else s.client
        say(None, line((flags, "flags")), weight="control", marks=marks, sender_state=state(None, life), receiver_state=state(None, life))
    s.phase = 1
    s.server(None, wire("220 mx.example.org ESMTP", "service ready"))
    s.client(None, wire("HELO me"))
    s.server(None, wire("250 mx.example.org", "completed"))
    s.client(None, wire("QUIT"))
    s.server(None, wire("221 Bye", "closing the channel"))
    return Diagram(
        title=Shown("SMTP from a transcript"),
        subtitle=Shown("swaks.log"),
        lang="en",
        participants=(
            Participant("p1", Shown("client"), Shown(""), "client"),
            Participant("p2", Shown("mx.example.org"), Shown(""), "server"),
        ),
        sessions=(Session(1, "p1", "p2", Shown("smtp")),),
        phases=(Phase(1, "handshake", Shown("Handshake (inferred)")), Phase(1, "dialogue", Shown("SMTP"))),
        messages=tuple(s.messages),
        notes=(Note(1, 8, Shown("=== Connection closed with remote host."), "comment"),),
        timed=False,
        machines=(SMTP,),
        paths=(path("smtp", "connected", move("connected", "RCPT 2yz", "rcpt", inferred=True), move("rcpt", "RCPT 2yz", "rcpt", times=9)),),
    )


def interleaved() -> Diagram:
    mail, box = _Session(1, "p1", "p2"), _Session(2, "p1", "p3")
    mail.phase, box.phase = 0, 1
    mail.server(0.0, wire("220 mail.example.org ESMTP"))
    box.server(4.0, wire("+OK ready"))
    mail.client(5.0, wire("NOOP"))
    mail.server(6.0, wire("250 Ok"))
    box.client(7.5, wire("CAPA"))
    box.server(9.0, wire("+OK"), wire("TOP"), wire("UIDL"), wire("."))
    third = Participant("p3", Shown("pop.example.org"), Shown("198.51.100.11:110"), "server")
    return Diagram(
        title=Shown("Two sessions at once"),
        subtitle=Shown("both.pcap"),
        lang="en",
        participants=(*_columns("client.example.net", "mail.example.org", 25), third),
        sessions=(Session(1, "p1", "p2", Shown("smtp"), "open"), Session(2, "p1", "p3", Shown("pop3"), "open")),
        phases=(Phase(1, "dialogue", Shown("SMTP")), Phase(2, "dialogue", Shown("POP3"))),
        messages=tuple(sorted(mail.messages + box.messages, key=lambda message: message.t or 0)),
        notes=(Note(2, 5, Shown("CAPA asks for the server's capabilities"), "comment"),),
        conversations=(_spoken("SMTP", 25), _spoken("POP3", 110, 2, "unanswered")),
        machines=(SMTP, POP3),
        paths=(path("smtp", "connected"), path("pop3", "connected", move("connected", "greeting +OK", "AUTHORIZATION"), session=2)),
    )


def hostile_in_few(text: str) -> Diagram:
    """The text as title, name, phase, message and note only: five places."""
    it = shown(text)
    return Diagram(
        title=it,
        subtitle=Shown(""),
        lang="en",
        participants=(Participant("p1", it, Shown(""), "client"), Participant("p2", Shown("server"), Shown(""), "server")),
        sessions=(Session(1, "p1", "p2", None),),
        phases=(Phase(1, "dialogue", it),),
        messages=(Message(1, "p1", "p2", (Line((Run(it),)),), None, None, phase=0),),
        notes=(Note(1, 1, it),),
        timed=False,
        **_hostile_states(it),  # type: ignore[arg-type]
    )


def _hostile_states(it: Shown) -> dict[str, object]:
    """The text as host, protocol, machine, state, meaning, what happened and end."""
    moves = (move(it, it, "elsewhere"), move("elsewhere", it, it, inferred=True))
    return {
        "conversations": (Conversation(1, it, Shown("server"), 25, "tcp", it, "refused", 1, 1),),
        "machines": (
            Machine(
                "x",
                it,
                (Known(it, it), Known(Shown("elsewhere"), it)),
                (Rule(it, Shown("y"), Shown("elsewhere"), it), Rule(it, it, it, it)),
            ),
        ),
        "paths": (Path(1, "x", None, it, moves, it),),
    }


def hostile(text: str) -> Diagram:
    """The text as title, subtitle, name, address, message, meaning, decoded, state, phase, bar, note, caption and finding."""
    it = shown(text)
    message = Message(
        1,
        "p1",
        "p2",
        (Line((Run(it), Run(it, "decoded"), Run(it, "hidden")), meaning=it), Line((Run(it),), meaning=it, refused=True)),
        START,
        START,
        sender_state=State(it, "open"),
        receiver_state=State(it, "open", True),
        phase=0,
    )
    return Diagram(
        title=it,
        subtitle=it,
        lang="en",
        participants=(Participant("p1", it, it, "client"), Participant("p2", it, Shown(""), "server")),
        sessions=(Session(1, "p1", "p2", it),),
        phases=(Phase(1, "dialogue", it),),
        messages=(message, Message(1, "p2", "p1", (Line((Run(it),)),), START + 1, START + 1, phase=0)),
        bars=(Bar(1, "p2", "transaction", it, it, 0, 1),),
        notes=(Note(1, 1, it), Note(1, 2, it, "finding")),
        caption=(it,),
        findings=(Finding(text, Origin(text, 1)),),
        **_hostile_states(it),  # type: ignore[arg-type]
    )


ALL = {made.__name__: made for made in (smtp, pop3, aborted, inferred, interleaved)}
"""By name: call it."""


def examples() -> dict[str, Diagram]:
    """The diagram of every example, by its case."""
    inputs = runpy.run_path(str(pathlib.Path(__file__).resolve().parent.parent / "examples" / "draw.py"))["inputs"]()
    return {name: _composed(path) for name, path in inputs.items()}


def _composed(path: pathlib.Path) -> Diagram:
    understood = pipeline.read([path])
    return pipeline.diagram(understood, pipeline.dialogues(understood), ComposeOptions())


def labels(diagram: Diagram) -> list[str]:
    """Every text that a reader must find: names of ends, messages and what they mean, phases, states."""
    states = [state.text for it in diagram.messages for state in (it.sender_state, it.receiver_state) if state and state.text]
    lines = [line for it in diagram.messages for line in it.lines]
    names = [text for end in diagram.participants for text in (end.name, end.address)]
    runs = [run.text for line in lines for run in line.runs]
    return [*names, *runs, *(line.meaning for line in lines if line.meaning), *(it.title for it in diagram.phases), *states]
