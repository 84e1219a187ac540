"""pcapng files: sections, interfaces, block types, options, and lengths that cannot be true."""

from __future__ import annotations

import struct

import pytest

from seqdiag.errors import InputError
from seqdiag.events import Drop, Remark, Segment
from seqdiag.sources.base import Limits
from tests.sources.capture.craft import GOOD, SERVER, T0, block, enhanced, interface, obsolete, option, pcapng, section, simple

END = bytes(4)


def segments(events):
    return [event for event in events if isinstance(event, Segment)]


def damages(events):
    return [event.text for event in events if isinstance(event, Remark) and event.about == "damage"]


@pytest.mark.parametrize("order", "<>")
def test_both_byte_orders(read, order):
    recording = read(pcapng(GOOD, order=order))
    assert [event.origin.index for event in recording.events] == [1, 2, 3, 4]
    assert {event.t for event in recording.events} == {T0 * 10**9}
    assert recording.points["p1"].resolution_ns == 1000


def test_each_section_has_its_byte_order_and_its_interfaces(events):
    raw = GOOD[3][14:]
    found = events(pcapng(GOOD[:1]) + section(">") + interface(101, order=">") + enhanced(raw, order=">") + pcapng(GOOD[:1]))
    assert [event.origin.index for event in found] == [1, 2, 3]
    assert found[1].payload == b"EHLO c\r\n"


def test_interfaces_differ_in_link_type_resolution_and_offset(events):
    nano = interface(101, options=option(9, b"\x09") + option(14, struct.pack("<q", 100)) + END)
    binary = interface(1, options=option(9, b"\x94") + END)
    found = events(
        section()
        + interface()
        + nano
        + binary
        + enhanced(GOOD[0])
        + enhanced(GOOD[0][14:], 1, T0 * 10**9 + 7)
        + enhanced(GOOD[0], 2, (T0 << 20) + (1 << 19))
    )
    assert [event.t for event in found] == [T0 * 10**9, (T0 + 100) * 10**9 + 7, T0 * 10**9 + 500_000_000]


@pytest.mark.parametrize(("resolution", "stamp", "t"), [(0, 5, 5 * 10**9), (3, 5, 5_000_000), (12, 1_999, 1), (0x8A, 1024, 10**9)])
def test_a_coarse_time_is_exact_and_a_finer_one_rounded_down(read, resolution, stamp, t):
    file = section() + interface(options=option(9, bytes((resolution,))) + END) + enhanced(GOOD[0], stamp=stamp)
    assert read(file).events[0].t == t


@pytest.mark.parametrize("value", [b"\xff", b"\x7f", b"\x80", b"", b"\0\0"])
def test_an_absurd_resolution_gives_no_time_and_one_finding(events, value):
    file = section() + interface(options=option(9, value) + END) + enhanced(GOOD[0], stamp=1 << 60) * 5
    *found, remark = events(file)
    assert [event.t for event in found] == [None] * 5
    assert (remark.about, remark.text[:8]) == ("finding", "5 frames")


@pytest.mark.parametrize("offset", [-(2**63), 2**63 - 1, -T0 - 1])
def test_a_time_outside_of_the_calendar_is_none(events, offset):
    found = events(section() + interface(options=option(14, struct.pack("<q", offset)) + END) + enhanced(GOOD[0]))
    assert found[0].t is None


def test_simple_packets_have_no_time_and_end_at_the_snap_length(events):
    cut = len(GOOD[3]) - 3
    whole, snapped = events(
        section() + interface() + simple(GOOD[3]) + section() + interface(snaplen=cut) + simple(GOOD[3][:cut], wire=len(GOOD[3]))
    )
    assert (whole.t, whole.payload, whole.length) == (None, b"EHLO c\r\n", 8)
    assert (snapped.payload, snapped.length) == (b"EHLO ", 8)


def test_obsolete_packets_tell_of_drops_before_them(events):
    drop, segment = events(section() + interface() + obsolete(GOOD[3], drops=7))
    assert drop == Drop(None, None, 7)
    assert (segment.payload, segment.t) == (b"EHLO c\r\n", T0 * 10**9)
    assert len(events(section() + interface() + obsolete(GOOD[3], drops=0xFFFF))) == 1, "65535 means: unknown"


def test_drops_of_packets_and_statistics_are_told_once(events):
    statistics = block(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", 10)) + option(7, struct.pack("<Q", 2)) + END)
    found = events(section() + interface() + enhanced(GOOD[0], options=option(4, struct.pack("<Q", 5)) + END) + statistics + statistics)
    assert [type(event) for event in found] == [Drop, Segment, Drop]
    assert [event.count for event in found if isinstance(event, Drop)] == [5, 7]


def test_a_comment_follows_its_packet(events):
    file = (
        section(options=option(1, b"of the file") + END)
        + interface()
        + enhanced(GOOD[0], options=option(1, "große".encode()) + option(1, b"2") + END)
    )
    about_file, segment, first, second = events(file + enhanced(GOOD[1]))[:4]
    assert (about_file.text, about_file.origin) == ("of the file", None)
    assert [(remark.about, remark.text, remark.origin.index) for remark in (first, second)] == [
        ("comment", "große", 1),
        ("comment", "2", 1),
    ]
    assert first.t == segment.t


def test_names_are_remarks_about_an_address_each_once(events):
    v4 = struct.pack("<HH", 1, 4 + 10) + SERVER + b"mx\0mail.x\0" + bytes(2)
    v6 = struct.pack("<HH", 2, 16 + 3) + bytes(15) + b"\1six" + bytes(1)
    names = [
        event for event in events(section() + interface() + block(4, v4 + v6 + END) * 2 + enhanced(GOOD[0])) if isinstance(event, Remark)
    ]
    assert [(name.about, name.subject, name.text) for name in names] == [
        ("name", "10.0.0.2", "mx"),
        ("name", "10.0.0.2", "mail.x"),
        ("name", "::1", "six"),
    ]


def test_secrets_and_unknown_blocks_are_skipped(read):
    secret = b"CLIENT_RANDOM aa SECRETKEY-CANARY"
    skipped = block(10, struct.pack("<II", 0x544C534B, len(secret)) + secret) + block(0xBAD, b"\0\0\0\1x") + block(0x80001234, b"")
    recording = read(section() + skipped + interface() + skipped + enhanced(GOOD[3]) + skipped)
    assert [event.origin.index for event in recording.events] == [1]
    assert "CANARY" not in repr(recording)


@pytest.mark.parametrize("size", [0, 4, 8, 15, 0xFFFFFFFC])
def test_a_block_length_that_cannot_be_true_stops_the_reading(events, size):
    good = pcapng(GOOD)
    found = events(good + struct.pack("<II", 0xBAD, size) + bytes(64))
    assert len(segments(found)) == 4
    (text,) = damages(found)
    assert f"byte {len(good)} claims {size} bytes" in text
    assert text.startswith("frame 4")


def test_two_lengths_that_differ_are_damage_and_nothing_more(events):
    found = events(section() + interface() + enhanced(GOOD[0])[:-4] + struct.pack("<I", 999) + enhanced(GOOD[1]))
    assert len(segments(found)) == 2
    assert len(damages(found)) == 1


def test_a_packet_of_an_unknown_interface_is_left_out_and_counted(events):
    found = events(section() + interface() + enhanced(GOOD[0], index=99) * 3 + enhanced(GOOD[1]))
    assert [event.origin.index for event in segments(found)] == [4]
    assert len(damages(found)) == 1
    assert "interface 99" in damages(found)[0]


def test_a_packet_before_any_interface_description(events):
    with pytest.raises(InputError, match="frame 1: packet before interface description, at byte 28"):
        events(section() + enhanced(GOOD[0]) * 2)
    found = events(pcapng(GOOD) + section() + enhanced(GOOD[0]) * 2)
    assert len(segments(found)) == 4
    assert ["frame 5: packet before interface description" in text for text in damages(found)] == [True]


def test_a_captured_length_larger_than_its_block_reads_no_further(events):
    block_ = enhanced(GOOD[3])
    found = events(section() + interface() + block_[:20] + struct.pack("<I", 0x7FFFFFFF) + block_[24:] + enhanced(GOOD[0]))
    assert segments(found)[0].payload == b"EHLO c\r\n"
    assert len(segments(found)) == 2
    assert len(damages(found)) == 1


def test_of_a_cut_packet_what_is_there_is_kept(events):
    found = events(pcapng(GOOD)[:-9])
    assert (segments(found)[3].payload, segments(found)[3].length) == (b"EHLO c\r"[: len(segments(found)[3].payload)], 8)
    assert len(segments(found)[3].payload) < 8
    assert ["frame 4: cut at byte" in text for text in damages(found)] == [True]


def test_an_option_that_runs_over_its_block_ends_the_options_only(events):
    assert len(segments(events(section() + interface(options=struct.pack("<HH", 2, 65535) + b"eth0") + enhanced(GOOD[0])))) == 1


@pytest.mark.parametrize("file", [section(version=2), b"\n\r\r\n" + struct.pack("<II", 28, 0x12345678) + bytes(16), section()[:10]])
def test_a_first_section_that_cannot_be_read_is_an_error(events, file):
    with pytest.raises(InputError, match=r"^x\.pcap: "):
        events(file)


def test_a_later_section_that_cannot_be_read_is_damage(events):
    found = events(pcapng(GOOD) + section(version=2) + interface() + enhanced(GOOD[0]))
    assert len(segments(found)) == 5
    assert len(damages(found)) == 1


def test_the_block_limit_is_an_option(events):
    with pytest.raises(InputError, match="--max-block"):
        events(pcapng(GOOD), Limits(max_block=24))
