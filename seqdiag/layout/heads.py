"""Participants in, the heads of their columns out, at the top, at the foot and on the way; and the figure's title."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from seqdiag.diagram import Diagram, Participant
from seqdiag.layout.columns import MARGIN, Columns
from seqdiag.layout.labels import flat
from seqdiag.layout.scene import Group, box, text
from seqdiag.layout.theme import VOICES
from seqdiag.layout.widths import SLACK, clip, width
from seqdiag.text import Shown
from seqdiag.words import say

ROLE = 16  # for the role above a head
NAME_MOST = 230
PAD = 14


class Head(msgspec.Struct, frozen=True):
    """One measured head; `role` is None where its name says it already."""

    name: Shown
    address: Shown
    role: Shown | None
    whole: Shown
    width: float
    height: float
    id: str


def measure(diagram: Diagram) -> list[Head]:
    """All heads, equally high. Without a name the role stands in its place."""
    crowd = len(diagram.participants)
    most = NAME_MOST if crowd < 8 else 160
    tall = any(participant.address for participant in diagram.participants)
    found = []
    for participant in diagram.participants:
        role = Shown(say(diagram.lang, f"role.{participant.role}").lower())
        name = clip(flat(participant.name or role), "name", most)
        address = clip(flat(participant.address), "address", most)
        size = max(width(name, "name") * SLACK, width(address, "address"))
        whole = Shown("\n".join(part for part in (participant.name, participant.address, role) if part))
        said = flat(participant.name or role).lower().split()[:1] == [role]
        found.append(Head(name, address, None if said else role, whole, round(size + 2 * PAD), 46 if tall else 30, participant.id))
    return found


def head_groups(heads: list[Head], lifelines: Sequence[float], top: float, roles: bool = True) -> list[Group]:
    groups = []
    for head, x in zip(heads, lifelines, strict=True):
        middle = top + head.height / 2
        texts = [text(x, middle - 3.5 if head.address else middle + 4.7, head.name, "name", "ink", "middle")]
        if head.address:
            texts.append(text(x, middle + 14, head.address, "address", VOICES["address"].paint, "middle"))
        if roles and head.role is not None:
            texts.append(text(x, top - 5, head.role, "role", "soft", "middle"))
        outline = box(x - head.width / 2, top, head.width, head.height, "head", "edge", 1.1, 4)
        groups.append(Group("head", (outline,), texts=tuple(texts), title=head.whole, word=Shown(head.id)))
    return groups


def strip_groups(participants: Sequence[Participant], heads: list[Head], lifelines: Sequence[float], y: float) -> list[Group]:
    """Slim heads within a long figure, so that every screenful says whose lifelines these are."""
    groups = []
    for participant, head, x in zip(participants, heads, lifelines, strict=True):
        words = clip(head.name if participant.name or not head.address else head.address, "strip", head.width - 12)
        size = width(words, "strip") * SLACK + 16
        outline = box(x - size / 2, y - 9, size, 18, "head", "rule", 0.9, 3)
        groups.append(
            Group("head", (outline,), texts=(text(x, y + 3.6, words, "strip", "soft", "middle"),), title=head.whole, word=Shown(head.id))
        )
    return groups


def title_height(diagram: Diagram) -> float:
    """Where the heads may begin."""
    return 12 + (22 if diagram.title else 0) + (18 if diagram.subtitle else 0) + 4


def title_groups(diagram: Diagram, columns: Columns) -> list[Group]:
    y = 12.0
    texts = []
    for words, voice, height in ((diagram.title, "title", 22), (diagram.subtitle, "subtitle", 18)):
        if words:
            line = clip(flat(words), voice, (columns.right - MARGIN) / SLACK)
            texts.append(text(MARGIN, y + height * 0.72, line, voice, VOICES[voice].paint))
            y += height
    whole = Shown("\n".join(part for part in (diagram.title, diagram.subtitle) if part))
    return [Group("title", texts=tuple(texts), title=whole)] if texts else []
