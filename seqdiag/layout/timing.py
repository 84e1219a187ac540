"""What a placed figure says of its own time out, for its caption: what is to scale, and what of its slants was seen."""

from __future__ import annotations

from seqdiag.diagram import Diagram, Session
from seqdiag.layout.rows import Rows
from seqdiag.text import Shown
from seqdiag.words import duration, say


def timing(diagram: Diagram, px_per_ms: float, placed: Rows) -> list[Shown]:
    if not px_per_ms:
        return [Shown(say(diagram.lang, "caption.rows"))]
    parts = ["caption.scale", *(["caption.scale.cut"] if placed.cuts else [])]
    sentences = [Shown((" " if diagram.lang == "en" else "").join(say(diagram.lang, part) for part in parts))]
    told = dict.fromkeys(_slant(session) for session in diagram.sessions if session.taken_at is not None)
    for key, time in told:
        if key:
            sentences.append(Shown(say(diagram.lang, key, time=time)))
    return sentences


def _slant(session: Session) -> tuple[str, str]:
    """The sentence about a session's slants, and the round trip that it names."""
    if session.taken_at == "unknown" or session.to_client is None or session.to_server is None:
        return "caption.level", ""
    time = duration(2 * (session.to_client + session.to_server))
    if session.taken_at == "both":
        return ("caption.slant.both" if session.to_client or session.to_server else ""), ""
    return f"caption.slant.{session.taken_at}", time
