"""Stream bytes -> PDUs: which grammar a connection speaks, and its PDUs in the order of observation.

`PROTOCOLS` names every grammar; each is a file beside this one, and none imports another.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from seqdiag.connections.connection import Chunk, Connection, Gap, Side
from seqdiag.events import Tls
from seqdiag.protocols.base import Decoder, Fact, Grammar, Pdu
from seqdiag.protocols.base.credentials import guarded, known
from seqdiag.registry import Registry

PROTOCOLS: Registry[Grammar] = Registry(
    "protocol",
    "seqdiag.protocols",
    {
        "smtp": "seqdiag.protocols.smtp",
        "pop3": "seqdiag.protocols.pop3",
        "tls": "seqdiag.protocols.tls",
        "opaque": "seqdiag.protocols.opaque",
    },
)

if TYPE_CHECKING:
    import seqdiag.protocols.opaque as _opaque
    import seqdiag.protocols.pop3 as _pop3
    import seqdiag.protocols.smtp as _smtp
    import seqdiag.protocols.tls as _tls

    _CHECKED: tuple[Grammar, ...] = (_smtp, _pop3, _tls, _opaque)

HEAD = 1024
"""Bytes of each side that detection looks at."""

SURE_ENOUGH = 0.5
PORT_BONUS = 0.3


class Placed(NamedTuple):
    """A PDU and the index of the step (of its connection) that completed it."""

    step: int
    pdu: Pdu


class Dialogue(msgspec.Struct, frozen=True):
    """What was said on one connection. `connection` may be the given one with its sides exchanged.

    `protocol` is None where the bytes are of no known protocol.
    """

    connection: Connection
    protocol: str | None
    pdus: tuple[Placed, ...]


def heads(connection: Connection) -> tuple[bytes, bytes]:
    """The first bytes of the client and of the server, up to the first hole in each."""
    parts: dict[Side, bytes] = {"client": b"", "server": b""}
    for step in connection.steps:
        if isinstance(step, Chunk) and len(parts[step.side]) < HEAD:
            parts[step.side] += step.data[:HEAD]
            if min(map(len, parts.values())) >= HEAD:
                break
    return parts["client"], parts["server"]


def detect(connection: Connection, port: int) -> tuple[str | None, float]:
    """The best grammar's name and how sure it is; None where none is sure enough."""
    client, server = heads(connection)
    if not client and not server:
        return None, 0.0
    scores = []
    for name in PROTOCOLS:
        grammar = PROTOCOLS[name]
        sure = grammar.recognise(client, server)
        if sure > 0 and port in grammar.PORTS:
            sure += PORT_BONUS
        scores.append((sure, name))
    sure, name = max(scores, key=lambda s: s[0])
    return (name, sure) if sure >= SURE_ENOUGH else (None, 0.0)


def orient(connection: Connection) -> tuple[Connection, str | None]:
    """The protocol, and the connection with its client where the protocol tells who that is."""
    name, sure = detect(connection, connection.server.port)
    if not connection.client_known:
        flipped = connection.flipped()
        other_name, other_sure = detect(flipped, flipped.server.port)
        if other_sure > sure:
            connection, name, sure = flipped, other_name, other_sure
        if name is not None and sure > SURE_ENOUGH:
            connection = msgspec.structs.replace(connection, client_known=True)
    return connection, name


def decode(connection: Connection, protocol: str | None = None) -> Dialogue:
    """The PDUs of one connection; `protocol` overrides the detection."""
    if protocol is None:
        connection, protocol = orient(connection)
    if connection.transport == "udp":
        return Dialogue(connection, protocol, tuple(_datagrams(connection)))
    return Dialogue(connection, protocol, tuple(_Driver(connection, protocol or "opaque").run()))


def _datagrams(connection: Connection) -> list[Placed]:
    """Every datagram is a PDU of its own; no grammar of ours reads UDP."""
    placed = []
    for index, step in enumerate(connection.steps):
        if isinstance(step, Chunk):
            secrets = guarded(step.data, known(step.hidden, step.offset, len(step.data)))
            facts = (Fact("bytes", {"bytes": len(step.data)}),)
            placed.append(Placed(index, Pdu(step.side, "opaque", step.offset, step.data, secrets=secrets, facts=facts)))
    return placed


class _Driver:
    """Feeds one connection's chunks to its grammar, and to the grammar that takes over after an upgrade."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self.name = name
        self.decoder: Decoder = PROTOCOLS[name].decoder()
        self.base = 0  # PDUs that earlier decoders yielded: `answers` counts from there
        self.placed: list[Placed] = []
        self.ends: dict[Side, list[int]] = {"client": [], "server": []}
        self.at: dict[Side, list[int]] = {"client": [], "server": []}
        self.elided: set[tuple[Side, int]] = set()  # where the source says that it left bytes out

    def run(self) -> list[Placed]:
        for index, step in enumerate(self.connection.steps):
            if isinstance(step, Chunk):
                self.ends[step.side].append(step.offset + len(step.data))
                self.at[step.side].append(index)
                self.elided |= {(step.side, run.start) for run in step.hidden if run.kind == "elided"}
                if self.decoder.upgrade is not None:
                    self._upgrade(index)
                self._place(index, self.decoder.feed(step.side, step.offset, step.data, step.hidden))
                if self.decoder.upgrade is not None and any(self.decoder.leftover(side)[1] for side in self.ends):
                    self._upgrade(index)
            elif isinstance(step, Gap):
                self._place(index, self.decoder.gap(step.side, step.offset, step.length))
            elif isinstance(step, Tls):
                self._decrypted(index, step)
        self._place(len(self.connection.steps) - 1, self.decoder.finish())
        return self.placed

    def _upgrade(self, index: int) -> None:
        left = {side: self.decoder.leftover(side) for side in self.ends}
        upgrade = self.decoder.upgrade
        assert upgrade is not None
        self._replace(upgrade)
        for side, (start, data) in left.items():
            if data:
                self._place(index, self.decoder.feed(side, start, data))

    def _decrypted(self, index: int, tls: Tls) -> None:
        """From here the source holds the plaintext inside TLS: the same grammar begins anew (RFC 3207 §4.2)."""
        self._place(index, self.decoder.finish())
        self._replace(self.name)
        known = {"version": tls.version, "cipher": tls.cipher, "how": tls.how}
        fact = Fact("tls", {key: value for key, value in known.items() if value})
        self._place(
            index, [Pdu("client", "tls", self.ends["client"][-1] if self.ends["client"] else 0, b"", facts=(fact,), protocol="tls")]
        )
        self.base = len(self.placed)

    def _replace(self, name: str) -> None:
        self.decoder = PROTOCOLS[name].decoder()
        self.base = len(self.placed)

    def _place(self, index: int, pdus: list[Pdu]) -> None:
        for pdu in pdus:
            if self.base and pdu.answers is not None:
                pdu = msgspec.structs.replace(pdu, answers=pdu.answers + self.base)
            if pdu.kind == "opaque" and pdu.protocol != "opaque":  # what a grammar could not read
                pdu = msgspec.structs.replace(pdu, secrets=guarded(pdu.raw, pdu.secrets))
            step = index
            if pdu.kind == "body" and (pdu.side, pdu.start) in self.elided:
                pdu = msgspec.structs.replace(pdu, facts=(Fact("elided"),))
            if pdu.raw:
                k = bisect_left(self.ends[pdu.side], pdu.end)
                if k < len(self.at[pdu.side]):
                    step = self.at[pdu.side][k]
            self.placed.append(Placed(step, pdu))
