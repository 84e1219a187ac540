"""Compressed captures: gzip in all its forms, zstd and lz4 where their packages are, and both limits."""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
import zlib

import pytest

from seqdiag.errors import InputError, LimitError, ToolMissing
from seqdiag.events import Segment
from seqdiag.sources.base import Limits
from seqdiag.sources.capture.compression import opened
from tests.sources.capture.craft import GOOD, pcap

FILE = pcap(GOOD)


def open_bytes(data, limits=None):
    return opened(io.BytesIO(data), "x.gz", limits or Limits())


def test_what_is_not_compressed_passes_through_unchanged():
    for data in (b"", b"abc", FILE, FILE * 5000):
        stream = open_bytes(data)
        assert (stream.peek(3)[:3], stream.read(), stream.damage) == (data[:3], data, None)


def test_opening_twice_is_opening_once():
    stream = open_bytes(gzip.compress(FILE))
    assert opened(stream, "x", Limits()) is stream


@pytest.mark.parametrize("slow", [1, 2, 3, 1000])
def test_a_pipe_may_be_slow(slow):
    class Pipe(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, slow))

    assert opened(Pipe(gzip.compress(FILE)), "x", Limits()).read() == FILE


def test_gzip_with_every_optional_header_field():
    body = gzip.compress(FILE)[10:]
    header = (
        b"\x1f\x8b\x08"
        + bytes((4 | 8 | 16 | 2,))
        + bytes(6)
        + struct.pack("<H", 3)
        + b"abc"
        + b"../../evil\x1b[31m\0"
        + b"comment\0"
        + b"\0\0"
    )
    stream = open_bytes(header + body)
    assert (stream.read(), stream.damage) == (FILE, None)


def test_gzip_members_follow_one_another_and_zeros_may_pad_them():
    stream = open_bytes(gzip.compress(FILE[:100]) + gzip.compress(b"") + gzip.compress(FILE[100:]) + bytes(512))
    assert (stream.read(), stream.damage) == (FILE, None)


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        (gzip.compress(FILE)[:-1], "the gzip stream is cut"),
        (gzip.compress(FILE)[:-8] + bytes(8), "gzip CRC mismatch"),
        (gzip.compress(FILE) + b"garbage behind it", "something that is not gzip follows the gzip stream"),
    ],
)
def test_damage_behind_the_data_is_said_and_the_data_stand(events, file, complaint):
    *found, remark = events(file)
    assert len(found) == 4
    assert remark.about == "damage"
    assert complaint in remark.text


def test_of_a_damaged_stream_everything_before_the_damage_is_kept():
    data = random.Random(1).randbytes(200_000)
    packed = bytearray(zlib.compress(data, 0, 31))
    place = len(packed) // 2
    packed[place : place + 70_000] = bytes(70_000)
    stream = open_bytes(bytes(packed))
    kept = stream.read()
    assert data[:1000] == kept[:1000]
    assert stream.damage is not None


def test_every_cut_of_a_gzip_file_gives_a_prefix_and_never_an_exception():
    packed = gzip.compress(FILE)
    for size in range(4, len(packed)):
        stream = open_bytes(packed[:size])
        assert FILE.startswith(stream.read())
        assert stream.damage is not None


def test_nested_compression_is_refused():
    with pytest.raises(InputError, match="nested"):
        open_bytes(gzip.compress(gzip.compress(FILE)))


def test_the_ratio_is_limited_after_16_MiB():
    bomb = gzip.compress(bytes(20 << 20))
    with pytest.raises(LimitError, match="--max-ratio"):
        open_bytes(bomb).read()
    assert len(open_bytes(bomb, Limits(max_ratio=2000)).read()) == 20 << 20
    assert len(open_bytes(gzip.compress(bytes(15 << 20))).read()) == 15 << 20


def test_the_size_is_limited():
    with pytest.raises(LimitError, match="--max-input"):
        open_bytes(gzip.compress(FILE), Limits(max_input=100)).read()


@pytest.mark.parametrize(("package", "magic"), [("zstandard", b"\x28\xb5\x2f\xfd"), ("lz4", b"\x04\x22\x4d\x18")])
def test_a_missing_package_is_named(events, monkeypatch, package, magic):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ToolMissing, match=package):
        events(magic + bytes(100))


def pack(package, data):
    if package == "lz4":
        return pytest.importorskip("lz4.frame").compress(data)
    return pytest.importorskip("zstandard").ZstdCompressor().compress(data)


@pytest.mark.parametrize("package", ["zstandard", "lz4"])
def test_zstd_and_lz4(events, package):
    packed = pack(package, FILE)
    assert [type(event) for event in events(packed)] == [Segment] * 4
    assert open_bytes(packed + packed).read() == FILE + FILE
    for size in range(4, len(packed), 7):
        assert FILE.startswith(open_bytes(packed[:size]).read())
    with pytest.raises(LimitError, match="--max-ratio"):
        open_bytes(pack(package, bytes(40 << 20)), Limits(max_ratio=100)).read()


@pytest.mark.parametrize("package", ["zstandard", "lz4"])
def test_a_cut_zstd_or_lz4_stream_is_damage(package):
    stream = open_bytes(pack(package, FILE)[:-6])
    stream.read()
    assert stream.damage is not None
