"""A Diagram in, its pages out: each a Diagram of its own that begins as the one before it ended."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from seqdiag.composer.excerpt import excerpt
from seqdiag.diagram import Diagram, Life, Message, Session
from seqdiag.provenance import Nanoseconds
from seqdiag.text import clip, shown
from seqdiag.words import say

Lives = dict[tuple[int, str], Life]
"""A lifeline's state, by session and column."""


def pages(diagram: Diagram, most: int) -> list[Diagram]:
    """At most `most` messages each. A figure that needs no more than one page stays as it is."""
    total = len(diagram.messages)
    if total <= most:
        return [diagram]
    lives: Lives = {(s.number, end): s.before(end) for s in diagram.sessions for end in (s.client, s.server)}
    starts = range(0, total, most)
    found = []
    for number, first in enumerate(starts, 1):
        end = min(first + most, total)
        above = diagram.messages[:first]
        page = _page(diagram, first, end)
        said = say(diagram.lang, "caption.page", page=number, pages=len(starts), first=first + 1, last=end, total=total)
        title = say(diagram.lang, "title.page", title=diagram.title, page=number, pages=len(starts))
        found.append(
            replace(
                page,
                title=clip(shown(title), 220),
                sessions=tuple(_begun(session, lives) for session in diagram.sessions),
                caption=(shown(said), *diagram.caption),
                since=_since(diagram, above),
            )
        )
        _live(lives, page.messages)
    return found


def _page(diagram: Diagram, first: int, end: int) -> Diagram:
    """The messages from `first` to before `end` with their notes; a phase that goes on says so."""
    total = len(diagram.messages)
    begun = {message.phase for message in diagram.messages[:first]}
    phases = tuple(
        replace(phase, title=shown(say(diagram.lang, "phase.continued", title=phase.title))) if index in begun else phase
        for index, phase in enumerate(diagram.phases)
    )
    notes = tuple(note for note in diagram.notes if first <= min(note.before, total) < end or end == total <= note.before)
    return excerpt(replace(diagram, phases=phases, notes=notes), range(first, end))


def _begun(session: Session, lives: Lives) -> Session:
    client, server = lives[session.number, session.client], lives[session.number, session.server]
    return replace(session, life_before=client, server_before=server if server != client else None)


def _live(lives: Lives, messages: Iterable[Message]) -> None:
    """What the lifelines have become after these messages."""
    for message in messages:
        for end, state in ((message.sender, message.sender_state), (message.receiver, message.receiver_state)):
            if state is not None:
                lives[message.session, end] = state.life


def _since(diagram: Diagram, above: tuple[Message, ...]) -> tuple[Nanoseconds, Nanoseconds] | None:
    known = [message.t for message in above if message.t is not None]
    return (known[0], known[-1]) if known else diagram.since
