"""The format is told by the first four bytes; anything else is refused in one line that echoes none of them."""

from __future__ import annotations

import pytest

from seqdiag.errors import InputError
from tests.sources.capture.craft import GOOD, pcap, pcapng


@pytest.mark.parametrize("make", [pcap, pcapng])
@pytest.mark.parametrize("order", "<>")
def test_both_formats_are_told_apart(events, make, order):
    assert len(events(make(GOOD, order=order))) == 4


@pytest.mark.parametrize("data", [b"\x7fELF" + bytes(200), b"<!doctype html><script>alert(1)</script>", b"\xa1", b"220 mx ESMTP\r\n"])
def test_a_foreign_format_is_refused(events, data):
    with pytest.raises(InputError) as error:
        events(data)
    assert str(error.value) == "x.pcap: not a capture file (neither pcap nor pcapng)"


def test_an_empty_file_is_refused(events):
    with pytest.raises(InputError, match=r"^x\.pcap: not a capture file \(0 bytes\)$"):
        events(b"")
