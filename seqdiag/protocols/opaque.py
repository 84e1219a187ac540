"""The bytes of both sides in, one PDU for each run of one side's bytes out: for what no grammar knows.

Credentials in a run are marked by their forms alone (see `base.credentials`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqdiag.protocols.base import Decoder, Fact, HiddenRun, Pdu, Side
from seqdiag.protocols.base.credentials import CONTEXT, guarded, known

NAME = "opaque"
PORTS: frozenset[int] = frozenset()
TRANSITIONS: Mapping[tuple[str, str], str] = {}


class Opaque:
    """The decoder."""

    def __init__(self) -> None:
        self.upgrade: str | None = None
        self._side: Side = "client"
        self._start = 0
        self._chunks: list[bytes] = []
        self._hidden: list[HiddenRun] = []
        self._said: dict[Side, bytes] = {"client": b"", "server": b""}

    def feed(self, side: Side, start: int, data: bytes, hidden: Sequence[HiddenRun] = ()) -> list[Pdu]:
        if not data:
            return []
        ended = self.finish() if side != self._side else []
        if not self._chunks:
            self._side, self._start = side, start
        self._chunks.append(data)
        self._hidden += hidden
        return ended

    def gap(self, side: Side, start: int, length: int) -> list[Pdu]:
        ended = self.finish()
        self._said[side] = b""
        return ended

    def finish(self) -> list[Pdu]:
        if not self._chunks:
            return []
        raw, hidden = b"".join(self._chunks), self._hidden
        self._chunks, self._hidden = [], []
        before, asked = self._said[self._side], self._said["server" if self._side == "client" else "client"]
        secrets = guarded(raw, known(hidden, self._start, len(raw)), before, asked)
        if secrets or raw.strip(b"*\b "):  # asterisks that echo the letters of a password do not end its prompt
            self._said[self._side] = (before + raw)[-CONTEXT:]
        return [Pdu(self._side, "opaque", self._start, raw, secrets=secrets, facts=(Fact("bytes", {"bytes": len(raw)}),), protocol=NAME)]

    def leftover(self, side: Side) -> tuple[int, bytes]:
        return self._start, b""


def recognise(client: bytes, server: bytes) -> float:
    """Anything is bytes, but anything else is better."""
    return 0.0


def decoder() -> Decoder:
    return Opaque()
