"""Tunnels: what is inside arrives, both directions share one key, and ids that differ by direction are no part of it."""

from __future__ import annotations

import struct

import pytest

from seqdiag.events import Datagram, Segment, Tunnel
from tests.sources.capture.craft import CLIENT6, SERVER6, ethernet, ipv4, ipv6, pcap, tag, tcp, udp

A, B = bytes((192, 0, 2, 9)), bytes((192, 0, 2, 1))
ENDS = ("192.0.2.1", "192.0.2.9")
LINE = b"EHLO c\r\n"
INNER = ipv4(tcp(LINE))
INNER6 = ipv6(tcp(LINE))
FRAME = ethernet(INNER)


def gre(kind: int, payload: bytes, flags: int = 0, fields: bytes = b"") -> bytes:
    return struct.pack("!HH", flags, kind) + fields + payload


def geneve(kind: int, payload: bytes, options: bytes = b"", control: int = 0) -> bytes:
    return struct.pack("!BBHI", len(options) // 4, control, kind, 77 << 8) + options + payload


VXLAN = b"\x08\0\0\0" + struct.pack("!I", 77 << 8)
GTP = struct.pack("!BBHI", 0x30, 255, len(INNER6), 0xABCD)
TUNNELS = {
    "gre": (ipv4(gre(0x0800, INNER), 47, A, B), Tunnel("gre", ENDS)),
    "gre with checksum, key and sequence": (
        ipv4(gre(0x86DD, INNER6, 0xB000, bytes(4) + b"\0\0\0\5" + bytes(4)), 47, A, B),
        Tunnel("gre", ENDS, (5,)),
    ),
    "gre with Ethernet": (ipv4(gre(0x6558, FRAME), 47, A, B), Tunnel("gre", ENDS)),
    "nvgre": (ipv4(gre(0x6558, FRAME, 0x2000, b"\0\0\x07\xaa"), 47, A, B), Tunnel("gre", ENDS, (7,))),
    "gre with VLAN": (ipv4(gre(0x6558, ethernet(tag(INNER, 3), 0x8100)), 47, A, B), Tunnel("gre/vlan", ENDS, (3,))),
    "pptp": (ipv4(gre(0x880B, b"\xff\x03\0\x21" + INNER, 0x3081, struct.pack("!HHII", 4, 9, 1, 1)), 47, A, B), Tunnel("gre", ENDS)),
    "erspan I": (ipv4(gre(0x88BE, FRAME), 47, A, B), Tunnel("erspan", ENDS)),
    "erspan II": (ipv4(gre(0x88BE, bytes(8) + FRAME, 0x1000, bytes(4)), 47, A, B), Tunnel("erspan", ENDS)),
    "erspan III": (ipv4(gre(0x22EB, bytes(12) + FRAME, 0x1000, bytes(4)), 47, A, B), Tunnel("erspan", ENDS)),
    "erspan III with subheader": (
        ipv4(gre(0x22EB, bytes(11) + b"\1" + bytes(8) + FRAME, 0x1000, bytes(4)), 47, A, B),
        Tunnel("erspan", ENDS),
    ),
    "ipip": (ipv4(INNER, 4, A, B), Tunnel("ipip", ENDS)),
    "6in4": (ipv4(INNER6, 41, A, B), Tunnel("6in4", ENDS)),
    "vxlan": (ipv4(udp(VXLAN + FRAME, 50000, 4789), 17, A, B), Tunnel("vxlan", ENDS, (77,))),
    "vxlan of Linux": (ipv4(udp(VXLAN + FRAME, 50000, 8472), 17, A, B), Tunnel("vxlan", ENDS, (77,))),
    "geneve": (ipv4(udp(geneve(0x6558, FRAME), 50000, 6081), 17, A, B), Tunnel("geneve", ENDS, (77,))),
    "geneve with options and IP": (ipv4(udp(geneve(0x0800, INNER, bytes(8)), 50000, 6081), 17, A, B), Tunnel("geneve", ENDS, (77,))),
    "gtp": (ipv4(udp(GTP + INNER6, 2152, 2152), 17, A, B), Tunnel("gtp", ENDS)),
    "gtp with an extension header": (
        ipv4(udp(b"\x34" + GTP[1:] + b"\0\0\0\x85" + b"\1\0\0\0" + INNER, 2152, 2152), 17, A, B),
        Tunnel("gtp", ENDS),
    ),
    "l2tp": (ipv4(udp(struct.pack("!HHH", 2, 5, 6) + b"\xff\x03\0\x21" + INNER, 1701, 1701), 17, A, B), Tunnel("l2tp", ENDS)),
    "l2tp with every field": (
        ipv4(udp(struct.pack("!HHHHHHHH", 0x4A02, 0, 5, 6, 1, 2, 2, 0) + b"\0\x21" + INNER, 1701, 1701), 17, A, B),
        Tunnel("l2tp", ENDS),
    ),
    "nested": (ipv4(gre(0x0800, ipv4(udp(VXLAN + FRAME, 50000, 4789), 17, A, B)), 47, B, A), Tunnel("gre/vxlan", ENDS * 2, (77,))),
}


@pytest.mark.parametrize("name", TUNNELS)
def test_the_segment_arrives_with_its_tunnel(events, name):
    packet, tunnel = TUNNELS[name]
    (segment,) = events(pcap([ethernet(packet)]))
    assert isinstance(segment, Segment)
    assert (segment.payload, segment.tunnel) == (LINE, tunnel)


@pytest.mark.parametrize("name", TUNNELS)
def test_every_cut_is_one_event_or_one_count(events, name):
    frame = ethernet(TUNNELS[name][0])
    assert all(len(events(pcap([frame[:size]]))) == 1 for size in range(len(frame)))


@pytest.mark.parametrize(("inner", "protocol", "kind"), [(INNER, 4, "4in6"), (INNER6, 41, "6in6"), (gre(0x0800, INNER), 47, "gre")])
def test_tunnels_over_ipv6(events, inner, protocol, kind):
    (segment,) = events(pcap([ethernet(ipv6(inner, protocol), 0x86DD)]))
    assert segment.tunnel == Tunnel(kind, ("2001:db8::1", "2001:db8::2"))


def test_both_directions_have_one_tunnel_whatever_their_teids(events):
    there = ipv4(udp(struct.pack("!BBHI", 0x30, 255, len(INNER), 1) + INNER, 2152, 2152), 17, A, B)
    back = ipv4(udp(struct.pack("!BBHI", 0x30, 255, len(INNER), 2) + INNER, 2152, 2152), 17, B, A)
    first, second = events(pcap([ethernet(there), ethernet(back)]))
    assert first.tunnel == second.tunnel
    six, six_back = events(pcap([ethernet(ipv6(INNER, 4, *ends), 0x86DD) for ends in ((CLIENT6, SERVER6), (SERVER6, CLIENT6))]))
    assert six.tunnel == six_back.tunnel


def test_an_ended_tunnel_does_not_reach_the_next_frame(events):
    first, second = events(pcap([ethernet(TUNNELS["ipip"][0]), FRAME]))
    assert first.tunnel is not None
    assert second.tunnel is None


@pytest.mark.parametrize(
    ("payload", "port"),
    [
        (b"\x32\1\0\4" + bytes(8), 2152),
        (bytes(20), 4789),
        (geneve(0x6558, b"", control=0x80), 6081),
        (b"\xc8\2" + bytes(10), 1701),
        (b"hi", 4789),
    ],
)
def test_what_is_no_tunnelled_packet_stays_a_datagram(events, payload, port):
    (event,) = events(pcap([ethernet(ipv4(udp(payload, 50000, port), 17))]))
    assert isinstance(event, Datagram)
    assert event.payload == payload


def test_400_tunnels_are_not_followed(events):
    packet = INNER
    for _ in range(400):
        packet = ipv4(gre(0x0800, packet), 47)
    (remark,) = events(pcap([ethernet(packet)]))
    assert "tunnels nested more than 8 deep" in remark.text


def test_eight_tunnels_are(events):
    packet = INNER
    for _ in range(8):
        packet = ipv4(packet, 4)
    (segment,) = events(pcap([ethernet(packet)]))
    assert segment.tunnel.kind == "/".join(["ipip"] * 8)
