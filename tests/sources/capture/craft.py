"""A tiny builder of packets and capture files for the tests: each function gives bytes, outermost last.

`pcap([ethernet(ipv4(tcp(b"EHLO c\\r\\n")))])` is a whole file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

CLIENT, SERVER = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
CLIENT6, SERVER6 = bytes.fromhex("20010db8000000000000000000000001"), bytes.fromhex("20010db8000000000000000000000002")
T0 = 1_700_000_000


def tcp(
    payload: bytes = b"", sport: int = 40000, dport: int = 25, seq: int = 1000, ack: int = 5000, flags: int = 0x18, options: bytes = b""
) -> bytes:
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options + payload


def udp(payload: bytes, sport: int = 40000, dport: int = 53) -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload


def ipv4(
    payload: bytes,
    protocol: int = 6,
    src: bytes = CLIENT,
    dst: bytes = SERVER,
    total: int | None = None,
    fragment: int = 0,
    options: bytes = b"",
    identity: int = 1,
) -> bytes:
    size = 20 + len(options)
    total = size + len(payload) if total is None else total
    return struct.pack("!BBHHHBBH4s4s", 0x40 | size // 4, 0, total, identity, fragment, 64, protocol, 0, src, dst) + options + payload


def ipv6(payload: bytes, protocol: int = 6, src: bytes = CLIENT6, dst: bytes = SERVER6, length: int | None = None) -> bytes:
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload) if length is None else length, protocol, 64, src, dst) + payload


def ethernet(payload: bytes, kind: int = 0x0800) -> bytes:
    return b"\2\0\0\0\0\2\2\0\0\0\0\1" + struct.pack("!H", kind) + payload


def tag(payload: bytes, number: int, kind: int = 0x0800) -> bytes:
    """A VLAN tag without the EtherType before it, which is the outer layer's."""
    return struct.pack("!HH", number, kind) + payload


GOOD = (
    ethernet(ipv4(tcp(seq=1000, ack=0, flags=0x02))),
    ethernet(ipv4(tcp(sport=25, dport=40000, seq=5000, ack=1001, flags=0x12), src=SERVER, dst=CLIENT)),
    ethernet(ipv4(tcp(seq=1001, ack=5001, flags=0x10))),
    ethernet(ipv4(tcp(b"EHLO c\r\n", seq=1001, ack=5001))),
)
"""Handshake and one command."""


def record(
    data: bytes, order: str = "<", seconds: int = T0, fraction: int = 0, captured: int | None = None, wire: int | None = None
) -> bytes:
    lengths = (len(data) if captured is None else captured, len(data) if wire is None else wire)
    return struct.pack(order + "IIII", seconds, fraction, *lengths) + data


def pcap_header(link: int = 1, order: str = "<", magic: int = 0xA1B2C3D4, version: tuple[int, int] = (2, 4)) -> bytes:
    return struct.pack(order + "IHHiIII", magic, *version, 0, 0, 262144, link)


def pcap(packets: Iterable[bytes], link: int = 1, order: str = "<", magic: int = 0xA1B2C3D4) -> bytes:
    return pcap_header(link, order, magic) + b"".join(record(data, order, fraction=n) for n, data in enumerate(packets))


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<", options: bytes = b"", version: int = 1) -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, version, 0, -1) + options, order)


def interface(link: int = 1, snaplen: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order)


def enhanced(
    data: bytes, index: int = 0, stamp: int = T0 * 1_000_000, options: bytes = b"", order: str = "<", wire: int | None = None
) -> bytes:
    head = struct.pack(order + "IIIII", index, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data) if wire is None else wire)
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def simple(data: bytes, order: str = "<", wire: int | None = None) -> bytes:
    return block(3, struct.pack(order + "I", len(data) if wire is None else wire) + data, order)


def obsolete(data: bytes, index: int = 0, drops: int = 0, stamp: int = T0 * 1_000_000, order: str = "<") -> bytes:
    head = struct.pack(order + "HHIIII", index, drops, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data))
    return block(2, head + data, order)


def pcapng(packets: Sequence[bytes], link: int = 1, order: str = "<") -> bytes:
    return section(order) + interface(link, order=order) + b"".join(enhanced(data, order=order) for data in packets)
