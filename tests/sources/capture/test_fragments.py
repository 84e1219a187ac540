"""Fragments in any order make the datagram; overlaps, floods and oversized ones are bounded and said."""

from __future__ import annotations

import itertools
import struct

import pytest

from seqdiag.events import Remark, Segment
from seqdiag.sources.base import Limits
from tests.sources.capture.craft import ethernet, ipv4, ipv6, pcap, pcap_header, record, tag, tcp

BODY = b"0123456789" * 10
SEGMENT = tcp(BODY)
CUTS = [(0, SEGMENT[:40], True), (40, SEGMENT[40:80], True), (80, SEGMENT[80:], False)]


def v4(offset: int, piece: bytes, more: bool, identity: int = 1) -> bytes:
    return ethernet(ipv4(piece, fragment=more << 13 | offset // 8, identity=identity))


def v6(offset: int, piece: bytes, more: bool, identity: int = 1) -> bytes:
    return ethernet(ipv6(struct.pack("!BBHI", 6, 0, offset | more, identity) + piece, 44), 0x86DD)


def findings(events):
    return [event.text for event in events if isinstance(event, Remark)]


@pytest.mark.parametrize("make", [v4, v6])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_makes_the_datagram_at_its_last_frame(events, make, order):
    (segment,) = events(pcap([make(*CUTS[index]) for index in order]))
    assert isinstance(segment, Segment)
    assert (segment.payload, segment.length, segment.origin.index) == (BODY, 100, 3)


def test_two_datagrams_and_two_vlans_do_not_mix(events):
    first = [v4(*cut, identity=1) for cut in CUTS]
    second = [v4(*cut, identity=2) for cut in CUTS]
    tagged = [ethernet(tag(frame[14:], 7), 0x8100) for frame in first]
    found = events(pcap([frame for trio in zip(first, second, tagged, strict=True) for frame in trio]))
    assert [event.payload for event in found] == [BODY] * 3
    assert [event.tunnel is None for event in found] == [True, True, False]


def test_an_equal_repetition_is_no_conflict(events):
    (segment,) = events(pcap([v4(*CUTS[0]), v4(*CUTS[0]), v4(*CUTS[1]), v4(*CUTS[2])]))
    assert segment.payload == BODY


def test_of_an_overlap_the_first_copy_wins_and_it_is_said(events):
    segment, remark = events(pcap([v4(*CUTS[0]), v4(32, b"x" * 48, True), v4(*CUTS[2])]))
    assert segment.payload == SEGMENT[20:40] + b"x" * 40 + SEGMENT[80:]
    assert remark.text.startswith("1 IP fragment in conflict")


def test_a_fragment_that_surrounds_others_fills_the_gaps_between_them(events):
    found = events(pcap([v4(8, SEGMENT[8:16], True), v4(32, SEGMENT[32:48], True), v4(0, SEGMENT, False)]))
    assert [event.payload for event in found if isinstance(event, Segment)] == [BODY]


def test_what_is_never_whole_is_counted(events):
    assert findings(events(pcap([v4(*CUTS[0]), v4(*CUTS[2])]))) == ["1 IP datagram left out: fragments were not captured"]


def test_more_than_65535_bytes_are_left_out(events):
    assert "65,535" in findings(events(pcap([v4(*CUTS[0]), v4(65528, b"x" * 100, False)])))[0]


def test_a_flood_is_bounded(events):
    frames = [v4(0, bytes(8), True, identity) for identity in range(3000)] + [v4(*cut, identity=9999) for cut in CUTS]
    segment, remark = events(pcap(frames), Limits(max_fragments=100))
    assert segment.payload == BODY
    assert remark.text.startswith("3000 IP datagrams left out")
    assert events(pcap(frames), Limits(max_fragment_bytes=1000))[0].payload == BODY


def test_an_identity_may_be_used_again_after_a_minute(events):
    records = [record(v4(*CUTS[0])), record(v4(8, b"y" * 72, True), seconds=1_700_000_100)]
    rest = [record(v4(*cut), seconds=1_700_000_101) for cut in CUTS]
    found = events(pcap_header() + b"".join(records + rest))
    assert "1 IP datagram left out: fragments were not captured" in findings(found)


def test_a_cut_fragment_cannot_be_used(events):
    frame = v4(*CUTS[0])
    found = events(pcap_header() + record(frame[:-4], wire=len(frame)))
    assert findings(found) == ["1 frame malformed or cut: IP fragment 1"]
