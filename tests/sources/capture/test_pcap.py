"""pcap files: byte orders, resolutions, odd versions, and every way to be cut or to lie."""

from __future__ import annotations

import struct

import pytest

from seqdiag.errors import InputError
from seqdiag.events import Remark, Segment
from seqdiag.sources.base import Limits
from tests.sources.capture.craft import GOOD, T0, pcap, pcap_header, record


def damage(events):
    return [event for event in events if isinstance(event, Remark) and event.about == "damage"]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("magic", "unit"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_both_byte_orders_and_resolutions_give_the_same_packets(read, order, magic, unit):
    recording = read(pcap(GOOD, order=order, magic=magic))
    assert [event.t for event in recording.events] == [T0 * 10**9 + n * unit for n in range(4)]
    assert [event.origin.index for event in recording.events] == [1, 2, 3, 4]
    assert recording.events[3].payload == b"EHLO c\r\n"
    assert recording.points["p1"].resolution_ns == unit


def test_the_modified_record_header_is_read(events):
    records = b"".join(struct.pack("<IIIIIHBB", T0, 0, len(data), len(data), 1, 8, 0, 0) + data for data in GOOD)
    assert len(events(pcap_header(magic=0xA1B2CD34) + records)) == 4


@pytest.mark.parametrize(("version", "swapped"), [((2, 2), True), ((2, 3), True), ((2, 3), False), ((543, 0), True), ((2, 5), False)])
def test_old_writers_put_the_wire_length_first(events, version, swapped):
    data, wire = GOOD[3], len(GOOD[3]) + 10
    lengths = (wire, len(data)) if swapped else (len(data), wire)
    (event,) = events(pcap_header(version=version) + struct.pack("<IIII", T0, 0, *lengths) + data)
    assert event.payload == b"EHLO c\r\n"


def test_an_unknown_version_is_refused(events):
    with pytest.raises(InputError, match=r"version 1\.4"):
        events(pcap_header(version=(1, 4)) + record(GOOD[0]))


def test_a_cut_file_header_is_refused(events):
    with pytest.raises(InputError, match="10 bytes of 24"):
        events(pcap_header()[:10])


def test_the_upper_bits_of_the_link_type_are_no_link_type(events):
    assert len(events(pcap(GOOD, link=0x14000001))) == 4


def test_a_cut_record_header_names_frame_and_offset(events):
    data = pcap(GOOD)
    *kept, remark = events(data + b"\1\2\3")
    assert len(kept) == 4
    assert (remark.about, remark.origin.index) == ("damage", 5)
    assert f"byte {len(data) + 3}" in remark.text


def test_of_a_cut_packet_what_is_there_is_kept(events):
    *_, segment, remark = events(pcap(GOOD)[:-3])
    assert (segment.payload, segment.length) == (b"EHLO ", 8)
    assert remark.text.startswith("frame 4: cut at byte")
    assert remark.about == "damage"


@pytest.mark.parametrize("claim", [0xFFFFFFFF, 0x10000000, 262_145])
def test_a_lying_length_stops_the_reading(events, claim):
    found = events(pcap(GOOD) + record(GOOD[0], captured=claim))
    assert sum(isinstance(event, Segment) for event in found) == 4
    assert [event.origin.index for event in damage(found)] == [5]
    assert f"claims {claim} bytes" in damage(found)[0].text
    assert "--max-packet" in damage(found)[0].text


def test_the_packet_limit_is_an_option(events):
    data = pcap([GOOD[3]])
    assert len(events(data, Limits(max_packet=len(GOOD[3])))) == 1
    with pytest.raises(InputError, match="--max-packet"):
        events(data, Limits(max_packet=len(GOOD[3]) - 1))


def test_a_packet_longer_than_on_the_wire_misses_no_negative_bytes(events):
    segment, remark = events(pcap_header() + record(GOOD[3], wire=10))
    assert segment.length == len(segment.payload) == 8
    assert remark.about == "finding"


def test_microseconds_past_a_second_are_carried_over(events):
    (event,) = events(pcap_header() + record(GOOD[0], seconds=0xFFFFFFFF, fraction=0xFFFFFFFF))
    assert event.t == 0xFFFFFFFF * 10**9 + 0xFFFFFFFF * 1000


def test_a_file_much_larger_than_one_chunk(events):
    count = 6000
    found = events(pcap(GOOD[3:] * count))
    assert [event.origin.index for event in found] == list(range(1, count + 1))
    assert {event.payload for event in found} == {b"EHLO c\r\n"}
