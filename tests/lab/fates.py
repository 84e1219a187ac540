"""What became of a packet on its way: lost, overtaken, doubled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from seqdiag.connections.connection import Chunk, Side
from tests.lab.truth import Sighting, reaches
from tests.lab.view import Verdict, View, verdict


def fate(view: View) -> Iterator[Verdict]:
    said = {s.packet.n: (where, step.fate) for where, s, step in view.steps if step.fate}
    for (source, frame), s in view.seen.items():
        if not view.at_sender(s.packet) or not s.own or not (s.packet.span or view.point == "both") or s.packet.n in said:
            continue
        if s.packet.lost:
            yield verdict("lost, not told", None, f"{source}:{frame}", "nothing", "lost")
    for _, s, step in view.steps:
        if step.fate is None:
            continue
        where, word = str(step.origin), step.fate
        if s.packet.lost:
            yield verdict(word, True)
        elif word == "lost" or not s.own or _told_delivered(view, s):
            yield Verdict(word, "WRONG", where, word, "delivered")
        else:
            yield Verdict(word, "unseen", where, word, "delivered")


def _told_delivered(view: View, s: Sighting) -> bool:
    """As many copies are proven to have arrived as were sent: by D-SACKs (RFC 2883), and one by the acknowledgment."""
    seq, size = s.segment.seq, s.packet.span
    sendings = 1 + sum(1 for e in view.seen.values() if e.own and s.packet in e.packet.before)
    proofs = 0
    for e in view.seen.values():
        if e.packet.side == s.packet.side or not e.segment.options.sack or e.segment.ack is None:
            continue
        left, right = e.segment.options.sack[0]
        below = reaches(e.segment.ack, right)
        proofs += below and reaches(seq, left) and reaches(right, seq + size)
    return proofs + 1 >= sendings > 1


def late(view: View) -> Iterator[Verdict]:
    """Out of order: overtaken on the way. What is sent again to fill a hole keeps its place."""
    highest: dict[Side, int] = defaultdict(int)
    overtaken = set()
    for name, s in view.seen.items():
        if view.point != "both" and not s.own:
            if s.packet.n < highest[s.packet.side]:
                overtaken.add(name)
            highest[s.packet.side] = max(highest[s.packet.side], s.packet.n)
    said = set()
    for where, s, step in view.steps:
        if isinstance(step, Chunk) and step.late:
            said.add((f"{s.point}.pcap", s.frame))
            good = step.again is not None or view.point == "both" or (f"{s.point}.pcap", s.frame) in overtaken
            yield verdict("late", good, where, "out of order", "sent again" if s.packet.before else "in order")
    for source, frame in sorted(overtaken - said):
        if view.seen[source, frame].packet.length and not view.seen[source, frame].packet.before:
            yield verdict("late", None, f"{source}:{frame}", "nothing", "overtaken")


def copies(view: View) -> Iterator[Verdict]:
    if view.point == "both":
        return
    for (source, frame), s in view.seen.items():
        said = "copy" in view.whats[source, frame]
        if said or s.copy:
            yield verdict("copy", True if said and s.copy else False if said else None, f"{source}:{frame}", said, bool(s.copy))
