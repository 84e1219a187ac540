"""802.11 data frames: with and without QoS, four addresses, padding, radiotap, Prism and AVS before them."""

from __future__ import annotations

import struct

import pytest

from tests.sources.capture.craft import ipv4, pcap, tcp

CARRIED = b"\xaa\xaa\x03\0\0\0\x08\0" + ipv4(tcp(b"EHLO c\r\n"))


def wlan(control: int, flags: int = 0, extra: bytes = b"", carried: bytes = CARRIED) -> bytes:
    return bytes((control, flags)) + bytes(22) + extra + carried


DATA, QOS = 0x08, 0x88
FRAMES = {
    "data": (105, wlan(DATA, 1)),
    "four addresses": (105, wlan(DATA, 3, bytes(6))),
    "QoS": (105, wlan(QOS, 2, b"\0\0")),
    "QoS with HT control": (105, wlan(QOS, 0x82, b"\0\0" + bytes(4))),
    "radiotap": (127, struct.pack("<BBHI", 0, 0, 8, 0) + wlan(DATA)),
    "radiotap with flags, padded": (127, struct.pack("<BBHIB", 0, 0, 9, 2, 0x20) + wlan(QOS, 2, b"\0\0\0\0")),
    "radiotap with time and flags": (127, struct.pack("<BBHIQB", 0, 0, 17, 3, 5, 0x10) + wlan(QOS, 2, b"\0\0") + b"FCS!"),
    "radiotap, two words": (127, struct.pack("<BBHIIB", 0, 0, 13, 0x80000002, 0, 0x20) + wlan(QOS, 2, b"\0\0\0\0")),
    "Prism": (119, struct.pack("<II", 0x44, 144) + bytes(136) + wlan(DATA)),
    "AVS": (163, struct.pack(">II", 0x80211001, 64) + bytes(56) + wlan(DATA)),
}


@pytest.mark.parametrize("name", FRAMES)
def test_the_segment_arrives(events, name):
    link, frame = FRAMES[name]
    (segment,) = events(pcap([frame], link))
    assert segment.payload == b"EHLO c\r\n"


@pytest.mark.parametrize("name", FRAMES)
def test_every_cut_of_the_frame_is_one_event_or_one_count(events, name):
    link, frame = FRAMES[name]
    assert all(len(events(pcap([frame[:size]], link))) == 1 for size in range(len(frame)))


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (wlan(0x80), "802.11 management"),
        (wlan(0xD4), "802.11 control"),
        (wlan(0x48), "802.11 without data"),
        (wlan(DATA, 0x40), "802.11 encrypted"),
        (wlan(QOS, 0, b"\x80\0"), "802.11 aggregate"),
    ],
)
def test_what_carries_no_readable_packet_is_named(events, frame, name):
    (remark,) = events(pcap([frame], 105))
    assert remark.text == f"1 frame of other protocols: {name} 1"
