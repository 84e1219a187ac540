"""A pcap file in, its frames out: either byte order, micro- or nanoseconds, and the modified record header.

The format is draft-ietf-opsawg-pcap. A cut or lying record ends the reading with a damage remark that names frame and
byte offset: record headers carry no mark from which reading could begin anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import BinaryIO

from seqdiag.errors import InputError
from seqdiag.events import Remark
from seqdiag.provenance import Origin
from seqdiag.sources.base import Limits
from seqdiag.sources.capture.frame import Frame, more
from seqdiag.sources.capture.tally import Tally

FILE_HEADER = 24
LINK_TYPE_BITS = 0x03FFFFFF
"""The upper bits of the link type field tell the length of a frame check sequence."""

MAGICS = {0xA1B2C3D4: (1000, "IIII"), 0xA1B23C4D: (1, "IIII"), 0xA1B2CD34: (1000, "IIII8x")}
"""Magic number -> nanoseconds in the unit of its times, and record header (the last is the "modified" format of Red Hat 6)."""

ORDERS = {magic.to_bytes(4, name): (order, *form) for magic, form in MAGICS.items() for name, order in (("big", ">"), ("little", "<"))}  # type: ignore[arg-type]


def frames(stream: BinaryIO, data: bytes, name: str, limits: Limits, tally: Tally) -> Iterator[Frame | Remark]:
    """`data` holds the first bytes of the file, beginning with one of the magics of `ORDERS`.

    InputError for a cut file header or a version that is not 2.x.
    """
    order, unit, form = ORDERS[data[:4]]
    data = more(stream, data, 0, FILE_HEADER)
    if len(data) < FILE_HEADER:
        raise InputError(f"{name}: the pcap file header is cut ({len(data)} bytes of {FILE_HEADER})")
    major, minor, _zone, _accuracy, _snaplen, link = Struct(order + "HHiIII").unpack_from(data, 4)
    if major != 2 and (major, minor) != (543, 0):
        raise InputError(f"{name}: pcap version {major}.{minor} is not known (2.x is)")
    # Old writers put the two lengths the other way round (libpcap, sf-pcap.c): always before 2.3 and in DG/UX's
    # 543.0, sometimes in 2.3.
    swapped, perhaps_swapped = (major, minor) < (2, 3) or major == 543, (major, minor) == (2, 3)
    link &= LINK_TYPE_BITS
    tally.resolution_ns = unit
    record = Struct(order + form)
    unpack, size, longest = record.unpack_from, record.size, limits.max_packet
    number, at, base, held = 0, FILE_HEADER, 0, len(data)
    while True:
        if held - at < size:
            base, data, at = base + at, more(stream, data, at, size), 0
            held = len(data)
            if held < size:
                if held:
                    yield damage(name, number + 1, f"cut at byte {base + held}: {held} bytes of a record header of {size}")
                return
        number += 1
        seconds, fraction, captured, wire = unpack(data, at)
        if swapped or (perhaps_swapped and captured > wire):
            captured, wire = wire, captured
        if captured > longest:
            claim = f"claims {captured} bytes (limit {longest}, --max-packet)"
            yield damage(name, number, f"record at byte {base + at} {claim}: reading stops here")
            return
        start = at + size
        end = start + captured
        if end > held:
            base, data = base + at, more(stream, data, at, size + captured)
            at, start, end, held = 0, size, size + captured, len(data)
        if wire < captured:
            tally.overlong += 1
            wire = captured
        tally.frames = number
        yield Frame(number, seconds * 1_000_000_000 + fraction * unit, link, data[start:end], wire, base + at)
        if end > held:
            yield damage(name, number, f"cut at byte {base + held}: {held - start} of its {captured} bytes are there")
            return
        at = end


def damage(name: str, number: int, text: str) -> Remark:
    return Remark(Origin(name, number), None, f"frame {number}: {text}", "damage")
