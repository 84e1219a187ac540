"""Dialogues in, one Diagram out: columns, messages of all sessions in order of observation, phases, notes, caption."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from seqdiag.composer.caption import caption, subtitle, title
from seqdiag.composer.options import ComposeOptions
from seqdiag.composer.session import Draft, SessionComposer
from seqdiag.diagram import Bar, Diagram, Message, Note, Participant, Phase
from seqdiag.events import Endpoint
from seqdiag.protocols import Dialogue
from seqdiag.provenance import Finding
from seqdiag.text import clip, shown
from seqdiag.words import Lang, say

MOST_MESSAGES = 2000
"""Messages that one figure draws unless it is asked for more: past that no reader and few viewers follow."""

MOST_NAME = 60


class _Columns:
    """The participants: one per role, host and port; clients stand left of servers."""

    def __init__(self, dialogues: Sequence[Dialogue], options: ComposeOptions) -> None:
        roles: tuple[Literal["client", "server"], ...] = ("client", "server")
        ends = [(role, getattr(d.connection, role), d.connection.number) for role in roles for d in dialogues]
        keys: dict[tuple[str, Endpoint | str], tuple[Literal["client", "server"], Endpoint]] = {}
        self.key_of: dict[tuple[int, str], tuple[str, Endpoint | str]] = {}
        for role, endpoint, number in ends:
            label = options.names.get(str(endpoint)) or options.names.get(endpoint.host)
            key = (role, label or endpoint)
            keys.setdefault(key, (role, endpoint))
            self.key_of[number, role] = key
        self.ids = {key: f"p{i}" for i, key in enumerate(keys, 1)}
        self.participants = tuple(
            _participant(self.ids[key], role, endpoint, key[1], options.lang) for key, (role, endpoint) in keys.items()
        )

    def id(self, number: int, role: str) -> str:
        return self.ids[self.key_of[number, role]]


def _participant(name: str, role: Literal["client", "server"], endpoint: Endpoint, label: Endpoint | str, lang: Lang) -> Participant:
    words = say(lang, f"role.{role}") if isinstance(label, Endpoint) else label
    address = str(endpoint) if endpoint.port else endpoint.host
    return Participant(name, clip(shown(words), MOST_NAME), clip(shown(address), MOST_NAME), role)


def compose(dialogues: Sequence[Dialogue], options: ComposeOptions, findings: Sequence[Finding] = (), source: str = "") -> Diagram:
    """`dialogues`: those to draw, their secrets already marked (or revealed). `findings`: what concerns no one of them."""
    columns = _Columns(dialogues, options)
    composers = [
        SessionComposer(d, columns.id(d.connection.number, "client"), columns.id(d.connection.number, "server"), options) for d in dialogues
    ]
    drafts = [composer.compose() for composer in composers]
    order = _merge(drafts)
    total = len(order)
    limit = options.first if options.first is not None else MOST_MESSAGES if options.fold else total
    order = order[:limit]
    phases: list[Phase] = []
    phase_of: dict[tuple[int, str], int] = {}
    messages: list[Message] = []
    at: dict[tuple[int, int], int] = {}  # (draft, index in it) -> index in the figure
    for d, i in order:
        draft = drafts[d]
        message, kind = draft.messages[i], draft.kinds[i]
        if (d, kind) not in phase_of:
            phase_of[d, kind] = len(phases)
            phases.append(Phase(message.session, kind, draft.phase_title(kind, options.lang)))
        at[d, i] = len(messages)
        messages.append(replace(message, phase=phase_of[d, kind]))
    notes = [
        Note(note.session, _place(at, d, note.before, len(draft.messages), len(messages)), note.text, note.kind)
        for d, draft in enumerate(drafts)
        for note in draft.notes
        if note.before in (0, len(draft.messages)) or (d, note.before) in at
    ]
    if total > len(messages):
        notes.append(
            Note(
                dialogues[0].connection.number, len(messages), shown(say(options.lang, "note.cap", count=total - len(messages))), "finding"
            )
        )
    bars = [
        Bar(
            bar.session,
            bar.participant,
            bar.kind,
            bar.title,
            bar.detail,
            at[d, bar.first],
            at[d, min(bar.last, _last(at, d))],
            bar.inferred,
        )
        for d, draft in enumerate(drafts)
        for bar in draft.bars
        if (d, bar.first) in at
    ]
    own = tuple(finding for d in dialogues for finding in d.connection.findings)
    return Diagram(
        title=clip(shown(options.title), 200) if options.title else title(dialogues, options.lang),
        subtitle=subtitle(dialogues, source, time.gmtime),
        lang=options.lang,
        participants=columns.participants,
        sessions=tuple(draft.session for draft in drafts),
        phases=tuple(phases),
        messages=tuple(messages),
        bars=tuple(bars),
        notes=tuple(sorted(notes, key=lambda note: note.before)),
        caption=caption(dialogues, drafts, messages, total, options),
        findings=(*findings, *own),
        timed=any(message.t is not None for message in messages) or not messages,
        explained=options.explain,
    )


def _merge(drafts: Sequence[Draft]) -> list[tuple[int, int]]:
    """All drafts' messages, each draft in its own order, by time across drafts (where both have one)."""
    keyed = []
    for d, draft in enumerate(drafts):
        latest = -1
        for i, message in enumerate(draft.messages):
            latest = max(latest, message.t if message.t is not None else latest)
            keyed.append((latest, d, i))
    if len(drafts) > 1 and all(m.t is not None for draft in drafts for m in draft.messages):
        keyed.sort()
    return [(d, i) for _, d, i in keyed]


def _place(at: Mapping[tuple[int, int], int], d: int, before: int, own: int, count: int) -> int:
    """Where in the figure a note of draft `d` stands: before the same message; at the draft's end, after its last."""
    if (d, before) in at and before < own:
        return at[d, before]
    return _last_index(at, d) + 1 if any(key[0] == d for key in at) else count


def _last(at: Mapping[tuple[int, int], int], d: int) -> int:
    return max(i for draft, i in at if draft == d)


def _last_index(at: Mapping[tuple[int, int], int], d: int) -> int:
    return max(index for (draft, _), index in at.items() if draft == d)
