"""What every grammar yields, and what a grammar is.

A grammar is sans-I/O and sees both sides of a stream at once, as bytes at offsets: it knows no time, no packet and
no person. Its PDUs are lossless (one side's `raw`, joined, is that side's stream without its gaps) and do not
depend on how the bytes were cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from seqdiag.connections.connection import HiddenRun, Side

__all__ = ["Decoder", "Fact", "Grammar", "HiddenRun", "Kind", "Pdu", "Secret", "Side"]

Kind: TypeAlias = Literal["greeting", "command", "reply", "continuation", "body", "event", "tls", "opaque"]


class Secret(NamedTuple):
    """Bytes [start, end) of a PDU's `raw` that must not be shown.

    `kind` says what they are (password, token, digest, challenge, credentials); `shown` what may be told of them (a
    user name). `values`: the secret itself in clear, for the second pass that hides it where it comes again; empty
    where the bytes were already hidden or hold no secret worth looking for.
    """

    start: int
    end: int
    kind: str
    shown: str | None = None
    values: tuple[bytes, ...] = ()


class Fact(NamedTuple):
    """Something a decoder knows beyond the wire text, in no language: ("user", {"user": "alice"})."""

    kind: str
    values: Mapping[str, str | int] = {}


class Pdu(msgspec.Struct, frozen=True):
    """One command, reply, body, TLS record, or undecoded run.

    `start`: offset of `raw` in the side's stream (bytes that were missing count). `wire`: the range of `raw` that a
    figure prints verbatim (a reply's first line without its CRLF; empty for a body). `answers`: the index of the
    PDU that it answers, counting all PDUs of the dialogue from 0 in the order in which they were yielded. `state`:
    the protocol's state after it, in the words of the grammar's table. `refused`: 4xx, 5xx, -ERR. `moved`: what it was in
    the words of that table, in order, where the table knows it.
    """

    side: Side
    kind: Kind
    start: int
    raw: bytes
    wire: tuple[int, int] = (0, 0)
    verb: str | None = None
    code: str | None = None
    answers: int | None = None
    state: str = ""
    refused: bool = False
    secrets: tuple[Secret, ...] = ()
    facts: tuple[Fact, ...] = ()
    protocol: str = ""
    moved: tuple[str, ...] = ()

    @property
    def end(self) -> int:
        return self.start + len(self.raw)


class Decoder(Protocol):
    """Both sides of one connection. `upgrade` names the grammar that takes over when it is not None."""

    upgrade: str | None

    def feed(self, side: Side, start: int, data: bytes, hidden: Sequence[HiddenRun] = ()) -> list[Pdu]:
        """Stream bytes of one side, in order; the PDUs that they complete. `start` is the offset of data[0]."""
        ...

    def gap(self, side: Side, start: int, length: int) -> list[Pdu]:
        """Bytes [start, start + length) of the side's stream were never captured."""
        ...

    def finish(self) -> list[Pdu]:
        """The connection is over: whatever was not completed, as it stands."""
        ...

    def leftover(self, side: Side) -> tuple[int, bytes]:
        """After an upgrade: the bytes behind it, unconsumed, and the offset of the first."""
        ...


class Grammar(Protocol):
    """A module of `protocols/`."""

    @property
    def NAME(self) -> str: ...

    @property
    def PORTS(self) -> frozenset[int]:
        """TCP ports of the server."""
        ...

    @property
    def TRANSITIONS(self) -> Mapping[tuple[str, str], str]:
        """The protocol's own state machine: (state, what happened) -> state; it and the documentation are drawn from it.

        Its first entry is of the state in which a session begins.
        """
        ...

    def recognise(self, client: bytes, server: bytes) -> float:
        """How surely the first bytes of both sides (either may be empty) are this protocol: 0 not, 1 surely."""
        ...

    def decoder(self) -> Decoder: ...
