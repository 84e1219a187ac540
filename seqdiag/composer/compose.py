"""Dialogues in, one Diagram out: columns, messages of all sessions in order of observation, phases, notes, caption."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from seqdiag.composer.annotate import annotate
from seqdiag.composer.caption import caption, subtitle, title
from seqdiag.composer.columns import Columns, fitting
from seqdiag.composer.conversations import conversation
from seqdiag.composer.folding import fold
from seqdiag.composer.labels import displayable
from seqdiag.composer.options import ComposeOptions
from seqdiag.composer.paths import machines, paths
from seqdiag.composer.session import Draft, SessionComposer
from seqdiag.diagram import Diagram, Message, Note, Phase
from seqdiag.protocols import Dialogue
from seqdiag.provenance import Finding
from seqdiag.text import clip, shown
from seqdiag.words import Lang, say

MOST_NOTES = 500


def compose(dialogues: Sequence[Dialogue], options: ComposeOptions, findings: Sequence[Finding] = (), source: str = "") -> Diagram:
    """`dialogues`: those to draw, their secrets already marked (or revealed). `findings`: what concerns no one of them."""
    everything, dialogues = dialogues, fitting(dialogues, options)
    columns = Columns(dialogues, options)
    columns.check()
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
    asked = options.title or options.annotations.title
    figure = Diagram(
        title=clip(shown(asked), 200) if asked else title(everything, options.lang),
        subtitle=subtitle(everything, source, time.gmtime),
        lang=options.lang,
        participants=columns.participants,
        sessions=tuple(draft.session for draft in drafts),
        phases=tuple(phases),
        messages=tuple(messages),
        bars=tuple(bars),
        notes=tuple(sorted(notes, key=lambda note: note.before)),
        findings=tuple(Finding(shown(f.text), f.origin and displayable(f.origin), f.damage) for f in (*findings, *own)),
        timed=any(message.t is not None for message in messages) or not messages,
        explained=options.explain,
        conversations=tuple(conversation(d, options) for d in everything),
        machines=machines(ways, options.lang),
        paths=tuple(ways),
    )
    figure = annotate(figure, options.annotations)
    figure = fold(figure) if options.fold else figure
    said = caption(dialogues, drafts, figure.messages, total, len(everything), options)
    return replace(figure, caption=(*said, *figure.caption))


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
