"""TCP headers, options and payloads; UDP lengths."""

from __future__ import annotations

import struct

import pytest

from seqdiag.events import NO_OPTIONS, Options, flag_letters
from tests.sources.capture.craft import ethernet, ipv4, pcap, pcap_header, record, tcp, udp


def one(events, packet, protocol=6):
    (event,) = events(pcap([ethernet(ipv4(packet, protocol))]))
    return event


def test_every_field_of_a_segment(events):
    event = one(events, tcp(b"EHLO c\r\n", seq=0xFFFFFFFF, ack=7, flags=0x18))
    assert (str(event.src), str(event.dst)) == ("10.0.0.1:40000", "10.0.0.2:25")
    assert (event.seq, event.ack, flag_letters(event.flags), event.window) == (0xFFFFFFFF, 7, "AP", 65535)
    assert (event.payload, event.length, event.options, event.tunnel) == (b"EHLO c\r\n", 8, NO_OPTIONS, None)


def test_without_the_flag_there_is_no_acknowledgment(events):
    assert one(events, tcp(ack=7, flags=0x02)).ack is None


TIMES = struct.pack("!BBII", 8, 10, 1, 0xFFFFFFFF)


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        (b"\1\1" + TIMES, Options(ts=(1, 0xFFFFFFFF))),
        (TIMES + b"\1\1", Options(ts=(1, 0xFFFFFFFF))),
        (b"\2\4\5\xb4\1\3\3\7\4\2" + TIMES, Options(mss=1460, wscale=7, sack_ok=True, ts=(1, 0xFFFFFFFF))),
        (b"\1\1\5\x12" + struct.pack("!IIII", 1, 2, 3, 4), Options(sack=((1, 2), (3, 4)))),
        (b"\x22\2\1\1", Options(fast_open=True)),
        (b"\xfe\4\xf9\x89", Options(fast_open=True)),
        (b"\xfe\4\0\0", NO_OPTIONS),
        (b"\0\2\4\5\xb4\0\0\0", NO_OPTIONS),
        (b"\2\4\5\xb4\x08\1\0\0", Options(mss=1460)),
        (b"\2\0" * 10, NO_OPTIONS),
        (b"\1\1\1\2", NO_OPTIONS),
        (b"\2\x28\1\1", NO_OPTIONS),
    ],
)
def test_options(events, raw, options):
    event = one(events, tcp(b"x", options=raw))
    assert (event.options, event.payload) == (options, b"x")


@pytest.mark.parametrize("offset", [0, 4, 15])
def test_a_data_offset_that_cannot_be_true_is_malformed(events, offset):
    packet = bytearray(tcp(b"x"))
    packet[12] = offset << 4
    assert one(events, bytes(packet)).text == "1 frame malformed or cut: TCP data offset 1"


def test_a_header_cut_in_its_options_still_is_a_segment(events):
    frame = ethernet(ipv4(tcp(b"EHLO c\r\n", options=b"\2\4\5\xb4\1\1" + TIMES)))
    (event,) = events(pcap_header() + record(frame[: 14 + 20 + 24], wire=len(frame)))
    assert (event.payload, event.length, event.options) == (b"", 8, Options(mss=1460))


def test_a_datagram_ends_where_its_length_says(events):
    event = one(events, udp(b"query") + b"trailer", 17)
    assert (event.payload, event.length) == (b"query", 5)


def test_a_datagram_without_length_ends_with_its_packet(events):
    packet = bytearray(udp(b"query"))
    packet[4:6] = b"\0\0"
    assert one(events, bytes(packet), 17).payload == b"query"


def test_a_datagram_length_below_its_header_is_malformed(events):
    packet = bytearray(udp(b"query"))
    packet[4:6] = b"\0\7"
    assert "UDP length" in one(events, bytes(packet), 17).text
