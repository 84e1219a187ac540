"""Dialogues as RFCs and lab reports write them: `C: ` and `S: ` before each line, prose between them.

Marks: `C:` `S:`, `Client:` `Server:`, 客户端： 服务器：, with either colon; with `R:` (receiver) and no `C:`, `S:` is
the sender, that is the client (RFC 821). Spaces that align the text after the mark are not part of it. An indented
line directly under a marked one continues it; `[...]` and `<open connection>` are remarks. A file may hold several
dialogues: one ends with QUIT and its reply, or where prose stands between it and the next greeting.
"""

from __future__ import annotations

import re
from typing import BinaryIO, Literal, NamedTuple

from seqdiag.events import Confidence, Recording
from seqdiag.sources.base import Limits, Match
from seqdiag.sources.transcripts.base import MAX_HEAD_LINES, Dialogue, Line, Side, charset, lines_of, split, unwrap

NAME = "cs"
KIND: Literal["capture", "transcript", "events"] = "transcript"

CLIENT = ("client", "客户端", "客户机", "用户端", "客戶端", "用戶端")
SERVER = ("server", "服务器", "服务端", "伺服器", "服務器")
BLANKS = r"[ \t\u3000]"
MARK = re.compile(
    rf"({BLANKS}{{0,40}})(?:([CSR])[:：](?=\s|$)|((?i:{'|'.join(CLIENT + SERVER)})){BLANKS}{{0,4}}[:：])(.*)",
    re.DOTALL,
)
WORDS: dict[str, Side] = {"c": "client", "s": "server"}
WORDS.update((word, "client") for word in CLIENT)
WORDS.update((word, "server") for word in SERVER)
SENDER: dict[str, Side] = {"r": "server", "s": "client"}
"""The marks of RFC 821 and of whoever followed it."""

INDENT = re.compile(rf"({BLANKS}*)(.*)", re.DOTALL)
ASIDE = re.compile(r"\[[^\[\]]*\]$|<[A-Za-z][^<>]*>$|\.\.\.$")
"""A remark on a line of its own."""
TLS = re.compile(r"[<\[(]?TLS negotiation\b", re.IGNORECASE)
"""The remark of RFC 2595 and RFC 4616 where plaintext inside TLS begins."""
STAGE = re.compile(r"<(?:open|close|wait for|the) [^<>]*>?$", re.IGNORECASE)
"""A remark behind a mark: what a side does, not what it says."""
FURNITURE = re.compile(r".{1,60}\[Page \d{1,4}\]$|\[Page \d{1,4}\].{1,60}$|RFC \d{1,5}  .*\d{4}$")
GREETING = re.compile(r"220[ -]|554[ -]|\+OK\b|\* (?:OK|PREAUTH|BYE|ACAP)\b")
GOODBYE = re.compile(r"(?:QUIT|\S{1,20} LOGOUT)\s*$", re.IGNORECASE)
REPLY = re.compile(r" +(\d{3}(?:[ -]|$)|\+OK|-ERR|[*+] |[A-Za-z]{1,3}\d{1,4} )")
"""What the aligning spaces of a hand-written dialogue may leave before a reply or a tagged command."""


class Spoken(NamedTuple):
    """A marked line: how far it is indented, who says it, and the text behind the mark."""

    indent: int
    side: Side
    text: str


def recognise(head: bytes) -> Match | None:
    """Marked lines of both sides."""
    text = unwrap(head)
    code = charset(text[: text.rfind(b"\n") + 1] or text)
    numbers, marks = set(), set()
    for line in split(text):
        if line.number > MAX_HEAD_LINES:
            break
        if match := MARK.match(line.text.decode(code, "replace")):
            numbers.add(line.number)
            marks.add(_word(match))
    sides = {(SENDER if _has_sender(marks) else WORDS).get(mark) for mark in marks}
    return Match(len(numbers), numbers=frozenset(numbers)) if {"client", "server"} <= sides else None


def read(stream: BinaryIO, name: str, limits: Limits) -> Recording:
    """Every dialogue of the file."""
    lines = list(lines_of(stream, name, limits))
    code = charset(b"\n".join(line.text for line in lines if not line.cut))
    texts = [(line, line.text.decode(code, "replace" if line.cut else "strict")) for line in lines]
    marks = {_word(match) for _, text in texts if (match := MARK.match(text))}
    words = SENDER if _has_sender(marks) else WORDS
    reader = Reader(name, code, words, texts)
    if code != "utf-8":
        reader.dialogue.remark(lines[0], f"not UTF-8, read as {code.upper()}", "finding")
    return reader.read()


def _word(match: re.Match[str]) -> str:
    return (match[2] or match[3]).lower()


def _has_sender(marks: set[str]) -> bool:
    return "r" in marks and "c" not in marks


class Reader:
    """`margin`: the least number of spaces that each side has behind its mark."""

    def __init__(self, name: str, code: str, words: dict[str, Side], texts: list[tuple[Line, str]]) -> None:
        self.dialogue = Dialogue(name)
        self.code = code
        self.words = words
        self.texts = texts
        self.margin = {side: min(self.margins(side), default=0) for side in ("client", "server")}
        self.pending: tuple[Line, Side, list[str]] | None = None
        self.had_prose = False

    def margins(self, side: str) -> list[int]:
        found = [spoken for _, text in self.texts if (spoken := self.spoken(text)) and spoken.side == side]
        return [len(s.text) - len(s.text.lstrip(" ")) for s in found if s.text.strip() and not STAGE.match(s.text.strip())]

    def spoken(self, text: str) -> Spoken | None:
        match = MARK.match(text)
        side = self.words.get(_word(match)) if match else None
        return Spoken(len(match[1]), side, match[4]) if match and side else None

    def read(self) -> Recording:
        indent = -1
        for line, text in self.texts:
            if spoken := self.spoken(text):
                self.end_line()
                indent = spoken.indent
                self.marked(line, spoken)
                continue
            blanks, rest = INDENT.match(text).groups()  # type: ignore[union-attr]
            if not rest.strip():
                self.end_line()
            elif ASIDE.match(rest.strip()):
                self.end_line()
                self.aside(line, rest.strip())
            elif self.pending and len(blanks) > indent + 1:
                self.continued(line, rest)
            else:
                self.end_line()
                self.had_prose = self.had_prose or not FURNITURE.match(text.strip())
        self.end_line()
        return self.dialogue.recording()

    def marked(self, line: Line, spoken: Spoken) -> None:
        side, text = spoken.side, spoken.text
        if STAGE.match(text.strip()):
            self.dialogue.comment(line, f"{side}: {text.strip('[]<>() ')}")
            return
        margin = min(self.margin[side], len(text) - len(text.lstrip(" ")))
        text = text[margin:]
        if reply := REPLY.match(text):
            text = text[reply.start(1) :]
        if side == "server" and GREETING.match(text) and self.is_over():
            self.dialogue.flush()
            self.dialogue.close()
        self.had_prose = False
        self.pending = line, side, [text]

    def aside(self, line: Line, text: str) -> None:
        asked = self.dialogue.last["client"].split()[-1:]
        if TLS.match(text) and self.dialogue.speaker == "server" and asked and asked[0].upper() in (b"STARTTLS", b"STLS"):
            self.dialogue.tls(line, asked[0].decode().lower())
        else:
            self.dialogue.comment(line, text.strip("[]<>() "))

    def is_over(self) -> bool:
        """Has the dialogue so far come to its end, so that a greeting begins another one?"""
        dialogue = self.dialogue
        if dialogue.speaker != "server":
            return False
        was_last = GOODBYE.match(dialogue.last["client"].decode("latin-1")) is not None
        return was_last or self.had_prose

    def continued(self, line: Line, text: str) -> None:
        """A long line, broken for the page; a lone dot is a line of its own, for it ends a message."""
        if self.pending is None:
            return
        if text == ".":
            side = self.pending[1]
            self.end_line()
            self.pending = line, side, [text]
        else:
            self.pending[2].append(text)

    def end_line(self) -> None:
        if self.pending is not None:
            line, side, parts = self.pending
            self.pending = None
            confidence: Confidence = "exact" if len(parts) == 1 else "state"
            self.dialogue.say(line, side, " ".join(parts).encode(self.code, "replace"), confidence)
