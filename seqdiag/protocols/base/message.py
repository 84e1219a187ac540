"""A mail message's octets in, the facts that a figure may tell of it out (RFC 5322, RFC 2047). Nothing raises."""

from __future__ import annotations

import codecs
import re
from binascii import Error, a2b_base64, a2b_qp

from seqdiag.protocols.base import Fact
from seqdiag.text import show, shown

HEAD_LIMIT = 65536
"""Octets of a message in which its header is looked for."""
VALUE_LIMIT = 998
"""Characters of a header field that are kept: as many as RFC 5322 §2.1.1 allows a line."""
VALUE_OCTETS = 8192
"""Octets of a header field that are decoded."""
FIELDS = ("from", "to", "subject", "date")
FIELD = re.compile(rb"^(From|To|Subject|Date)[ \t]*:[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)", re.I | re.M)
FOLD = re.compile(rb"\r?\n[ \t]+")
WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
BETWEEN_WORDS = re.compile(r"(\?=)[ \t]+(?==\?[^?\s]{1,40}\?[bBqQ]\?)")
SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "us-ascii": "utf-8", "ks_c_5601-1987": "cp949"}
"""Charsets that mailers name when they mean a larger one."""
NO_CHARSETS = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"))
"""Python's codecs that are no charset of a mail."""


def facts(message: bytes) -> tuple[Fact, ...]:
    """`message` {bytes}, then `from`, `to`, `subject`, `date` {text}, as far as they are there. Dots are un-stuffed already."""
    return (Fact("message", {"bytes": len(message)}), *(Fact(name, {"text": text}) for name, text in header(message).items()))


def header(message: bytes) -> dict[str, str]:
    """The first From, To, Subject and Date, unfolded and decoded."""
    head = message[:HEAD_LIMIT]
    end = re.search(rb"\n\r?\n|\A\r?\n", head)
    found: dict[str, str] = {}
    for name, value in FIELD.findall(head[: end.start() + 1] if end else head):
        found.setdefault(name.decode().lower(), decoded(FOLD.sub(b" ", value[:VALUE_OCTETS])))
    return {name: found[name] for name in FIELDS if found.get(name)}


def decoded(value: bytes) -> str:
    """A header field's octets as text: encoded words (RFC 2047) in their charset, raw 8-bit as it can be read."""
    text = value.decode("ascii") if value.isascii() else str(show(value))
    if "=?" in text:
        text = _words(BETWEEN_WORDS.sub(r"\1", text))
    return shown(text.strip()[:VALUE_LIMIT])


def _words(text: str) -> str:
    """Neighbouring words of one charset are joined before they are decoded: mailers cut characters in two."""
    parts: list[tuple[str, bytes]] = []
    at = 0
    for word in WORD.finditer(text):
        if word.start() > at:
            parts.append(("", text[at : word.start()].encode("utf-8", "surrogatepass")))
        charset = word[1].partition("*")[0].lower()
        octets = _octets(word[2], word[3])
        if parts and parts[-1][0] == charset and at == word.start():
            parts[-1] = (charset, parts[-1][1] + octets)
        else:
            parts.append((charset, octets))
        at = word.end()
    parts.append(("", text[at:].encode("utf-8", "surrogatepass")))
    return "".join(_charset(charset, octets) for charset, octets in parts)


def _octets(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if encoding in "qQ":
        return a2b_qp(raw, header=True)
    try:
        return a2b_base64(raw + b"=" * (-len(raw.rstrip(b"=")) % 4))
    except Error:
        return raw


def _charset(charset: str, octets: bytes) -> str:
    if not charset:
        return octets.decode("utf-8", "replace")
    try:
        codec = codecs.lookup(SUPERSETS.get(charset, charset)).name
        return str(show(octets)) if codec in NO_CHARSETS else octets.decode(codec, "replace")
    except (LookupError, ValueError, UnicodeError):
        return str(show(octets))
