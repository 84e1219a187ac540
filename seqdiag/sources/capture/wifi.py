"""An IEEE 802.11 frame in, the packet that it carries out: data frames that are not encrypted.

Management, control and encrypted frames are counted by name; so are aggregates (A-MSDU), which hold several packets.
"""

from __future__ import annotations

from seqdiag.sources.capture.link import llc
from seqdiag.sources.capture.walk import Packet, Walk

PRISM_HEADER = 144
TYPES = ("802.11 management", "802.11 control", "802.11 data", "802.11 extension")
DATA = 2
TO_DS, FROM_DS, PROTECTED, ORDER = 0x01, 0x02, 0x40, 0x80


def wlan(walk: Walk, data: bytes, at: int, end: int, padded: bool = False) -> Packet | None:
    """IEEE 802.11 §9.2: frame control, addresses, perhaps a fourth, QoS and HT control; then LLC."""
    if len(data) - at < 24:
        return walk.malformed("802.11 header")
    control, flags = data[at], data[at + 1]
    kind, subtype = control >> 2 & 3, control >> 4
    if kind != DATA or subtype & 4:
        return walk.other(TYPES[kind] if kind != DATA else "802.11 without data")
    if flags & PROTECTED:
        return walk.other("802.11 encrypted")
    size = 30 if flags & TO_DS and flags & FROM_DS else 24
    if subtype & 8:
        if len(data) - at < size + 2:
            return walk.malformed("802.11 header")
        if data[at + size] & 0x80:
            return walk.other("802.11 aggregate")
        size += 6 if flags & ORDER else 2
    if padded:
        size += -size % 4
    return llc(walk, data, at + size, end)


def radiotap(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """A radiotap header tells its own length; its flags tell whether the 802.11 header is padded to four bytes."""
    if len(data) - at < 8:
        return walk.malformed("radiotap header")
    size = int.from_bytes(data[at + 2 : at + 4], "little")
    if size < 8 or size > len(data) - at:
        return walk.malformed("radiotap header")
    field = 8
    present = first = int.from_bytes(data[at + 4 : at + 8], "little")
    while present & 0x80000000 and field + 4 <= size:
        present = int.from_bytes(data[at + field : at + field + 4], "little")
        field += 4
    if first & 1:
        field += -field % 8 + 8
    padded = bool(first & 2) and field < size and bool(data[at + field] & 0x20)
    return wlan(walk, data, at + size, end, padded)


def prism(walk: Walk, data: bytes, at: int, end: int) -> Packet | None:
    """LINKTYPE_IEEE802_11_PRISM: a Prism header of 144 bytes, or an AVS header that tells its length."""
    if len(data) - at < 8:
        return walk.malformed("Prism header")
    avs = data[at : at + 3] == b"\x80\x21\x10"
    size = int.from_bytes(data[at + 4 : at + 8], "big") if avs else PRISM_HEADER
    return wlan(walk, data, at + size, end)
