"""A run that begins with a message of a binary protocol in, the credentials in that message out.

`MESSAGES` names each parser by the first byte of its messages; a message of another shape holds none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from seqdiag.protocols.base import Secret
from seqdiag.protocols.base.sasl import plain
from seqdiag.text import show

MOST_BER = 4096
"""BER messages of one run that are looked at."""


def messages(raw: bytes) -> Iterator[Secret]:
    """The secrets of the binary message that `raw` begins with."""
    parser = MESSAGES.get(raw[0]) if raw else None
    return parser(raw) if parser else iter(())


def sasl_plain(raw: bytes, start: int, end: int) -> Iterator[Secret]:
    """An initial response of PLAIN, not coded: authzid NUL authcid NUL password (RFC 4616)."""
    said = plain(raw[start:end])
    if said.secret:
        yield Secret(end - len(said.secret), end, "password", _name(said.user), (said.secret,))


def _name(user: bytes | None) -> str | None:
    return str(show(user)) if user else None


def _secret(raw: bytes, start: int, end: int, kind: str, user: bytes | None = None) -> Iterator[Secret]:
    end = min(end, len(raw))
    if start < end:
        yield Secret(start, end, kind, _name(user), (raw[start:end],))


CONNECT = re.compile(rb"\x10[\x80-\xff]{0,3}[\0-\x7f]\0(?:\x04MQTT|\x06MQIsdp)([\x03-\x05])([\0-\xff])[\0-\xff]{2}")


def mqtt(raw: bytes) -> Iterator[Secret]:
    """CONNECT (MQTT 3.1.1 §3.1, 5.0 §3.1): the client's id, a will, the user and the password, as the flags say."""
    head = CONNECT.match(raw)
    if not head:
        return
    at, five, flags = head.end(), head[1] == b"\5", head[2][0]

    def field() -> tuple[int, int]:
        nonlocal at
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        return start, at

    def properties() -> None:
        nonlocal at
        size, shift = 0, 0
        while at < len(raw) and shift < 28:
            byte = raw[at]
            at, size, shift = at + 1, size | (byte & 0x7F) << shift, shift + 7
            if byte < 0x80:
                break
        at += size

    if five:
        properties()
    field()
    if flags & 0x04:
        if five:
            properties()
        field(), field()
    user = slice(*field()) if flags & 0x80 else slice(0)
    if flags & 0x40:
        yield from _secret(raw, *field(), "password", raw[user])


def _tlv(raw: bytes, at: int) -> tuple[int, int, int]:
    """One BER element (X.690 §8.1) at `at`: its tag, and where its content begins and ends. Tag 0 where there is none."""
    if at + 2 > len(raw):
        return 0, len(raw), len(raw)
    tag, size, start = raw[at], raw[at + 1], at + 2
    if size > 0x84:
        return 0, len(raw), len(raw)
    if size > 0x80:
        start += size & 0x7F
        size = int.from_bytes(raw[at + 2 : start], "big")
    return tag, start, start + size


def ber(raw: bytes) -> Iterator[Secret]:
    """LDAP binds, simple or SASL PLAIN (RFC 4511 §4.2), and the community of SNMP 1 and 2c (RFC 1157 §4, RFC 1901 §3)."""
    at = 0
    for _ in range(MOST_BER):
        tag, start, at = _tlv(raw, at)
        number, first, second = _tlv(raw, start)
        if tag != 0x30 or number != 0x02:
            return
        tag, start, end = _tlv(raw, second)
        if tag == 0x04 and raw[first:second] in (b"\0", b"\1") and raw[end : end + 1] and 0xA0 <= raw[end] <= 0xA8:
            yield from _secret(raw, start, end, "credentials")
        if tag == 0x60:
            _, user, password = _tlv(raw, _tlv(raw, start)[2])
            tag, start, end = _tlv(raw, password)
            if tag == 0x80:
                yield from _secret(raw, start, end, "password", raw[user:password])
            elif tag == 0xA3:
                _, name, response = _tlv(raw, start)
                _, start, end = _tlv(raw, response)
                if raw[name:response] == b"PLAIN":
                    yield from sasl_plain(raw, start, min(end, len(raw)))
                else:
                    yield from _secret(raw, start, end, "credentials")


def postgres(raw: bytes) -> Iterator[Secret]:
    """The password or SASL message of PostgreSQL's protocol 3, which a client sends alone."""
    if int.from_bytes(raw[1:5], "big") != len(raw) - 1 or len(raw) < 6:
        return
    mechanism = re.compile(rb"[A-Z][A-Z0-9-]{2,32}\0[\0-\xff]{4}").match(raw, 5)
    if mechanism:
        yield from _secret(raw, mechanism.end(), len(raw), "digest")
    elif raw.endswith(b"\0"):
        yield from _secret(raw, 5, len(raw) - 1, "digest" if re.fullmatch(rb"md5[0-9a-f]{32}", raw[5:-1]) else "password")
    else:
        yield from _secret(raw, 5, len(raw), "digest")


def memcached(raw: bytes) -> Iterator[Secret]:
    """SASL auth and step of memcached's binary protocol: a header of 24 bytes, the mechanism as key, the token."""
    if len(raw) < 25 or raw[1] not in (0x21, 0x22):
        return
    start = 24 + raw[4] + int.from_bytes(raw[2:4], "big")
    end = min(24 + int.from_bytes(raw[8:12], "big"), len(raw))
    if raw[24 + raw[4] : start] == b"PLAIN":
        yield from sasl_plain(raw, start, end)
    else:
        yield from _secret(raw, start, end, "credentials")


def socks(raw: bytes) -> Iterator[Secret]:
    """User name and password of SOCKS 5 (RFC 1929 §2), which a client sends alone."""
    match = re.compile(rb"\x01([\x01-\x40])[!-~]+").match(raw)
    if not match or match.end() < 2 + raw[1] or len(raw) < 4 + raw[1]:
        return
    start = 3 + raw[1]
    if raw[start - 1] == len(raw) - start and re.fullmatch(rb"[ -~]+", raw[start:]):
        yield from _secret(raw, start, len(raw), "password", raw[2 : start - 1])


MESSAGES: dict[int, Callable[[bytes], Iterator[Secret]]] = {
    0x01: socks,
    0x10: mqtt,
    0x30: ber,
    0x70: postgres,
    0x80: memcached,
}
