"""What was in the capture and could not become an event: counted by name, told once at the end.

Thousands of ARP frames are one sentence, not thousands; and a frame is never dropped in silence.
"""

from __future__ import annotations

from seqdiag.events import Remark
from seqdiag.provenance import Origin

NAMES_SHOWN = 8


class Tally:
    """Counts by name. `frames` counts the packets that the file gave, `unreadable` those of a link type that nobody here reads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frames = 0
        self.unreadable = 0
        self.resolution_ns = 0
        self.untimed = 0
        self.overlong = 0
        self.overlaps = 0
        self.oversized = 0
        self.unfinished = 0
        self.others: dict[str, int] = {}
        self.malformed: dict[str, int] = {}
        self.first_malformed = 0

    def remarks(self) -> list[Remark]:
        """One sentence for each kind of loss that occurred."""
        first = Origin(self.name, self.first_malformed)
        losses = (
            (sum(self.others.values()), None, "frame", f"of other protocols: {breakdown(self.others)}"),
            (sum(self.malformed.values()), first, "frame", f"malformed or cut: {breakdown(self.malformed)}"),
            (self.unfinished, None, "IP datagram", "left out: fragments were not captured"),
            (self.oversized, None, "IP datagram", "left out: fragments make more than 65,535 bytes"),
            (self.overlaps, None, "IP fragment", "in conflict with an earlier one: the first copy of a byte was kept"),
            (self.untimed, None, "frame", "without a usable time (resolution unknown, or outside of 1970 to 9999)"),
            (self.overlong, None, "frame", "said to be longer in the capture than on the wire: the captured length was kept"),
        )
        return [
            Remark(origin, None, f"{count} {noun}{'s' if count > 1 else ''} {rest}", "finding")
            for count, origin, noun, rest in losses
            if count
        ]


def breakdown(counts: dict[str, int]) -> str:
    """`ARP 10, IGMP 2`: most frequent first, at most eight by name."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ranked[NAMES_SHOWN:])
    return ", ".join([f"{name} {count}" for name, count in ranked[:NAMES_SHOWN]] + ([f"others {rest}"] if rest else []))
