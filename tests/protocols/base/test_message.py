"""What a figure may tell of a mail message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqdiag.protocols.base.message import decoded, facts, header


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?UTF-8?B?5L2g5aW9?= =?utf-8?q?_a=C3=A9?=", "你好 aé"),
        (b"=?UTF-8?B?5L2g5Q==?= =?UTF-8?B?pb0=?=", "你好"),  # a character cut in two
        ("你好".encode(), "你好"),
        ("中国人民".encode("gb18030"), "中国人民"),
        (b"=?nonsense?q?a=E4?=", "aä"),
        (b"=?utf-8?B?!!!?= x", "x"),
        (b"=?iso-8859-1*de?Q?gr=FC=DFe?=", "grüße"),
        (b"a =?broken b", "a =?broken b"),
    ],
)
def test_decoded(value: bytes, text: str) -> None:
    assert decoded(value) == text


def test_header() -> None:
    message = (
        b"Received: by x\r\nX-To: c@z\r\nsubject:  a long\r\n\tone\r\nFROM: A <a@x>\r\nTo: b@y\r\n"
        b"Date: now\r\nSubject: second\r\n\r\nTo: in the body\r\n"
    )
    assert header(message) == {"from": "A <a@x>", "to": "b@y", "subject": "a long one", "date": "now"}


def test_no_header_at_all() -> None:
    assert header(b"\r\nSubject: in the body\r\n") == {} and header(b"") == {}
    assert [fact.kind for fact in facts(b"Subject: x\n\nhi")] == ["message", "subject"]


@given(st.binary(max_size=200))
def test_nothing_raises(message: bytes) -> None:
    assert facts(message)[0].values == {"bytes": len(message)}
    assert isinstance(decoded(message), str)


@given(
    st.text(max_size=60),
    st.sampled_from(["utf-8", "gb2312", "x", "idna", "base64", "rot13", "utf-16", "unicode_escape"]),
    st.sampled_from("bBqQ"),
)
def test_no_encoded_word_raises(text: str, charset: str, encoding: str) -> None:
    assert isinstance(decoded(f"=?{charset}?{encoding}?{text}?=".encode("utf-8", "replace")), str)


def test_a_codec_that_is_no_charset_is_not_run() -> None:
    assert decoded(b"=?unicode_escape?Q?=5Cx41?=") == "\\x41"
