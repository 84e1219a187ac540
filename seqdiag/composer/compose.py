"""Dialogues in, one Diagram out: columns, messages of all sessions in order of observation, phases, notes, caption."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from msgspec.structs import replace

from seqdiag.composer.caption import caption, subtitle, title
from seqdiag.composer.labels import displayable
from seqdiag.composer.options import ComposeOptions
from seqdiag.composer.paths import machines, paths
from seqdiag.composer.session import Draft, SessionComposer
from seqdiag.connections.connection import Control
from seqdiag.diagram import Conversation, Diagram, Message, Note, Outcome, Participant, Phase
from seqdiag.errors import LimitError
from seqdiag.events import Endpoint
from seqdiag.protocols import Dialogue
from seqdiag.provenance import Finding
from seqdiag.text import Shown, clip, shown
from seqdiag.words import Lang, say

MOST_COLUMNS = 100
"""Columns of one figure unless all are asked for (--no-fold)."""

COLUMNS_AT_ALL = 400
"""More columns than this nobody draws: the size of a figure grows with their square."""

MOST_NOTES = 500
MOST_NAME = 60


Role: TypeAlias = Literal["client", "server"]
Key: TypeAlias = tuple[Role, Endpoint | str]
ROLES: tuple[Role, Role] = ("client", "server")


class _Columns:
    """The participants: one per role, host and port; clients stand left of servers."""

    def __init__(self, dialogues: Sequence[Dialogue], options: ComposeOptions) -> None:
        keys: dict[Key, tuple[Role, Endpoint]] = {}
        self.key_of: dict[tuple[int, Role], Key] = {}
        for role in ROLES:
            for d in dialogues:
                keys.setdefault(_key(d, role, options), (role, getattr(d.connection, role)))
                self.key_of[d.connection.number, role] = _key(d, role, options)
        self.ids = {key: f"p{i}" for i, key in enumerate(keys, 1)}
        self.participants = tuple(
            _participant(self.ids[key], role, endpoint, key[1], options.lang) for key, (role, endpoint) in keys.items()
        )

    def id(self, number: int, role: Role) -> str:
        return self.ids[self.key_of[number, role]]


def _key(dialogue: Dialogue, role: Role, options: ComposeOptions) -> Key:
    endpoint: Endpoint = getattr(dialogue.connection, role)
    return role, options.names.get(str(endpoint)) or options.names.get(endpoint.host) or endpoint


def _fitting(dialogues: Sequence[Dialogue], options: ComposeOptions) -> list[Dialogue]:
    """Those that have room: a dialogue that would need one column too many is left out."""
    most = MOST_COLUMNS if options.fold else COLUMNS_AT_ALL
    columns: set[Key] = set()
    fitting = []
    for dialogue in dialogues:
        wanted = columns | {_key(dialogue, role, options) for role in ROLES} if len(columns) < most else columns
        if len(wanted) <= most and all(_key(dialogue, role, options) in wanted for role in ROLES):
            columns = wanted
            fitting.append(dialogue)
    if len(fitting) < len(dialogues) and not options.fold:
        raise LimitError(f"{len(dialogues)} conversations need more than {most} columns; choose fewer with -s, or leave --no-fold out")
    return fitting


def _participant(name: str, role: Role, endpoint: Endpoint, label: Endpoint | str, lang: Lang) -> Participant:
    words = say(lang, f"role.{role}") if isinstance(label, Endpoint) else label
    address = str(endpoint) if endpoint.port else endpoint.host
    return Participant(name, clip(shown(words), MOST_NAME), clip(shown(address), MOST_NAME), role)


def compose(dialogues: Sequence[Dialogue], options: ComposeOptions, findings: Sequence[Finding] = (), source: str = "") -> Diagram:
    """`dialogues`: those to draw, their secrets already marked (or revealed). `findings`: what concerns no one of them."""
    everything, dialogues = dialogues, _fitting(dialogues, options)
    columns = _Columns(dialogues, options)
    composers = [
        SessionComposer(d, columns.id(d.connection.number, "client"), columns.id(d.connection.number, "server"), options) for d in dialogues
    ]
    drafts = [composer.compose() for composer in composers]
    order = _merge(drafts)
    total = len(order)
    order = order[: options.most]
    phases: list[Phase] = []
    phase_of: dict[tuple[int, str], int] = {}
    messages: list[Message] = []
    at: dict[tuple[int, int], int] = {}  # (draft, index in it) -> index in the figure
    drawn = [0] * len(drafts)  # how many messages of each draft
    for d, i in order:
        draft = drafts[d]
        message, kind = draft.messages[i], draft.kinds[i]
        if (d, kind) not in phase_of:
            phase_of[d, kind] = len(phases)
            phases.append(Phase(message.session, kind, draft.phase_title(kind, options.lang)))
        at[d, i] = len(messages)
        drawn[d] += 1
        messages.append(replace(message, phase=phase_of[d, kind], origins=tuple(map(displayable, message.origins))))
    notes = [
        replace(note, before=place)
        for d, draft in enumerate(drafts)
        for note in draft.notes
        if (place := _place(at, d, note.before, len(draft.messages), len(messages))) is not None
    ]
    notes = _folded(notes, options) if options.fold else notes
    for remark in _left_out(everything, dialogues, total - len(messages), options.lang):
        notes.append(Note(dialogues[0].connection.number, len(messages), shown(remark), "finding"))
    bars = [
        replace(bar, first=at[d, bar.first], last=at[d, min(bar.last, drawn[d] - 1)])
        for d, draft in enumerate(drafts)
        for bar in draft.bars
        if (d, bar.first) in at
    ]
    ways = [path for d in dialogues for path in paths(d, options.lang)]
    own = tuple(finding for d in dialogues for finding in d.connection.findings)
    return Diagram(
        title=clip(shown(options.title), 200) if options.title else title(everything, options.lang),
        subtitle=subtitle(everything, source, time.gmtime),
        lang=options.lang,
        participants=columns.participants,
        sessions=tuple(draft.session for draft in drafts),
        phases=tuple(phases),
        messages=tuple(messages),
        bars=tuple(bars),
        notes=tuple(sorted(notes, key=lambda note: note.before)),
        caption=caption(dialogues, drafts, messages, total, len(everything), options),
        findings=tuple(Finding(shown(f.text), f.origin and displayable(f.origin), f.damage) for f in (*findings, *own)),
        timed=any(message.t is not None for message in messages) or not messages,
        explained=options.explain,
        conversations=tuple(_conversation(d, options) for d in everything),
        machines=machines(ways, options.lang),
        paths=tuple(ways),
    )


def _conversation(dialogue: Dialogue, options: ComposeOptions) -> Conversation:
    c = dialogue.connection
    failed = any(isinstance(step, Control) and step.what == "failed" for step in c.steps)
    outcome: Outcome = (
        "refused" if failed else c.opened if c.opened in ("refused", "unanswered") else "reset" if c.closed == "reset" else "ok"
    )
    return Conversation(
        session=c.number,
        client=_host(c.client, "client", options),
        server=_host(c.server, "server", options),
        port=c.server.port or None,
        transport=c.transport,
        protocol=shown(dialogue.protocol.upper()) if dialogue.protocol else None,
        outcome=outcome,
        messages=len(dialogue.pdus),
        bytes=sum(c.bytes.values()),
    )


def _host(endpoint: Endpoint, role: Role, options: ComposeOptions) -> Shown:
    """A host's label or address; the role of one that has neither."""
    label = options.names.get(str(endpoint)) or options.names.get(endpoint.host) or endpoint.host or say(options.lang, f"role.{role}")
    return clip(shown(label), MOST_NAME)


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


def _place(at: Mapping[tuple[int, int], int], d: int, before: int, own: int, count: int) -> int | None:
    """Where in the figure a note of draft `d` stands: before the same message; at the draft's end, after its last.
    None where that message is not drawn."""
    if not own:
        return count
    if before < own:
        return at.get((d, before))
    return at[d, own - 1] + 1 if (d, own - 1) in at else None


def _folded(notes: Sequence[Note], options: ComposeOptions) -> list[Note]:
    """The same remark again in the same place is counted; what is past all reading, too."""
    times: dict[Note, int] = {}
    for note in notes:
        times[note] = times.get(note, 0) + 1
    folded = [note if n == 1 else replace(note, text=shown(f"{note.text} (×{n})")) for note, n in times.items()]
    if len(folded) > MOST_NOTES:
        last = folded[MOST_NOTES - 1]
        more = shown(say(options.lang, "note.more", count=len(folded) - MOST_NOTES))
        folded = [*folded[:MOST_NOTES], Note(last.session, last.before, more, "finding")]
    return folded


def _left_out(everything: Sequence[Dialogue], drawn: Sequence[Dialogue], messages: int, lang: Lang) -> list[str]:
    """What the figure has no room for."""
    said = [say(lang, "note.cap", count=messages)] if messages else []
    numbers = {d.connection.number for d in drawn}
    left = [d.connection for d in everything if d.connection.number not in numbers]
    if left:
        said.append(say(lang, "note.sessions", count=len(left)))
        attempts = sum(c.opened in ("unanswered", "refused") for c in left)
        if attempts:
            said.append(say(lang, "note.attempts", count=attempts))
    return said
