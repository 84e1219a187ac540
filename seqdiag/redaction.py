"""What must not be shown: a Dialogue in, the same Dialogue with every secret marked out; a Recording in, masked out.

The grammars mark secrets from the protocol's state. The second pass here hides the found values where they come
again in the session's commands, replies and undecoded runs, raw, base64, URL-coded or as hex; mail bodies are left
alone.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from urllib.parse import quote_from_bytes

from msgspec.structs import replace

from seqdiag.connections.connection import Chunk, Connection, HiddenRun, Side
from seqdiag.events import Datagram, Event, Hidden, Recording, Segment, SocketAct
from seqdiag.protocols import Dialogue, Placed
from seqdiag.protocols.base import Fact, Pdu, Secret
from seqdiag.protocols.base.credentials import SCANNED, merged

SHORTEST = 4
"""Bytes of the shortest value worth hiding again: a password "250" must not mask the dialogue and so betray itself."""

SHORTEST_WORD = 10
"""Bytes of the shortest value of letters alone that is hidden again in an undecoded run: "password" is one, and a word of prompts."""

HUNTED = 64
"""Distinct values that are looked for in a conversation's undecoded runs, and of those found there the most that count."""

AGAIN = "repeated"
"""The kind of a secret that the second pass found."""


def needles(value: bytes) -> set[bytes]:
    """The forms in which a value may come again. Of base64: what all texts that hold it share, in each alignment."""
    if len(value) < SHORTEST:
        return set()
    forms = {value, value.hex().encode(), value.hex().upper().encode(), quote_from_bytes(value, safe="").encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value).rstrip(b"=")
        start = (0, 2, 3)[shift]
        spare = (shift + len(value)) % 3
        core = encoded[start : len(encoded) - (1 if spare else 0)]
        if len(core) >= SHORTEST + 2:
            forms.add(core)
    return forms


def hide(dialogue: Dialogue) -> Dialogue:
    """The dialogue with second-pass secrets, and with what its input had hidden already, marked as well."""
    values = _values(dialogue)
    wanted = _forms(values)
    runs = {side: _Runs(dialogue.connection, side) for side in ("client", "server")}
    if not wanted and not any(side.runs for side in runs.values()):
        return dialogue
    pattern = re.compile(b"|".join(map(re.escape, wanted))) if wanted else None
    hunted = _forms([value for value in values if len(value) >= SHORTEST_WORD or not value.isalpha()][:HUNTED])

    def again(pdu: Pdu) -> Iterator[tuple[int, int]]:
        yield from runs[pdu.side].within(pdu)
        if pdu.kind == "opaque":
            yield from _hunt(pdu.raw, hunted)
        elif pattern is not None:
            yield from (match.span() for match in pattern.finditer(pdu.raw, *_searchable(pdu)))

    placed = tuple(Placed(p.step, _mark(p.pdu, again(p.pdu))) for p in dialogue.pdus)
    return replace(dialogue, pdus=placed)


def _values(dialogue: Dialogue) -> list[bytes]:
    """What the grammars found; of undecoded runs, which may hold any number of tokens, the first HUNTED values."""
    sure: dict[bytes, None] = {}
    loose: dict[bytes, None] = {}
    for placed in dialogue.pdus:
        for secret in placed.pdu.secrets:
            if placed.pdu.kind != "opaque":
                sure |= dict.fromkeys(secret.values)
            elif len(loose) < HUNTED:
                loose |= dict.fromkeys(secret.values)
    return list(sure | dict.fromkeys(list(loose)[:HUNTED]))


def _forms(values: Iterable[bytes]) -> list[bytes]:
    """The needles of all values, the longest first."""
    return sorted({form for value in values for form in needles(value)}, key=lambda form: (-len(form), form))


def _hunt(raw: bytes, forms: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Each form wherever it stands in the part of an undecoded run that is looked at."""
    for form in forms:  # one fast search each: an alternation of them all would be tried at every byte
        at = raw.find(form, 0, SCANNED)
        while at >= 0:
            yield at, at + len(form)
            at = raw.find(form, at + len(form), SCANNED)


class _Runs:
    """What the input had hidden of one side's stream."""

    def __init__(self, connection: Connection, side: Side) -> None:
        chunks = (step for step in connection.steps if isinstance(step, Chunk) and step.side == side)
        self.runs = sorted((run.start, run.end) for chunk in chunks for run in chunk.hidden)
        self.starts = [start for start, _ in self.runs]

    def within(self, pdu: Pdu) -> Iterator[tuple[int, int]]:
        for k in range(bisect_left(self.starts, pdu.end) - 1, -1, -1):
            start, end = self.runs[k]
            if end <= pdu.start:
                break
            yield max(start - pdu.start, 0), min(end - pdu.start, len(pdu.raw))


def _searchable(pdu: Pdu) -> tuple[int, int]:
    """The range of a decoded PDU's `raw` that the second pass may touch: nothing inside a mail."""
    if pdu.kind in ("body", "tls"):
        return (0, 0)
    if any(fact.kind == "message" for fact in pdu.facts):
        return pdu.wire
    return (0, len(pdu.raw))


def _mark(pdu: Pdu, again: Iterable[tuple[int, int]]) -> Pdu:
    known = merged(pdu.secrets)
    starts = [secret.start for secret in known]

    def told(start: int, end: int) -> bool:
        k = bisect_right(starts, start)
        return k > 0 and end <= known[k - 1].end

    new = [Secret(start, end, AGAIN) for start, end in again if not told(start, end)]
    if not new:
        return pdu
    facts = pdu.facts
    if any(not pdu.wire[0] <= secret.start < pdu.wire[1] for secret in new):
        # The secret stands in lines that the facts sum up: keep their counts, drop their words.
        facts = tuple(Fact(f.kind, {k: v for k, v in f.values.items() if isinstance(v, int)}) for f in facts)
    return replace(pdu, secrets=merged([*pdu.secrets, *new], weakest=AGAIN), facts=facts)


def reveal(dialogue: Dialogue) -> Dialogue:
    """The dialogue with nothing hidden: each secret's clear value becomes a fact beside the wire text.

    Of an undecoded run no text is shown, and so no fact either.
    """

    def revealed(pdu: Pdu) -> Pdu:
        facts = list(pdu.facts)
        for secret in pdu.secrets if pdu.kind != "opaque" else ():
            facts += [Fact("revealed", {"what": secret.kind, "text": v.decode("utf-8", "replace")}) for v in secret.values[:1]]
            if secret.shown:
                facts.insert(0, Fact("user", {"user": secret.shown}))
        return replace(pdu, secrets=(), facts=tuple(facts))

    return replace(dialogue, pdus=tuple(Placed(p.step, revealed(p.pdu)) for p in dialogue.pdus))


def redact(recording: Recording, dialogues: Iterable[Dialogue]) -> Recording:
    """The recording with each hidden byte as `*`: in every segment that carried it, copies included."""
    hidden: dict[int, list[Hidden]] = {}
    for dialogue in dialogues:
        spans: dict[Side, list[HiddenRun]] = {"client": [], "server": []}
        for placed in dialogue.pdus:
            pdu = placed.pdu
            spans[pdu.side] += [HiddenRun(pdu.start + s.start, pdu.start + s.end, s.kind, s.shown) for s in pdu.secrets]
        ends: dict[Side, list[int]] = {}
        for side, runs in spans.items():
            runs.sort(key=lambda run: run.start)
            ends[side] = list(accumulate((run.end for run in runs), max))
        told: set[HiddenRun] = set()
        for carried in dialogue.connection.carried:
            event = recording.events[carried.event]
            assert isinstance(event, Segment | Datagram | SocketAct)
            runs = spans[carried.side]
            for k in range(bisect_right(ends[carried.side], carried.offset), len(runs)):
                run = runs[k]
                a = max(run.start - carried.offset, 0)
                b = min(run.end - carried.offset, len(event.payload))
                if a >= len(event.payload):
                    break
                if a < b:
                    hidden.setdefault(carried.event, []).append(Hidden(a, b - a, run.kind, None if run in told else run.shown))
                    told.add(run)
    events = [_masked(event, hidden[i]) if i in hidden else event for i, event in enumerate(recording.events)]
    return Recording(recording.points, events, "default")


def _masked(event: Event, hidden: list[Hidden]) -> Event:
    assert isinstance(event, Segment | Datagram | SocketAct)
    payload = bytearray(event.payload)
    for run in hidden:
        payload[run.offset : run.offset + run.length] = b"*" * run.length
    return replace(event, payload=bytes(payload), hidden=tuple(sorted(set(hidden))))
