"""IPv4 and IPv6: lengths that are right, zero, too small and too large; options and extension headers."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.sources.capture.craft import ethernet, ipv4, ipv6, pcap, pcap_header, record, tcp, udp

LINE = b"EHLO c\r\n"


def one(events, packet, kind=0x0800):
    (event,) = events(pcap([ethernet(packet, kind)]))
    return event


def test_ipv4_options_are_crossed(events):
    assert one(events, ipv4(tcp(LINE), options=bytes((7, 7, 4, 0, 0, 0, 0, 0)))).payload == LINE


def test_a_total_length_of_zero_means_that_the_frame_tells(events):
    assert one(events, ipv4(tcp(LINE * 9000), total=0)).length == 8 * 9000


def test_ethernet_padding_is_no_payload(events):
    assert one(events, ipv4(tcp()) + bytes(6)).length == 0


def test_a_total_length_beyond_the_frame_means_missing_bytes(events):
    event = one(events, ipv4(tcp(LINE), total=65535))
    assert (event.payload, event.length) == (LINE, 65535 - 40)


def test_an_outer_length_binds_the_inner_one(events):
    inner = ipv4(tcp(b""), total=46)
    pppoe = b"\x11\0\0\1" + struct.pack("!H", 2 + len(inner)) + b"\0\x21" + inner + bytes(6)
    assert one(events, pppoe, 0x8864).length == 0


def test_a_snapped_payload_keeps_the_length_of_the_wire(events):
    frame = ethernet(ipv4(tcp(LINE)))
    for wire in (len(frame), 0xFFFFFFFF):
        (event,) = events(pcap_header() + record(frame[:-3], wire=wire))
        assert (event.payload, event.length) == (LINE[:-3], len(LINE))


@pytest.mark.parametrize("total", [1, 10, 19])
def test_a_total_length_below_the_header_is_malformed(events, total):
    assert "IPv4 total length" in one(events, ipv4(tcp(LINE), total=total)).text


def test_ipv6_and_the_length_zero_of_offload(events):
    assert one(events, ipv6(tcp(LINE)) + bytes(5), 0x86DD).payload == LINE
    assert one(events, ipv6(tcp(LINE), length=0), 0x86DD).payload == LINE


def extension(following: int, blocks: int = 0) -> bytes:
    return bytes((following, blocks)) + bytes(6 + 8 * blocks)


@pytest.mark.parametrize(
    ("first", "chain"),
    [
        (0, extension(6)),
        (60, extension(43, 2) + extension(6)),
        (51, bytes((6, 4)) + bytes(22)),
        (0, extension(0) * 63 + extension(6)),
        (44, struct.pack("!BBHI", 6, 0, 0, 9)),
    ],
)
def test_ipv6_extension_headers_are_crossed(events, first, chain):
    assert one(events, ipv6(chain + tcp(LINE), first), 0x86DD).payload == LINE


@pytest.mark.parametrize(("kind", "left", "place"), [(0, 1, 1), (2, 1, 1), (4, 2, 0), (4, 0, None), (3, 1, None), (253, 1, None)])
def test_a_routing_header_names_the_final_destination(events, kind, left, place):
    """RFC 8200 §8.1; an SRH's segments stand last first (RFC 8754)."""
    segments = [bytes.fromhex(f"20010db8{k:024x}") for k in (0xA, 0xB)]
    header = bytes((6, 4, kind, left)) + bytes(4) + b"".join(segments)
    found = one(events, ipv6(header + tcp(LINE), 43), 0x86DD)
    plain = one(events, ipv6(tcp(LINE)), 0x86DD)
    assert found.payload == LINE
    assert found.dst.host == (plain.dst.host if place is None else f"2001:db8::{'ab'[place]}")


def test_a_routing_header_shorter_than_an_address_names_none(events):
    plain = one(events, ipv6(tcp(LINE)), 0x86DD)
    assert one(events, ipv6(bytes((6, 0, 4, 1)) + bytes(4) + tcp(LINE), 43), 0x86DD).dst == plain.dst


def test_more_than_64_extension_headers_are_malformed(events):
    assert "IPv6 extension headers" in one(events, ipv6(extension(0) * 64 + extension(6) + tcp(LINE), 0), 0x86DD).text


def test_an_authentication_header_leaves_ipv4_in_clear(events):
    assert one(events, ipv4(bytes((6, 4)) + bytes(22) + tcp(LINE), 51)).payload == LINE


def ipcomp(packet: bytes, protocol: int) -> bytes:
    deflate = zlib.compressobj(wbits=-15)
    return bytes((protocol, 0, 0xEE, 0xD1)) + deflate.compress(packet) + deflate.flush()


@pytest.mark.parametrize(("packet", "protocol"), [(tcp(LINE), 6), (ipv4(tcp(LINE)), 4), (ipv6(tcp(LINE)), 41)])
def test_a_deflated_packet_is_inflated(events, packet, protocol):
    assert one(events, ipv4(ipcomp(packet, protocol), 108)).payload == LINE
    assert one(events, ipv6(ipcomp(packet, protocol), 108), 0x86DD).payload == LINE


def test_a_packet_compressed_by_another_method_is_counted_by_name(events):
    assert one(events, ipv4(bytes((6, 0, 0, 3)) + b"\xff" * 40, 108)).text == "1 frame of other protocols: IPComp 1"


def test_a_deflated_packet_that_is_cut_or_a_bomb_is_malformed(events):
    for payload in (ipcomp(tcp(LINE), 6)[:-3], ipcomp(bytes(1 << 20), 6)):
        assert "IPComp payload" in one(events, ipv4(payload, 108)).text


@pytest.mark.parametrize(("protocol", "name"), [(2, "IGMP"), (50, "ESP"), (132, "SCTP"), (200, "IP protocol 200")])
def test_other_protocols_are_named(events, protocol, name):
    for packet, kind in ((ipv4(bytes(40), protocol), 0x0800), (ipv6(bytes(40), protocol), 0x86DD)):
        assert one(events, packet, kind).text == f"1 frame of other protocols: {name} 1"


def test_a_udp_datagram_over_ipv6(events):
    event = one(events, ipv6(udp(b"query"), 17), 0x86DD)
    assert (event.payload, str(event.src), str(event.dst)) == (b"query", "[2001:db8::1]:40000", "[2001:db8::2]:53")
