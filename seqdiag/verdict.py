"""One dialogue in, one short phrase out that sums it up for a person: "ok", "550 at RCPT", "refused"."""

from __future__ import annotations

from seqdiag.connections.connection import Connection, Control
from seqdiag.exchanges import unanswered_for
from seqdiag.protocols import Dialogue
from seqdiag.protocols.base import Pdu
from seqdiag.words import Lang, duration, find, say

LONG_SILENCE = 1_000_000_000
"""Nanoseconds from which a silence is named by its length."""

GREETINGS = {"HELO": "EHLO", "LHLO": "EHLO", "APOP": "login", "AUTH": "login", "PASS": "login"}
"""Commands of one purpose: a refused EHLO does no harm where HELO is accepted, nor a refused PASS where a later one is."""


def verdict(dialogue: Dialogue, lang: Lang = "en") -> str:
    connection = dialogue.connection
    pdus = [placed.pdu for placed in dialogue.pdus]
    failed = next((s for s in connection.steps if isinstance(s, Control) and s.what == "failed"), None)
    if failed is not None:
        return say(lang, "verdict.failed", error=failed.error or "")
    if connection.opened == "refused":
        return _refused(connection, lang)
    if connection.opened == "unanswered":
        return say(lang, "verdict.unanswered")
    complaint = _complaint(pdus, lang)
    if complaint is not None:
        return complaint
    waiting = _unanswered(pdus)
    if connection.closed == "reset" and connection.closed_by is not None:
        who = say(lang, f"who.{connection.closed_by}")
        return say(lang, "verdict.reset.during", who=who, verb=waiting) if waiting else say(lang, "verdict.reset", who=who)
    if waiting and waiting != "QUIT":
        silence = unanswered_for(dialogue)
        if silence is not None and silence >= LONG_SILENCE:
            return say(lang, "verdict.silence.command", verb=waiting, time=duration(silence))
        return say(lang, "verdict.unanswered.command", verb=waiting)
    if dialogue.protocol is None and connection.closed != "fin":
        silence = unanswered_for(dialogue)
        if silence is not None and silence >= LONG_SILENCE:
            return say(lang, "verdict.silence", time=duration(silence))
    if connection.captured and connection.transport == "tcp" and connection.closed == "open":
        return say(lang, "verdict.ended")
    return say(lang, "verdict.ok")


def _refused(connection: Connection, lang: Lang) -> str:
    error = next((s.error for s in connection.steps if isinstance(s, Control) and s.what == "ICMP"), None)
    words = find(lang, f"icmp.{error}") if error else None
    return say(lang, "verdict.icmp", error=words) if words else say(lang, "verdict.refused")


def _verb(pdus: list[Pdu], reply: Pdu) -> str:
    """The command that a reply answers; the reply after a body answers its DATA."""
    command = pdus[reply.answers] if reply.answers is not None and reply.answers < len(pdus) else None
    return "" if command is None else command.verb or "DATA"


def _complaint(pdus: list[Pdu], lang: Lang) -> str | None:
    """The first refusal that no later success of the same command mended."""
    replies = [(i, p, _verb(pdus, p)) for i, p in enumerate(pdus) if p.kind in ("reply", "greeting")]
    mended_at = {GREETINGS.get(verb, verb): i for i, p, verb in replies if not p.refused and p.code not in ("334", "+")}
    for i, reply, verb in replies:
        if not reply.refused:
            continue
        if reply.kind == "greeting":
            return say(lang, "verdict.code.greeting", code=reply.code or "")
        if verb == "RCPT" or mended_at.get(GREETINGS.get(verb, verb), -1) < i:
            return say(lang, "verdict.code", code=reply.code or "", verb=verb) if verb else reply.code
    return None


def _unanswered(pdus: list[Pdu]) -> str | None:
    """The verb of the last command or body, where nothing answered it."""
    answered = {p.answers for p in pdus if p.kind == "reply"}
    for i in range(len(pdus) - 1, -1, -1):
        if pdus[i].kind in ("command", "body") and pdus[i].side == "client":
            return None if i in answered or any(p.side == "server" for p in pdus[i + 1 :]) else pdus[i].verb or "DATA"
        if pdus[i].side == "server":
            return None
    return None
