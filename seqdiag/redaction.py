"""What must not be shown: a Dialogue in, the same Dialogue with every secret marked out; a Recording in, masked out.

The grammars mark secrets from the protocol's state. The second pass here hides the found values where they come
again in the session's commands and replies, raw, base64, URL-coded or as hex; mail bodies are left alone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote_from_bytes

from msgspec.structs import replace

from seqdiag.connections.connection import Chunk, Connection, HiddenRun, Side
from seqdiag.events import Datagram, Event, Hidden, Recording, Segment, SocketAct
from seqdiag.protocols import Dialogue, Placed
from seqdiag.protocols.base import Fact, Pdu, Secret

SHORTEST = 4
"""Bytes of the shortest value worth hiding again: a password "250" must not mask the dialogue and so betray itself."""

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
    values = {value for placed in dialogue.pdus for secret in placed.pdu.secrets for value in secret.values}
    wanted = sorted({form for value in values for form in needles(value)}, key=lambda form: (-len(form), form))
    pattern = re.compile(b"|".join(map(re.escape, wanted))) if wanted else None
    runs = {side: _runs(dialogue.connection, side) for side in ("client", "server")}
    if pattern is None and not any(runs.values()):
        return dialogue
    placed = tuple(Placed(p.step, _mark(p.pdu, pattern, runs[p.pdu.side])) for p in dialogue.pdus)
    return replace(dialogue, pdus=placed)


def _runs(connection: Connection, side: Side) -> list[HiddenRun]:
    return [run for step in connection.steps if isinstance(step, Chunk) and step.side == side for run in step.hidden]


def _searchable(pdu: Pdu) -> tuple[int, int]:
    """The range of `raw` that the second pass may touch: nothing inside a mail."""
    if pdu.kind in ("body", "tls", "opaque"):
        return (0, 0)
    if any(fact.kind == "message" for fact in pdu.facts):
        return pdu.wire
    return (0, len(pdu.raw))


def _mark(pdu: Pdu, pattern: re.Pattern[bytes] | None, runs: Sequence[HiddenRun]) -> Pdu:
    found: list[tuple[int, int]] = []
    if pattern is not None:
        found += [match.span() for match in pattern.finditer(pdu.raw, *_searchable(pdu))]
    found += [
        (max(run.start - pdu.start, 0), min(run.end - pdu.start, len(pdu.raw)))
        for run in runs
        if run.start < pdu.end and run.end > pdu.start
    ]
    new = [Secret(a, b, AGAIN) for a, b in found if not any(s.start <= a and b <= s.end for s in pdu.secrets)]
    if not new:
        return pdu
    facts = pdu.facts
    if any(not pdu.wire[0] <= secret.start < pdu.wire[1] for secret in new):
        # The secret stands in lines that the facts sum up: keep their counts, drop their words.
        facts = tuple(Fact(f.kind, {k: v for k, v in f.values.items() if isinstance(v, int)}) for f in facts)
    return replace(pdu, secrets=_merged([*pdu.secrets, *new]), facts=facts)


def _merged(secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Overlapping spans as one; the grammar's own word for it wins over the second pass's."""
    merged: list[Secret] = []
    for secret in sorted(secrets):
        last = merged[-1] if merged else None
        if last and (secret.start < last.end or (secret.start == last.end and secret.kind == last.kind == AGAIN)):
            merged.pop()
            named = last if last.kind != AGAIN else secret
            secret = Secret(last.start, max(last.end, secret.end), named.kind, last.shown or secret.shown, last.values + secret.values)
        merged.append(secret)
    return tuple(merged)


def reveal(dialogue: Dialogue) -> Dialogue:
    """The dialogue with nothing hidden: each secret's clear value becomes a fact beside the wire text."""

    def revealed(pdu: Pdu) -> Pdu:
        facts = list(pdu.facts)
        for secret in pdu.secrets:
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
        told: set[HiddenRun] = set()
        for carried in dialogue.connection.carried:
            for run in spans[carried.side]:
                event = recording.events[carried.event]
                assert isinstance(event, Segment | Datagram | SocketAct)
                a = max(run.start - carried.offset, 0)
                b = min(run.end - carried.offset, len(event.payload))
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
