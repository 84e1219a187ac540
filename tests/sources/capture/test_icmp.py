"""ICMP errors name the segment or datagram that they quote; a quoted header is never a segment."""

from __future__ import annotations

import struct

import pytest

from seqdiag.events import IcmpError, Segment
from tests.sources.capture.craft import CLIENT, CLIENT6, SERVER, SERVER6, ethernet, ipv4, ipv6, pcap, tcp, udp

ROUTER, ROUTER6 = bytes((192, 0, 2, 1)), b"\xfe\x80" + bytes(13) + b"\1"


def v4(kind: int, code: int, quoted: bytes) -> bytes:
    return ethernet(ipv4(struct.pack("!BBHI", kind, code, 0, 0) + quoted, 1, ROUTER, CLIENT))


def v6(kind: int, code: int, quoted: bytes) -> bytes:
    return ethernet(ipv6(struct.pack("!BBHI", kind, code, 0, 0) + quoted, 58, ROUTER6, CLIENT6), 0x86DD)


@pytest.mark.parametrize(
    ("frame", "version", "reporter"),
    [(v4(3, 1, ipv4(tcp(seq=77))[:28]), 4, "192.0.2.1"), (v6(1, 3, ipv6(tcp(seq=77))[:48]), 6, "fe80::1")],
)
def test_a_quoted_segment(events, frame, version, reporter):
    (event,) = events(pcap([frame]))
    assert isinstance(event, IcmpError)
    assert (event.version, event.reporter, event.transport, event.seq) == (version, reporter, "tcp", 77)
    assert (event.src.port, event.dst.port) == (40000, 25)


def test_a_quoted_datagram_behind_ip_options_and_extension_headers(events):
    four, six = events(pcap([v4(3, 3, ipv4(udp(b"q"), 17, options=bytes(4))), v6(1, 4, ipv6(b"\x11\0" + bytes(6) + udp(b"q"), 0))]))
    assert [(event.transport, event.seq, event.dst.port) for event in (four, six)] == [("udp", None, 53)] * 2
    assert (four.type, four.code, six.type, six.code) == (3, 3, 1, 4)


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (v4(8, 0, b"ping" * 20), "ICMP"),
        (v4(3, 1, ipv4(bytes(8), 50)), "ICMP"),
        (v4(3, 1, ipv4(tcp(), fragment=100)), "ICMP"),
        (v4(3, 1, b""), "ICMP"),
        (v6(128, 0, bytes(64)), "ICMPv6"),
        (v6(1, 0, ipv6(bytes(8), 50)), "ICMPv6"),
        (v6(1, 0, bytes(64)), "ICMPv6"),
    ],
)
def test_what_quotes_no_segment_is_counted(events, frame, name):
    (remark,) = events(pcap([frame]))
    assert remark.text == f"1 frame of other protocols: {name} 1"


def test_a_quotation_is_never_a_segment(events):
    found = events(pcap([v4(11, 0, ipv4(tcp(b"EHLO c\r\n"), src=SERVER, dst=CLIENT)), v6(3, 0, ipv6(tcp(b"x"), 6, SERVER6, CLIENT6))]))
    assert not any(isinstance(event, Segment) for event in found)
    assert [type(event) for event in found] == [IcmpError, IcmpError]


@pytest.mark.parametrize("frame", [v4(3, 1, ipv4(tcp())), v6(1, 3, ipv6(tcp()))])
def test_every_cut_is_one_event_or_one_count(events, frame):
    assert all(len(events(pcap([frame[:size]]))) == 1 for size in range(len(frame)))
