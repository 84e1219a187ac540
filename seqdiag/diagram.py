"""The message model: what a figure says, in the order in which it was observed. It names no TCP and no pixel.

Every text in it is `Shown`: made displayable once, free of secrets, in the figure's language. A renderer needs
nothing else.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from seqdiag.provenance import Finding, Nanoseconds, Origin
from seqdiag.text import Shown

RunKind: TypeAlias = Literal["wire", "flags", "decoded", "again", "hidden", "number"]
Life: TypeAlias = Literal["none", "opening", "open", "closing", "closed"]
Outcome: TypeAlias = Literal["ok", "refused", "unanswered", "reset"]
Mark: TypeAlias = Literal["refused", "abort", "inferred", "repeated", "lost", "highlight"]


class Run(msgspec.Struct, frozen=True):
    """A stretch of one label in one voice.

    `wire`: exactly what was on the wire. `flags`: names of TCP flags. `decoded`: our words, decoded or summed up.
    `again`: likewise, that it was sent again and when; a figure that shows this otherwise may shorten it.
    `hidden`: stands for a secret; its text is the same whatever it hides. `number`: sequence numbers and options.
    """

    text: Shown
    kind: RunKind = "wire"


class Line(msgspec.Struct, frozen=True):
    """One line of a label. `n` is the number that `seqdiag messages` gives it within its session."""

    runs: tuple[Run, ...]
    meaning: Shown | None = None
    refused: bool = False
    n: int | None = None

    def text(self) -> Shown:
        return Shown(" ".join(run.text for run in self.runs))


class State(msgspec.Struct, frozen=True):
    """What an end has become by sending or receiving a message; `text` None where there is nothing to print."""

    text: Shown | None
    life: Life
    inferred: bool = False


class Participant(msgspec.Struct, frozen=True):
    """A column: `id` is p1, p2, ...; `name` and `address` are the two lines of its head (either may be empty)."""

    id: str
    name: Shown
    address: Shown
    role: Literal["client", "server"]


class Repeat(msgspec.Struct, frozen=True):
    """This was sent before: `after` nanoseconds, in the frame `before`; why, and whether needlessly, where that is known."""

    after: Nanoseconds | None
    before: Origin | None
    cause: Literal["fast", "probe", "timeout"] | None = None
    spurious: bool | None = None


class Wait(msgspec.Struct, frozen=True):
    """How long one side let the other wait before this message. `silent`: it never answered, and the other went on."""

    side: Literal["client", "server"]
    time: Nanoseconds
    silent: bool = False


class Message(msgspec.Struct, frozen=True):
    """One arrow. Several commands that travelled in one segment are the lines of one message.

    `t` and `t_end`: when its first and last byte were seen; `arrived`: when its last byte reached the receiver, where a
    second point saw it. `fate`: what became of it on the way, where that is known or presumed. `phase`: an index of
    `Diagram.phases`. `bulk`: a mail message or other bulk data. `times`: for how many equal ones, one after another, it
    stands; `t_end` and `origins` are then those of all.
    """

    session: int
    sender: str
    receiver: str
    lines: tuple[Line, ...]
    t: Nanoseconds | None
    t_end: Nanoseconds | None
    weight: Literal["data", "control", "ack"] = "data"
    marks: tuple[Mark, ...] = ()
    sender_state: State | None = None
    receiver_state: State | None = None
    phase: int | None = None
    bulk: bool = False
    origins: tuple[Origin, ...] = ()
    again: Repeat | None = None
    fate: Literal["lost", "presumed lost"] | None = None
    arrived: Nanoseconds | None = None
    wait: Wait | None = None
    times: int = 1

    def text(self) -> Shown:
        return Shown("\n".join(line.text() for line in self.lines))


class Phase(msgspec.Struct, frozen=True):
    """A stretch of one session: `kind` is a word (handshake, dialogue, tls, authentication, mail, close, abort)."""

    session: int
    kind: str
    title: Shown


class Bar(msgspec.Struct, frozen=True):
    """A state of the protocol itself (POP3's three), beside the server's lifeline, between two messages.

    `first` and `last` index `Diagram.messages`; the state begins and ends at the named participant's end of them.
    """

    session: int
    participant: str
    kind: str
    title: Shown
    detail: Shown
    first: int
    last: int
    inferred: bool = False


class Note(msgspec.Struct, frozen=True):
    """A remark across one session, before message `before` (which may be the number of messages: at the foot)."""

    session: int
    before: int
    text: Shown
    kind: Literal["gap", "missing", "comment", "finding"] = "comment"


class Session(msgspec.Struct, frozen=True):
    """One drawn session: which columns it runs between, and its lifelines' state above its first message (`open` where
    the opening was not captured; on a later page of a figure, as the page before left them, `server_before` where the server's
    differs).

    `taken_at`: where the capture stood, so which ends of its arrows were seen; None where nothing was captured. `to_client`
    and `to_server`: how long a packet is estimated to be under way between there (with two captures: the other end) and
    each end; None where that is not known.
    """

    number: int
    client: str
    server: str
    protocol: Shown | None
    life_before: Life = "none"
    server_before: Life | None = None
    taken_at: Literal["client", "server", "between", "both", "unknown"] | None = None
    to_client: Nanoseconds | None = None
    to_server: Nanoseconds | None = None

    def before(self, participant: str) -> Life:
        """The state of one of its two lifelines above its first message."""
        return self.server_before if participant == self.server and self.server_before is not None else self.life_before


class Conversation(msgspec.Struct, frozen=True):
    """Who spoke with whom, and how it ended; of every chosen session, whether or not the figure has room for it.

    `client` and `server` name hosts. `messages` and `bytes`: of both sides, all that were said.
    """

    session: int
    client: Shown
    server: Shown
    port: int | None
    transport: Literal["tcp", "udp"]
    protocol: Shown | None
    outcome: Outcome
    messages: int
    bytes: int


class Known(msgspec.Struct, frozen=True):
    """A state of a machine, and what it means."""

    name: Shown
    meaning: Shown | None = None


class Rule(msgspec.Struct, frozen=True):
    """One entry of a machine's table: what happened in a state leads to the next. `words`: what happened, in the figure's language."""

    before: Shown
    happened: Shown
    after: Shown
    words: Shown


class Machine(msgspec.Struct, frozen=True):
    """A protocol's states, the first of them that in which a session begins, and all rules between them."""

    name: str
    title: Shown
    states: tuple[Known, ...]
    rules: tuple[Rule, ...]


class Move(msgspec.Struct, frozen=True):
    """One step on a path, `times` times in a row; `t` and `n` (the number of the message, as `seqdiag messages` gives it) of
    the first. `inferred`: by no rule, or at an end where nobody saw it."""

    before: Shown
    happened: Shown
    after: Shown
    t: Nanoseconds | None = None
    n: int | None = None
    inferred: bool = False
    times: int = 1


class Path(msgspec.Struct, frozen=True):
    """The way that one session (or one end of it) took through the machine of that name.

    `end`: why it went no further, where the last state is none to end in.
    """

    session: int
    machine: str
    role: Literal["client", "server"] | None
    start: Shown
    moves: tuple[Move, ...]
    end: Shown | None = None


class Diagram(msgspec.Struct, frozen=True):
    """A whole figure. `caption`: sentences under it. `timed` is False where the source has no times at all.
    `since`: times of the first and last message on the pages before this one, from which relative times count."""

    title: Shown
    subtitle: Shown
    lang: Literal["en", "zh"]
    participants: tuple[Participant, ...]
    sessions: tuple[Session, ...]
    phases: tuple[Phase, ...]
    messages: tuple[Message, ...]
    bars: tuple[Bar, ...] = ()
    notes: tuple[Note, ...] = ()
    caption: tuple[Shown, ...] = ()
    findings: tuple[Finding, ...] = ()
    timed: bool = True
    explained: bool = True
    since: tuple[Nanoseconds, Nanoseconds] | None = None
    conversations: tuple[Conversation, ...] = ()
    machines: tuple[Machine, ...] = ()
    paths: tuple[Path, ...] = ()
