"""Reading ahead: what was not used stays in front, and the end of the stream is no error."""

from __future__ import annotations

import io

from seqdiag.sources.capture.frame import CHUNK, more


def test_what_is_not_used_yet_stays_in_front():
    assert more(io.BytesIO(b"defgh"), b"abc", 1, 4) == b"bcdefgh"


def test_nothing_is_read_that_is_not_needed():
    stream = io.BytesIO(b"defgh")
    assert more(stream, b"abc", 1, 2) == b"bc"
    assert stream.tell() == 0


def test_the_end_of_the_stream_gives_fewer():
    assert more(io.BytesIO(b"d"), b"abc", 0, 100) == b"abcd"


def test_a_large_need_is_read_at_once():
    assert len(more(io.BytesIO(bytes(3 * CHUNK)), b"", 0, 2 * CHUNK)) == 2 * CHUNK
