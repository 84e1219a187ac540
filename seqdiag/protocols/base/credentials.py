"""One undecoded run of one side's bytes in, the spans of the credentials in it out.

Where no grammar knows the protocol, no state tells what is secret: the rules of `fieldrules`, `commandrules` and `byterules` go by
the forms that credentials have in well-known protocols and formats. They hide the value alone and leave the word
that announces it. Only the first MiB of a run is looked at.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from seqdiag.protocols.base import HiddenRun, Secret

SCANNED = 1 << 20
"""Bytes of a run that are looked at."""
CONTEXT = 1024
"""Bytes said before a run that its reading may depend on: the command whose continuation it is, a prompt."""
LINE = 512
"""Bytes of a short run: a conversation often says the same few again and again, and each reading takes all the rules."""


def credentials(raw: bytes, before: bytes = b"", asked: bytes = b"") -> tuple[Secret, ...]:
    """The secrets in `raw`, in order, none overlapping another.

    `before`: what the same side said just before; `asked`: what the other side said last (both may be cut to their
    last CONTEXT bytes).
    """
    return _remembered(raw, before, asked) if len(raw) <= LINE else _credentials(raw, before, asked)


def _credentials(raw: bytes, before: bytes, asked: bytes) -> tuple[Secret, ...]:
    from seqdiag.protocols.base import byterules, commandrules, fieldrules

    if len(before) >= CONTEXT:
        before = before[-CONTEXT:].partition(b"\n")[2]
    scanned = raw[:SCANNED]
    found = [*byterules.messages(scanned), *commandrules.prompted(scanned, asked)]
    text = b"\n" + before + scanned
    base = len(text) - len(scanned)
    for view in views(text):
        for rule in (*fieldrules.RULES, *commandrules.RULES):
            for match in rule.pattern.finditer(view.text):
                for secret in rule.read(match):
                    found += _mapped(view, secret, text, base)
    return merged(found)


_remembered = lru_cache(maxsize=1024)(_credentials)


def guarded(raw: bytes, known: Iterable[Secret], before: bytes = b"", asked: bytes = b"") -> tuple[Secret, ...]:
    """The secrets that are known of a run (its source had hidden them), and the credentials elsewhere in it."""
    told = merged(known)
    starts = [secret.start for secret in told]

    def new(secret: Secret) -> bool:
        k = bisect_right(starts, secret.end - 1)
        return k == 0 or told[k - 1].end <= secret.start

    return merged([*told, *filter(new, credentials(raw, before, asked))])


def known(hidden: Iterable[HiddenRun], start: int, size: int) -> Iterator[Secret]:
    """Hidden runs as secrets of the `size` bytes that begin at `start`."""
    for run in hidden:
        yield Secret(max(run.start - start, 0), min(run.end - start, size), run.kind, run.shown)


def merged(secrets: Iterable[Secret], weakest: str = "") -> tuple[Secret, ...]:
    """In order; those that overlap, or touch and are of one kind, as one. Any other kind's name wins over `weakest`."""
    out: list[Secret] = []
    for secret in sorted(secrets, key=lambda s: (s.start, s.end)):
        last = out[-1] if out else None
        if last and (secret.start < last.end or (secret.start == last.end and secret.kind == last.kind)):
            named = last if last.kind != weakest else secret
            values = last.values + tuple(value for value in secret.values if value not in last.values)
            out[-1] = Secret(last.start, max(last.end, secret.end), named.kind, last.shown or secret.shown, values)
        else:
            out.append(secret)
    return tuple(out)


# -- readings of a run ---------------------------------------------------------------------------------------------


class View(NamedTuple):
    """A reading of some text: from `starts[k]` on, each byte stands for the `step` bytes of it from `at[k]` on."""

    text: bytes
    starts: Sequence[int] = (0,)
    at: Sequence[int] = (0,)
    step: int = 1
    seams: re.Pattern[bytes] | None = None
    """What was cut out."""

    def offset(self, index: int) -> int:
        k = bisect_right(self.starts, index) - 1
        return self.at[k] + (index - self.starts[k]) * self.step


CHUNK_LINE = re.compile(rb"\r\n[0-9A-Fa-f]{1,8}\r\n")
"""Between two chunks of an HTTP/1.1 body (RFC 9112 §7.1)."""
LETTER = rb"(2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])"
ESCAPES = (re.compile(rb"%" + LETTER + rb"(?=[\w%.\[\]-]{0,40}=)"), re.compile(rb"\\u00" + LETTER))
"""Letters, digits and -._~ need no escape, neither in a URL's names nor in JSON."""
INNER_QUOTE = re.compile(rb'\\"')
WIDE = re.compile(rb"\0(?:[\t\r\n -~]\0){8,}+")
"""UTF-16 text, of either byte order."""


def views(text: bytes) -> Iterator[View]:
    """The text as it is; without its chunk lines; its needless escapes and JSON in JSON resolved; its UTF-16 parts."""
    yield View(text)
    if b"hunked" in text:
        cuts = [(match.start(), match.end(), b"") for match in CHUNK_LINE.finditer(text)]
        if cuts:
            yield _edited(text, cuts)._replace(seams=CHUNK_LINE)
    edits = [(m.start(), m.end(), bytes.fromhex(m[1].decode())) for escape in ESCAPES for m in escape.finditer(text)]
    if b'\\":' in text:
        edits += [(m.start(), m.end(), b'"') for m in INNER_QUOTE.finditer(text)]
    if edits:
        yield _edited(text, sorted(edits))
    wide, starts, at = bytearray(b"\n"), [0], [0]
    for m in WIDE.finditer(text):
        first = m.start() - 1 if text[m.start() - 1 : m.start()].isalnum() else m.start() + 1
        starts += [len(wide), len(wide) + len(range(first, m.end(), 2))]
        at += [first, m.end()]
        wide += text[first : m.end() : 2] + b"\n"
    if len(at) > 1:
        yield View(bytes(wide), starts, at, 2)


def _edited(text: bytes, edits: Sequence[tuple[int, int, bytes]]) -> View:
    """The text with each range (start, end) replaced."""
    parts, starts, at, size, done = list[bytes](), [0], [0], 0, 0
    for start, end, new in edits:
        parts += [text[done:start], new]
        size += start - done
        starts += [size, size + len(new)]
        at += [start, end]
        size, done = size + len(new), end
    return View(b"".join([*parts, text[done:]]), starts, at)


def _mapped(view: View, secret: Secret, text: bytes, base: int) -> Iterator[Secret]:
    """A view's secret as one of the run, which begins at `base` of the text; none where it was said before the run."""
    start, end = view.offset(secret.start), view.offset(secret.end)
    seams = [match.span() for match in view.seams.finditer(text, start, end)] if view.seams else []
    for a, b in zip([start, *(seam[1] for seam in seams)], [*(seam[0] for seam in seams), end], strict=True):
        a, b = max(a - base, 0), b - base
        if a < b:
            yield Secret(a, b, secret.kind, secret.shown, secret.values)
