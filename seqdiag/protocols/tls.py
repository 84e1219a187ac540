"""The bytes of both sides in, TLS records by name out (RFC 8446, RFC 5246); nothing is decrypted.

Names of handshake messages are known while they are in clear: until a side's ChangeCipherSpec, and in TLS 1.3 until
ServerHello, after which everything looks like application data. What is no record is opaque to its side's end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seqdiag.protocols.base import Decoder, Fact, HiddenRun, Kind, Pdu, Side
from seqdiag.protocols.base.lines import Line, Lines, with_hidden
from seqdiag.protocols.base.tlsnames import ALERTS, CIPHERS, LEVELS, MESSAGES, VERSIONS
from seqdiag.text import show

NAME = "tls"
PORTS = frozenset({443, 465, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 6697, 8443, 8883})

TRANSITIONS: Mapping[tuple[str, str], str] = {
    ("start", "ClientHello"): "hello",
    ("hello", "ServerHello"): "negotiated",
    ("hello", "ClientHello"): "hello",
    ("negotiated", "ClientHello"): "negotiated",
    ("negotiated", "ServerHello"): "negotiated",
    ("negotiated", "ChangeCipherSpec"): "negotiated",
    ("start", "Application Data"): "protected",
    ("negotiated", "Application Data"): "protected",
    ("start", "fatal alert"): "closed",
    ("hello", "fatal alert"): "closed",
    ("negotiated", "fatal alert"): "closed",
    ("negotiated", "close_notify"): "closed",
    ("start", "close_notify"): "closed",
}
"""(state, record) -> state, as far as the wire tells. Alerts are encrypted once the keys are used."""

LONGEST = 16384 + 2048
"""Octets of a record's fragment (RFC 5246 §6.2.3)."""
CCS, ALERT, HANDSHAKE, DATA, HEARTBEAT = 20, 21, 22, 23, 24
RECORDS = {CCS: "ChangeCipherSpec", ALERT: "Alert", HANDSHAKE: "Handshake", DATA: "Application Data", HEARTBEAT: "Heartbeat"}


class End:
    """One side: its bytes, and what is known of it."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.protected = False
        """ChangeCipherSpec was sent: handshake messages and alerts are encrypted from here."""
        self.partial = bytearray()
        """A handshake message that goes on in the next record."""
        self.fresh = True
        """No record was read yet."""
        self.torn = 0
        """Octets that are left of a record whose middle was lost in a gap."""
        self.lost = False
        """No record begins where we are: opaque from here."""


class Tls:
    """The decoder."""

    def __init__(self) -> None:
        self.upgrade: str | None = None
        self.state = "start"
        self.moved: list[str] = []
        """What has moved the state since the last PDU."""
        self.ends: dict[Side, End] = {"client": End(), "server": End()}

    def feed(self, side: Side, start: int, data: bytes, hidden: Sequence[HiddenRun] = ()) -> list[Pdu]:
        out = self._opaque("server" if side == "client" else "client")
        end = self.ends[side]
        end.lines.feed(start, data, hidden)
        while not end.lost and (pdu := self._record(side, end)):
            out.append(pdu)
        return out

    def gap(self, side: Side, start: int, length: int) -> list[Pdu]:
        """A record is torn. Its rest can be counted; where the gap reaches further, we look for a record's beginning."""
        end = self.ends[side]
        data = end.lines.data
        missing = end.torn or (5 + int.from_bytes(data[3:5], "big") if len(data) >= 5 and not end.lost else 0)
        out = self._rest("client") + self._rest("server") if end.lost else self._rest(side)
        end.torn = max(missing - len(out[-1].raw if out else b"") - length, 0) if missing else 0
        end.lost = False
        end.partial.clear()
        return out

    def finish(self) -> list[Pdu]:
        return self._rest("client") + self._rest("server")

    def _rest(self, side: Side) -> list[Pdu]:
        """What is there, as it stands: a record that was cut short is one all the same."""
        end = self.ends[side]
        if end.lost or end.torn or len(end.lines.data) < 5:
            end.lost = True
            return self._opaque(side)
        line = end.lines.take(len(end.lines.data))
        name = "encrypted handshake" if end.protected and line.raw[0] == HANDSHAKE else RECORDS[line.raw[0]]
        record = Fact("tls_record", {"name": name, "bytes": int.from_bytes(line.raw[3:5], "big")})
        return [self._pdu(side, line, (record, Fact("incomplete")))]

    def leftover(self, side: Side) -> tuple[int, bytes]:
        return self.ends[side].lines.start, b""

    def _opaque(self, side: Side) -> list[Pdu]:
        end = self.ends[side]
        rest = end.lines.rest() if end.lost else None
        return [self._pdu(side, rest, (Fact("bytes", {"bytes": len(rest.raw)}),), opaque=True)] if rest else []

    def _pdu(self, side: Side, line: Line, facts: tuple[Fact, ...], opaque: bool = False) -> Pdu:
        secrets = with_hidden(line, ()) if line.hidden else ()
        kind: Kind = "opaque" if opaque else "tls"
        moved, self.moved = tuple(self.moved), []
        return Pdu(side, kind, line.start, line.raw, state=self.state, secrets=secrets, facts=facts, protocol=NAME, moved=moved)

    def _record(self, side: Side, end: End) -> Pdu | None:
        data = end.lines.data
        if end.torn:
            if len(data) < end.torn:
                return None
            line, end.torn = end.lines.take(end.torn), 0
            return self._pdu(side, line, (Fact("bytes", {"bytes": len(line.raw)}),), opaque=True)
        if end.fresh and side == "client" and is_old_hello(bytes(data[:4])):
            return self._old_hello(end)
        if not is_record(bytes(data[:5])):
            end.lost = True
            return None
        if len(data) < 5:
            return None
        kind, length = data[0], int.from_bytes(data[3:5], "big")
        if len(data) < 5 + length:
            return None
        line = end.lines.take(5 + length)
        end.fresh = False
        names, facts = NAMERS.get(kind, Tls._whole)(self, end, kind, line.raw[5:])
        record = Fact("tls_record", {"name": ", ".join(names), "bytes": length})
        return self._pdu(side, line, (record, *facts))

    def _old_hello(self, end: End) -> Pdu | None:
        """A ClientHello in SSL 2.0's form, as old clients begin (RFC 5246 §E.2): the length, the type, the version."""
        data = end.lines.data
        if len(data) < 5 or len(data) < 2 + ((data[0] & 0x7F) << 8 | data[1]):
            return None
        line = end.lines.take(2 + ((data[0] & 0x7F) << 8 | data[1]))
        end.fresh = False
        self._move("ClientHello")
        hello = Fact("client_hello", {"version": version_name(int.from_bytes(line.raw[3:5], "big"))})
        return self._pdu("client", line, (Fact("tls_record", {"name": "ClientHello", "bytes": len(line.raw) - 2}), hello))

    def _whole(self, end: End, kind: int, fragment: bytes) -> tuple[list[str], list[Fact]]:
        self._move(RECORDS[kind])
        if kind == CCS:
            end.protected = True
        return [RECORDS[kind]], []

    def _alert(self, end: End, kind: int, fragment: bytes) -> tuple[list[str], list[Fact]]:
        if end.protected or len(fragment) != 2:
            return ["encrypted alert"], []
        level, description = LEVELS.get(fragment[0], str(fragment[0])), ALERTS.get(fragment[1], str(fragment[1]))
        self._move(description if description == "close_notify" else f"{level} alert")
        return ["Alert"], [Fact("alert", {"level": level, "description": description})]

    def _handshake(self, end: End, kind: int, fragment: bytes) -> tuple[list[str], list[Fact]]:
        if end.protected:
            return ["encrypted handshake"], []
        begun = bool(end.partial)
        end.partial += fragment
        names: list[str] = []
        facts: list[Fact] = []
        while len(end.partial) >= 4:
            name = MESSAGES.get(end.partial[0])
            length = int.from_bytes(end.partial[1:4], "big")
            if name is None:
                end.partial.clear()
                return [*names, "encrypted handshake"], facts
            if len(end.partial) < 4 + length:
                break
            body = bytes(end.partial[4 : 4 + length])
            del end.partial[: 4 + length]
            names.append(f"{name} (end)" if begun else name)
            begun = False
            facts += HELLOS[name](body) if name in HELLOS else []
            self._move(name)
        if end.partial:
            part = MESSAGES.get(end.partial[0], "Handshake")
            names.append(f"{part} (continued)" if begun else f"{part} (begin)")
        return names or ["Handshake"], facts

    def _move(self, event: str) -> None:
        if (self.state, event) in TRANSITIONS:
            self.state = TRANSITIONS[self.state, event]
            self.moved.append(event)


NAMERS = {ALERT: Tls._alert, HANDSHAKE: Tls._handshake}


class Cursor:
    """Reads vectors and numbers off a hello's front; past the end it gives nothing."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        self.at += size
        return taken

    def vector(self, size: int) -> bytes:
        """A vector whose length has `size` octets."""
        return self.take(self.number(size))


def extensions(data: bytes) -> dict[int, bytes]:
    """Extension number -> its octets."""
    found: dict[int, bytes] = {}
    cursor = Cursor(data)
    while cursor.at + 4 <= len(data):
        number = cursor.number(2)
        found.setdefault(number, cursor.vector(2))
    return found


def client_hello(body: bytes) -> list[Fact]:
    """RFC 8446 §4.1.2: the highest version that is offered, the server's name, what is spoken inside."""
    cursor = Cursor(body)
    version = cursor.number(2)
    cursor.take(32)
    cursor.vector(1)
    cursor.vector(2)
    cursor.vector(1)
    offered = extensions(cursor.vector(2))
    versions = Cursor(offered.get(43, b"")).vector(1)
    known = [number for pair in zip(versions[::2], versions[1::2], strict=False) if (number := pair[0] << 8 | pair[1]) in VERSIONS]
    values: dict[str, str | int] = {"version": version_name(max(known, default=version))}
    names = Cursor(Cursor(offered.get(0, b"")).vector(2))
    if names.data and names.number(1) == 0 and (name := names.vector(2)):
        values["sni"] = str(show(name))
    if alpn := protocols(offered):
        values["alpn"] = alpn
    return [Fact("client_hello", values)]


def server_hello(body: bytes) -> list[Fact]:
    """RFC 8446 §4.1.3: the version and the cipher suite that were chosen."""
    cursor = Cursor(body)
    version = cursor.number(2)
    cursor.take(32)
    cursor.vector(1)
    cipher = cursor.number(2)
    cursor.take(1)
    chosen = extensions(cursor.vector(2))
    if len(chosen.get(43, b"")) == 2:
        version = int.from_bytes(chosen[43], "big")
    values: dict[str, str | int] = {"version": version_name(version), "cipher": CIPHERS.get(cipher, f"0x{cipher:04X}")}
    if alpn := protocols(chosen):
        values["alpn"] = alpn
    return [Fact("server_hello", values)]


HELLOS = {"ClientHello": client_hello, "ServerHello": server_hello}


def protocols(found: dict[int, bytes]) -> str:
    """Application protocols (RFC 7301), joined."""
    cursor = Cursor(Cursor(found.get(16, b"")).vector(2))
    names = []
    while cursor.at < len(cursor.data):
        names.append(str(show(cursor.vector(1))))
    return ", ".join(names)


def version_name(number: int) -> str:
    return VERSIONS.get(number, f"0x{number:04X}")


def is_record(head: bytes) -> bool:
    """Whether up to five octets may begin a record: type, version 3.0 to 3.4, a length that is allowed."""
    return (
        (not head or head[0] in RECORDS)
        and (len(head) < 2 or head[1] == 3)
        and (len(head) < 3 or head[2] <= 4)
        and (len(head) < 5 or int.from_bytes(head[3:5], "big") <= LONGEST)
    )


def is_old_hello(head: bytes) -> bool:
    """Whether up to four octets may begin a ClientHello in SSL 2.0's form for a version from 3.0."""
    return head[:1] >= b"\x80" and head[2:3] in (b"", b"\1") and head[3:4] in (b"", b"\3")


def recognise(client: bytes, server: bytes) -> float:
    """A handshake record with a hello in it, or both sides in records."""
    if len(client) >= 4 and is_old_hello(client[:4]) and (not server or is_record(server[:5])):
        return 0.9
    found = [(head, hello) for head, hello in ((client, 1), (server, 2)) if head]
    if not found or not all(len(head) >= 3 and is_record(head[:5]) for head, _ in found):
        return 0.0
    if any(head[0] == HANDSHAKE and head[5:6] in (b"", bytes([hello])) for head, hello in found):
        return 0.99
    return 0.8 if len(found) == 2 or found[0][0][1:3] == b"\3\3" else 0.5


def decoder() -> Decoder:
    return Tls()
