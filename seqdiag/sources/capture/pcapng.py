"""A pcapng file in; its frames, comments, names and drop counts out (draft-ietf-opsawg-pcapng).

Sections may differ in byte order, interfaces in link type, time resolution and snap length. Blocks that say nothing
about packets are skipped by their length, decryption secrets among them: they must never reach an event. A block
whose length cannot be true ends the reading with a damage remark; any other fault costs its packet at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from struct import Struct
from typing import BinaryIO, NamedTuple, TypeAlias

from seqdiag.errors import InputError
from seqdiag.events import Drop, Remark
from seqdiag.provenance import Nanoseconds, Origin
from seqdiag.sources.base import Limits
from seqdiag.sources.capture.addresses import address
from seqdiag.sources.capture.frame import Frame, more
from seqdiag.sources.capture.tally import Tally

SECTION, INTERFACE, OBSOLETE_PACKET, SIMPLE_PACKET, NAMES, STATISTICS, ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6
MAGIC = b"\n\r\r\n"
BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
END_OF_OPTIONS, COMMENT, DROP_COUNT, INTERFACE_DROPS, SYSTEM_DROPS, TIME_RESOLUTION, TIME_OFFSET = 0, 1, 4, 5, 7, 9, 14
YEAR_10000 = 253_402_300_800 * 1_000_000_000
SECOND = 1_000_000_000

Item: TypeAlias = Frame | Remark | Drop


class Interface(NamedTuple):
    """Link type, snap length (0: none), and how a time stamp becomes nanoseconds: `stamp * times // by + offset`.

    `by` is 0 where the resolution is unknown or absurd: then no packet of it has a time.
    """

    link: int
    snaplen: int
    times: int
    by: int
    offset: int


class Form:
    """The fixed parts of the blocks in one byte order."""

    def __init__(self, order: str) -> None:
        self.block = Struct(order + "II")
        self.length = Struct(order + "I")
        self.pair = Struct(order + "HH")
        self.section = Struct(order + "HH8x")
        self.interface = Struct(order + "HHI")
        self.enhanced = Struct(order + "IIIII")
        self.obsolete = Struct(order + "HHIIII")
        self.count = Struct(order + "Q")
        self.signed = Struct(order + "q")


FORMS = {"<": Form("<"), ">": Form(">")}


class Reader:
    """The state that blocks share: the section's byte order and interfaces, the number of the last packet."""

    def __init__(self, name: str, limits: Limits, tally: Tally) -> None:
        self.name = name
        self.limits = limits
        self.tally = tally
        self.form = FORMS["<"]
        self.interfaces: list[Interface] = []
        self.dropped: dict[int, int] = {}
        self.number = 0
        self.offset = 0
        self.cut = False
        self.faults: set[str] = set()
        self.named: set[tuple[str, bytes]] = set()

    def blocks(self, stream: BinaryIO, data: bytes) -> Iterator[Item]:
        """Every block of the file in turn. `data` holds the file's first bytes."""
        at, base, held, most = 0, 0, len(data), self.limits.max_block
        while True:
            if held - at < 12:
                base, data, at = base + at, more(stream, data, at, 12), 0
                held = len(data)
                if held < 12:
                    if held:
                        yield self.damage(f"cut at byte {base + held}: {held} bytes of a block header")
                    return
            kind, size = self.form.block.unpack_from(data, at)
            self.offset = base + at
            if kind == SECTION:
                order = BYTE_ORDERS.get(data[at + 8 : at + 12])
                if order is None:
                    yield self.refusal(f"section at byte {base + at} has no valid byte-order magic")
                    return
                self.form = FORMS[order]
                kind, size = self.form.block.unpack_from(data, at)
            if size < 12 or size & 3 or size > most:
                yield self.damage(f"block at byte {base + at} claims {size} bytes ({self.absurd(size)}): reading stops here")
                return
            if at + size > held:
                base, data, at = base + at, more(stream, data, at, size), 0
                held = len(data)
            self.cut = at + size > held
            handler = BLOCKS.get(kind)
            if handler is not None:
                yield from handler(self, data, at + 8, held if self.cut else at + size - 4)
            if self.cut:
                yield self.damage(f"cut at byte {base + held}: {held - at} of a block's {size} bytes are there")
                return
            if self.form.length.unpack_from(data, at + size - 4)[0] != size:
                yield from self.fault(f"block at byte {base + at}: its two lengths differ")
            at += size

    def absurd(self, size: int) -> str:
        """Why a block cannot have this total length."""
        return f"limit {self.limits.max_block}, --max-block" if size > 12 and not size & 3 else "must be 12 or more and a multiple of 4"

    def section(self, data: bytes, at: int, end: int) -> Iterable[Item]:
        if end - at < 16:
            return (self.refusal(f"section header at byte {self.offset} is cut"),)
        major, minor = self.form.section.unpack_from(data, at + 4)[:2]
        self.interfaces = []
        self.dropped = {}
        if major != 1:
            return (self.refusal(f"pcapng version {major}.{minor} is not known (1.x is)"),)
        return self.comments(data, at + 16, end, None)

    def interface(self, data: bytes, at: int, end: int) -> Iterable[Item]:
        if end - at < 8:
            return self.fault(f"interface description at byte {self.offset} is cut")
        link, _, snaplen = self.form.interface.unpack_from(data, at)
        times, by, offset = 1000, 1, 0
        for code, value in self.options(data, at + 8, end):
            if code == TIME_RESOLUTION:
                times, by = resolution(value)
            elif code == TIME_OFFSET and len(value) == 8:
                offset = self.form.signed.unpack(value)[0] * SECOND
        self.interfaces.append(Interface(link, snaplen, times, by, offset))
        if by:
            self.tally.resolution_ns = max(self.tally.resolution_ns, -(-times // by))
        return self.comments(data, at + 8, end, None)

    def enhanced_packet(self, data: bytes, at: int, end: int) -> Iterable[Item]:
        self.number += 1
        if end - at < 20:
            return self.fault(f"frame {self.number}: packet block at byte {self.offset} is cut")
        index, high, low, captured, wire = self.form.enhanced.unpack_from(data, at)
        return self.packet(data, at + 20, end, index, high << 32 | low, captured, wire)

    def obsolete_packet(self, data: bytes, at: int, end: int) -> Iterable[Item]:
        self.number += 1
        if end - at < 20:
            return self.fault(f"frame {self.number}: packet block at byte {self.offset} is cut")
        index, drops, high, low, captured, wire = self.form.obsolete.unpack_from(data, at)
        items = self.packet(data, at + 20, end, index, high << 32 | low, captured, wire)
        return (*self.lost(index, drops, None), *items) if 0 < drops < 0xFFFF else items

    def simple_packet(self, data: bytes, at: int, end: int) -> Iterable[Item]:
        """A packet of the first interface, without a time and without a captured length of its own."""
        self.number += 1
        if end - at < 4:
            return self.fault(f"frame {self.number}: packet block at byte {self.offset} is cut")
        wire: int = self.form.length.unpack_from(data, at)[0]
        snaplen = self.interfaces[0].snaplen if self.interfaces else 0
        captured = min(wire, snaplen or wire, end - at - 4)
        return self.packet(data, at + 4, end, 0, None, captured, wire)

    def packet(self, data: bytes, at: int, end: int, index: int, stamp: int | None, captured: int, wire: int) -> Iterable[Item]:
        """The frame whose bytes begin at `at`, then its comments; before it the drops that it tells of."""
        tally, number = self.tally, self.number
        if index >= len(self.interfaces):
            if not self.interfaces:
                return self.fault(f"frame {number}: packet before interface description, at byte {self.offset}")
            return self.fault(f"frame {number}: packet of the unknown interface {index}, at byte {self.offset}")
        if min(captured, end - at) > (most := self.limits.max_packet):
            return self.fault(f"frame {number}: {captured} bytes at byte {self.offset} (limit {most}, --max-packet): packet left out")
        link, _, times, by, offset = self.interfaces[index]
        t: Nanoseconds | None = None
        if stamp is not None:
            if by and 0 <= (stamped := stamp * times // by + offset) < YEAR_10000:
                t = stamped
            else:
                tally.untimed += 1
        tally.frames += 1
        stop = at + captured
        padded = stop + (-captured & 3)
        if wire >= captured and padded == end:
            return (Frame(number, t, link, data[at:stop], wire, self.offset),)
        fault: Iterable[Item] = ()
        if stop > end:
            stop = end
            # Of a block that the end of the file cut, `blocks` tells; in a whole one the captured length lies.
            if not self.cut:
                fault = self.fault(f"frame {number}: claims {captured} bytes, its block at byte {self.offset} has {end - at}")
        if wire < stop - at:
            tally.overlong += 1
            wire = stop - at
        frame = Frame(number, t, link, data[at:stop], wire, self.offset)
        items: list[Item] = [frame, *fault, *self.comments(data, padded, end, Origin(self.name, number), t)]
        for code, value in self.options(data, padded, end):
            if code == DROP_COUNT and len(value) == 8:
                items[:0] = self.lost(index, self.form.count.unpack(value)[0], t)
        return items

    def names(self, data: bytes, at: int, end: int) -> Iterator[Item]:
        """Name resolution: whoever made the file chose these names, so they are remarks and never replace an address."""
        for code, value in self.options(data, at, end):
            width = NAME_RECORDS.get(code, 0)
            if width and len(value) > width:
                subject = address(value[:width])
                for name in value[width:].split(b"\0"):
                    if name and (subject, name) not in self.named:
                        self.named.add((subject, name))
                        yield Remark(None, None, name.decode("utf-8", "replace"), "name", subject)

    def statistics(self, data: bytes, at: int, end: int) -> Iterable[Item]:
        if end - at < 12:
            return ()
        index: int = self.form.length.unpack_from(data, at)[0]
        told = dict(self.options(data, at + 12, end))
        total = sum(self.form.count.unpack(told[code])[0] for code in (INTERFACE_DROPS, SYSTEM_DROPS) if len(told.get(code, b"")) == 8)
        return self.lost(index, total - self.dropped.get(index, 0), None)

    def lost(self, index: int, count: int, t: Nanoseconds | None) -> tuple[Item, ...]:
        """Statistics are totals: what single packets have told already is not told again."""
        if count <= 0:
            return ()
        self.dropped[index] = self.dropped.get(index, 0) + count
        return (Drop(None, t, count),)

    def options(self, data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
        """(code, value) until the end-of-options mark; an option that runs over its block ends them."""
        unpack = self.form.pair.unpack_from
        while end - at >= 4:
            code, size = unpack(data, at)
            at += 4
            if code == END_OF_OPTIONS or size > end - at:
                return
            yield code, data[at : at + size]
            at += size + -size % 4

    def comments(self, data: bytes, at: int, end: int, origin: Origin | None, t: Nanoseconds | None = None) -> list[Item]:
        texts = (value.decode("utf-8", "replace").strip("\0") for code, value in self.options(data, at, end) if code == COMMENT)
        return [Remark(origin, t, text, "comment") for text in texts if text]

    def refusal(self, text: str) -> Remark:
        """Nothing of the file was read: an error. Otherwise damage, and what was read stands."""
        if self.number == 0:
            raise InputError(f"{self.name}: {text}")
        return self.damage(text)

    def fault(self, text: str) -> tuple[Remark, ...]:
        """Damage that does not end the reading; of each kind only the first is told."""
        kind = text.translate(NO_DIGITS)
        if kind in self.faults:
            return ()
        self.faults.add(kind)
        return (self.damage(text),)

    def damage(self, text: str) -> Remark:
        number = max(1, self.number)
        return Remark(Origin(self.name, number), None, text if text.startswith("frame ") else f"frame {number}: {text}", "damage")


Handler: TypeAlias = Callable[[Reader, bytes, int, int], Iterable[Item]]

BLOCKS: dict[int, Handler] = {
    SECTION: Reader.section,
    INTERFACE: Reader.interface,
    OBSOLETE_PACKET: Reader.obsolete_packet,
    SIMPLE_PACKET: Reader.simple_packet,
    NAMES: Reader.names,
    STATISTICS: Reader.statistics,
    ENHANCED_PACKET: Reader.enhanced_packet,
}
NAME_RECORDS = {1: 4, 2: 16}
NO_DIGITS = dict.fromkeys(map(ord, "0123456789"))


def frames(stream: BinaryIO, data: bytes, name: str, limits: Limits, tally: Tally) -> Iterator[Item]:
    """`data` holds the first bytes of the file. InputError where its first section cannot be read."""
    return Reader(name, limits, tally).blocks(stream, data)


def resolution(option: bytes) -> tuple[int, int]:
    """The value of if_tsresol in, (times, by) out; (0, 0) where 64 bits of such units do not even make a second."""
    if len(option) != 1:
        return 0, 0
    exponent = option[0] & 0x7F
    if option[0] & 0x80:
        return (SECOND, 1 << exponent) if exponent <= 64 else (0, 0)
    return (SECOND, 10**exponent) if exponent <= 19 else (0, 0)
