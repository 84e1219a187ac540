"""Every link layer carries the same segment; tags become a tunnel or are forgotten; what is no IP is named."""

from __future__ import annotations

import struct

import pytest

from seqdiag.events import Remark, Segment, Tunnel
from tests.sources.capture.craft import CLIENT6, SERVER6, ethernet, ipv4, ipv6, pcap, tag, tcp

PACKET = ipv4(tcp(b"EHLO c\r\n"))
PACKET6 = ipv6(tcp(b"EHLO c\r\n"))
LLC = b"\xaa\xaa\x03\0\0\0"
PPPOE = b"\x11\0" + struct.pack("!HH", 77, 2 + len(PACKET))


def label(number: int, bottom: int) -> bytes:
    return struct.pack("!I", number << 12 | bottom << 8 | 64)


def nflog(packet: bytes) -> bytes:
    return b"\2\0\0\0" + struct.pack("<HH", 5, 10) + b"x\0\0\0" + struct.pack("<HH", 4 + len(packet), 9) + packet


def ppi(link: int, frame: bytes, fields: bytes = b"") -> bytes:
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), link) + fields + frame


CARRIERS = {
    "Ethernet": (1, ethernet(PACKET), None),
    "Ethernet, IPv6": (1, ethernet(PACKET6, 0x86DD), None),
    "Ethernet, padded": (1, ethernet(PACKET) + bytes(9), None),
    "Ethernet, 802.3 and SNAP": (1, ethernet(LLC + b"\x08\0" + PACKET, 8 + len(PACKET)) + bytes(9), None),
    "VLAN": (1, ethernet(tag(PACKET, 42), 0x8100), Tunnel("vlan", (), (42,))),
    "VLAN, with priority": (1, ethernet(tag(PACKET, 0xE000 | 42), 0x8100), Tunnel("vlan", (), (42,))),
    "VLAN 0, a priority only": (1, ethernet(tag(PACKET, 0), 0x8100), None),
    "QinQ 802.1ad": (1, ethernet(tag(tag(PACKET, 20), 10, 0x8100), 0x88A8), Tunnel("vlan", (), (10, 20))),
    "QinQ 0x9100": (1, ethernet(tag(tag(PACKET6, 20, 0x86DD), 10, 0x8100), 0x9100), Tunnel("vlan", (), (10, 20))),
    "eight tags": (1, ethernet(b"\0\1\x81\0" * 7 + tag(PACKET, 2), 0x8100), Tunnel("vlan", (), (1,) * 7 + (2,))),
    "MPLS": (1, ethernet(label(16, 0) + label(17, 1) + PACKET, 0x8847), None),
    "MPLS, IPv6": (1, ethernet(label(16, 1) + PACKET6, 0x8848), None),
    "MPLS pseudowire": (1, ethernet(label(16, 1) + bytes(4) + ethernet(PACKET), 0x8847), None),
    "MPLS in VLAN": (1, ethernet(tag(label(16, 1) + PACKET, 3, 0x8847), 0x8100), Tunnel("vlan", (), (3,))),
    "PPPoE": (1, ethernet(PPPOE + b"\0\x21" + PACKET + bytes(9), 0x8864), Tunnel("pppoe", (), (77,))),
    "PPPoE in VLAN": (1, ethernet(tag(PPPOE + b"\0\x21" + PACKET, 5, 0x8864), 0x8100), Tunnel("vlan/pppoe", (), (5, 77))),
    "VN-tag": (1, ethernet(bytes(4) + b"\x08\0" + PACKET, 0x8926), None),
    "FabricPath": (1, ethernet(b"\0\x40" + ethernet(PACKET), 0x8903), None),
    "PPP": (9, b"\xff\x03\0\x21" + PACKET, None),
    "PPP, short": (9, b"\x21" + PACKET, None),
    "PPP, IPv6": (9, b"\0\x57" + PACKET6, None),
    "PPP in HDLC framing": (50, b"\xff\x03\0\x21" + PACKET, None),
    "PPP as Cisco HDLC": (50, b"\x0f\0\x08\0" + PACKET, None),
    "PPPoE link type": (51, PPPOE + b"\0\x21" + PACKET, Tunnel("pppoe", (), (77,))),
    "Cisco HDLC": (104, b"\x0f\0\x08\0" + PACKET, None),
    "Linux cooked": (113, bytes(14) + b"\x08\0" + PACKET, None),
    "Linux cooked, VLAN": (113, bytes(14) + b"\x81\0" + tag(PACKET, 9), Tunnel("vlan", (), (9,))),
    "Linux cooked, LLC": (113, bytes(14) + b"\0\x04" + LLC + b"\x08\0" + PACKET, None),
    "Linux cooked 2": (276, b"\x86\xdd" + bytes(18) + PACKET6, None),
    "NULL, little-endian": (0, struct.pack("<I", 2) + PACKET, None),
    "NULL, big-endian": (0, struct.pack(">I", 2) + PACKET, None),
    "LOOP": (108, struct.pack(">I", 24) + PACKET6, None),
    "NULL, FreeBSD": (0, struct.pack("<I", 28) + PACKET6, None),
    "NULL, macOS": (0, struct.pack("<I", 30) + PACKET6, None),
    "NULL, an EtherType": (0, b"\x0f\0\x08\0" + PACKET, None),
    "raw 12": (12, PACKET, None),
    "raw 14": (14, PACKET6, None),
    "raw 101": (101, PACKET6, None),
    "raw IPv4": (228, PACKET, None),
    "raw IPv6": (229, PACKET6, None),
    "NFLOG": (239, nflog(PACKET), None),
    "PPI, Ethernet": (192, ppi(1, ethernet(PACKET)), None),
    "PPI with a field, raw": (192, ppi(101, PACKET6, bytes((2, 0, 4, 0)) + bytes(4)), None),
    "ARCNET, RFC 1051": (129, b"\xbe\x50\xab\x08\xf0" + PACKET, None),
    "ARCNET, RFC 1201": (129, b"\xbe\x50\xa8\xe7\xd4\0\1\x66" + PACKET, None),
    "ARCNET, RFC 1201 with an exception": (7, b"\xbe\x50\xd4\xff\0\0\0\0\1\x66" + PACKET, None),
    "ARCNET, IPv6": (7, b"\xbe\x50\xc4\0\1\x66" + PACKET6, None),
    "IP over InfiniBand": (242, bytes(40) + b"\x08\0\0\0" + PACKET, None),
    "SLIP": (8, bytes(16) + PACKET, None),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_segment_arrives(events, carrier):
    link, frame, tunnel = CARRIERS[carrier]
    (segment,) = events(pcap([frame], link))
    assert isinstance(segment, Segment)
    assert (segment.payload, segment.length, segment.tunnel) == (b"EHLO c\r\n", 8, tunnel)
    host = "2001:db8::1" if CLIENT6 + SERVER6 in frame else "10.0.0.1"
    assert segment.src == (host, 40000)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_cut_of_the_frame_is_one_event_or_one_count(events, carrier):
    link, frame, _ = CARRIERS[carrier]
    for size in range(len(frame)):
        (event,) = events(pcap([frame[:size]], link))
        assert isinstance(event, Segment) or event.text.startswith("1 ")


@pytest.mark.parametrize(
    ("link", "frame", "name"),
    [
        (1, ethernet(bytes(28), 0x0806), "ARP"),
        (1, ethernet(bytes(28), 0x88CC), "LLDP"),
        (1, ethernet(bytes(28), 0x1234), "EtherType 0x1234"),
        (1, ethernet(b"\x42\x42\x03" + bytes(20), 23), "STP"),
        (1, ethernet(b"\xaa\xaa\x03\0\0\x0c\x20\0" + bytes(20), 28), "CDP"),
        (1, ethernet(tag(bytes(28), 4, 0x0806), 0x8100), "ARP"),
        (9, b"\xff\x03\xc0\x21" + bytes(8), "LCP"),
        (9, b"\xff\x03\x12\x34" + bytes(8), "PPP 0x1234"),
        (0, struct.pack("<I", 99) + bytes(30), "address family 99"),
        (113, bytes(14) + b"\x08\x06" + bytes(28), "ARP"),
        (129, b"\xbe\0\xea\x08\xd5" + bytes(20), "ARP"),
        (129, b"\xbe\0\xea\x08\xd4\x05\0\1" + PACKET, "ARCNET fragment"),
        (7, b"\xc0\0\xcd" + bytes(20), "BACnet"),
        (8, b"\0\x80" + bytes(40), "SLIP, compressed"),
        (227, bytes(16), "CAN"),
        (253, bytes(16), "Netlink"),
        (192, struct.pack("<BBHI", 0, 0, 8, 227) + bytes(16), "link type 227 in PPI"),
        (113, bytes(14) + b"\0\x0c" + bytes(28), "Linux cooked"),
    ],
)
def test_other_protocols_are_counted_by_name(events, link, frame, name):
    *_, remark = events(pcap([frame, frame], link))
    assert isinstance(remark, Remark)
    assert remark.text == f"2 frames of other protocols: {name} 2"


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (ethernet(b"\0\1\x81\0" * 50 + tag(PACKET, 2), 0x8100), "more than 8 VLAN tags"),
        (ethernet(label(16, 0) * 50 + label(17, 1) + PACKET, 0x8847), "more than 16 MPLS labels"),
        (ethernet((label(16, 1) + bytes(4) + ethernet(b"", 0x8847)) * 300, 0x8847), "tunnels nested more than 8 deep"),
        (ethernet(b"\xf0" + PACKET[1:]), "IPv4 header"),
    ],
)
def test_nesting_is_bounded(events, frame, name):
    (remark,) = events(pcap([frame]))
    assert remark.text == f"1 frame malformed or cut: {name} 1"
    assert remark.origin.index == 1
