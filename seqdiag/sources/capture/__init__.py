"""A packet capture in, its events out: what each packet says, in file order, and what had to be given up.

    bytes -> compression -> files (pcap, pcapng) -> Frame -> walk (link, network, transport) -> Event

Where to look: `compression` takes gzip, zstd and lz4 off; `files` knows the formats `pcap` and `pcapng`; `dissector`
holds the tables of what may follow what; `link`, `wifi`, `network`, `fragments`, `tunnels`, `transport` and `icmp` read
one layer each; `walk` is what they share; `tally` counts what became no event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Literal

from seqdiag.errors import InputError
from seqdiag.events import Event, Point, Recording, Remark
from seqdiag.sources.base import Limits, Match
from seqdiag.sources.capture import dissector
from seqdiag.sources.capture.compression import LAYERS, opened
from seqdiag.sources.capture.files import FORMATS, frames
from seqdiag.sources.capture.frame import Frame
from seqdiag.sources.capture.tally import Tally

if TYPE_CHECKING:
    from seqdiag.sources.base import Source

NAME = "capture"
KIND: Literal["capture", "transcript", "events"] = "capture"


def recognise(head: bytes) -> Match | None:
    """By magic number; no other format begins with one of these. Whatever is still compressed is taken for a capture."""
    return Match(1, exclusive=True) if head[:4] in FORMATS or head.startswith(tuple(LAYERS)) else None


def read(stream: BinaryIO, name: str, limits: Limits) -> Recording:
    """Compressed or not. InputError where no packet of it can be read, LimitError past the limits of decompression."""
    tally = Tally(name)
    walk = dissector.walk(name, limits, tally)
    events: list[Event] = []
    for item in frames(opened(stream, name, limits), name, limits, tally):
        event = walk.frame(item) if isinstance(item, Frame) else item
        if event is not None:
            events.append(event)
    walk.fragments.finish()
    refuse_unreadable(events, tally)
    events += tally.remarks()
    return Recording({"p1": Point("capture", name, "capture", max(1, tally.resolution_ns))}, events)


def refuse_unreadable(events: list[Event], tally: Tally) -> None:
    """A capture without packets is empty, which is no error; one whose packets nobody can read is."""
    damage = next((event.text for event in events if isinstance(event, Remark) and event.about == "damage"), None)
    if not tally.frames and damage:
        raise InputError(f"{tally.name}: {damage}")
    if tally.frames and tally.frames == tally.unreadable:
        raise InputError(f"{tally.name}: nothing can be read of {', '.join(tally.others)}")


if TYPE_CHECKING:
    from seqdiag.sources import capture as _capture

    _: Source = _capture
