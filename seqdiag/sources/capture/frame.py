"""One packet of a capture file, and the reading ahead that every file format needs.

A `Frame` is what the file says of a packet, before any layer of it is understood.
"""

from __future__ import annotations

from typing import BinaryIO, NamedTuple

from seqdiag.provenance import Nanoseconds

CHUNK = 1 << 18
"""Bytes that are read at once. A file is never mapped and never held whole: memory stays flat."""


class Frame(NamedTuple):
    """`number` counts packets from 1, as Wireshark does. `wire` is the length on the wire, never below `len(data)`.

    `link` is a LINKTYPE number; `offset` that of the packet's record in the (decompressed) file.
    """

    number: int
    t: Nanoseconds | None
    link: int
    data: bytes
    wire: int
    offset: int


def more(stream: BinaryIO, data: bytes, at: int, need: int) -> bytes:
    """`data[at:]` and what follows it in the stream: at least `need` bytes, fewer only at the end of the stream."""
    rest = data[at:]
    while len(rest) < need:
        chunk = stream.read(max(CHUNK, need - len(rest)))
        if not chunk:
            break
        rest += chunk
    return rest
