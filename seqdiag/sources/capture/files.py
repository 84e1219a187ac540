"""A capture file's bytes in, its frames out, whatever its format: told by its first four bytes."""

from __future__ import annotations

from collections.abc import Iterator

from seqdiag.errors import InputError
from seqdiag.events import Drop, Remark
from seqdiag.sources.base import Limits
from seqdiag.sources.capture import pcap, pcapng
from seqdiag.sources.capture.compression import Opened
from seqdiag.sources.capture.frame import CHUNK, Frame
from seqdiag.sources.capture.tally import Tally

FORMATS = dict.fromkeys(pcap.ORDERS, pcap.frames) | {pcapng.MAGIC: pcapng.frames}
"""Magic -> reader."""


def frames(stream: Opened, name: str, limits: Limits, tally: Tally) -> Iterator[Frame | Remark | Drop]:
    """All packets of a capture in file order, each followed by its comments; damage is a Remark where it was met.

    InputError where no format of ours begins the stream.
    """
    data = stream.read(CHUNK)
    if not data:
        raise InputError(f"{name}: not a capture file (0 bytes)")
    reader = FORMATS.get(data[:4])
    if reader is None:
        raise InputError(f"{name}: not a capture file (neither pcap nor pcapng)")
    yield from reader(stream, data, name, limits, tally)
    if stream.damage:
        yield Remark(None, None, f"after {tally.frames} frames: {stream.damage}", "damage")
