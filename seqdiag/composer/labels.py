"""One PDU or one control segment in, the line that a figure prints of it out.

Wire text stands exactly as it was, a secret as one `hidden` run of one width, and what is decoded or summed up in
words of the figure's language beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqdiag.connections.connection import Control
from seqdiag.diagram import Line, Run
from seqdiag.events import ACK, FIN, PSH, RST, SYN, URG
from seqdiag.protocols.base import Fact, Pdu, Secret
from seqdiag.provenance import Origin
from seqdiag.text import Shown, clip, show, shown
from seqdiag.words import Lang, find, say

WIRE_LIMIT = 160
"""Characters of wire text in one label; the rest is an ellipsis, and the count of bytes stays true."""

WORDS_LIMIT = 100
"""Characters of one decoded text."""

Value = Mapping[str, str | int]


def _text(lang: Lang, values: Value, key: str, name: str) -> str:
    return say(lang, key, **{name: clip(shown(str(values[name])), WORDS_LIMIT)}) if values.get(name) not in (None, "") else ""


def _more_lines(lang: Lang, v: Value) -> str:
    first = v.get("first")
    if first:
        return say(lang, "fact.more_lines", count=v["count"], first=clip(shown(str(first)), WORDS_LIMIT))
    return say(lang, "fact.more_lines.plain", count=v["count"])


def _client_hello(lang: Lang, v: Value) -> str:
    return _text(lang, v, "fact.client_hello.sni", "sni") or say(lang, "fact.client_hello")


def _revealed(lang: Lang, v: Value) -> str:
    return say(lang, "secret.revealed", what=say(lang, f"secret.{v['what']}"), text=clip(shown(str(v["text"])), WORDS_LIMIT))


def _plain(key: str) -> Callable[[Lang, Value], str]:
    return lambda lang, v: say(lang, key)


def _named(key: str, name: str) -> Callable[[Lang, Value], str]:
    return lambda lang, v: _text(lang, v, key, name)


def _counted(key: str, name: str) -> Callable[[Lang, Value], str]:
    return lambda lang, v: say(lang, key, **{name: int(v[name])})


DECODED: dict[str, Callable[[Lang, Value], str]] = {
    "user": _named("fact.user", "user"),
    "decoded": _named("fact.decoded", "text"),
    "more_lines": _more_lines,
    "message": _counted("fact.message", "bytes"),
    "subject": _named("fact.subject", "text"),
    "bytes": _counted("fact.bytes", "bytes"),
    "chunk": _counted("fact.chunk", "bytes"),
    "listing": _counted("fact.listing", "count"),
    "injection": _plain("fact.injection"),
    "smuggling": _plain("fact.smuggling"),
    "wrong_state": _named("fact.wrong_state", "state"),
    "codes_differ": _plain("fact.codes_differ"),
    "incomplete": _plain("fact.incomplete"),
    "elided": _plain("fact.elided"),
    "bare_lf": _plain("fact.bare_lf"),
    "not_tls": _counted("fact.not_tls", "bytes"),
    "removed": _counted("fact.removed", "count"),
    "not_removed": _counted("fact.not_removed", "count"),
    "tls": lambda lang, v: _text(lang, v, "fact.tls.version", "version") or say(lang, "fact.tls"),
    "client_hello": _client_hello,
    "alert": _named("fact.alert", "description"),
    "revealed": _revealed,
}
"""Facts that stand in the label; those of `meaning` and the ones that only scripts read are not in it."""

WARNINGS = frozenset(("injection", "smuggling", "wrong_state", "codes_differ", "bare_lf"))


def pdu_line(pdu: Pdu, lang: Lang, n: int | None, command: Pdu | None, segments: int = 1) -> Line:
    """`command`: the PDU that this one answers. `segments`: how many brought it (told of a message)."""
    runs = wire_runs(pdu, lang)
    for secret in pdu.secrets:
        if pdu.wire[0] <= secret.start < pdu.wire[1]:
            runs.append(Run(shown(_secret(pdu, secret, lang)), "decoded"))
            if secret.shown:
                runs.append(Run(clip(shown(say(lang, "fact.user", user=secret.shown)), WORDS_LIMIT), "decoded"))
    for fact in pdu.facts:
        if fact.kind == "message" and segments > 1:
            words = say(lang, "fact.message.segments", bytes=int(fact.values["bytes"]), count=segments)
        elif fact.kind in DECODED:
            words = DECODED[fact.kind](lang, fact.values)
        else:
            continue
        if words:
            runs.append(Run(shown(words), "decoded"))
    if not runs:
        runs.append(Run(shown(say(lang, "fact.bytes", bytes=len(pdu.raw))), "decoded"))
    warned = any(fact.kind in WARNINGS for fact in pdu.facts)
    return Line(tuple(runs), meaning(pdu, lang, command), pdu.refused or warned, n)


def wire_runs(pdu: Pdu, lang: Lang) -> list[Run]:
    """The PDU's wire text, cut at its secrets."""
    start, end = pdu.wire
    runs: list[Run] = []
    at = start
    for secret in pdu.secrets:
        if not start <= secret.start < end:
            continue
        if secret.start > at:
            runs.append(_wire(pdu.raw[at : secret.start]))
        runs.append(Run(shown(say(lang, "hidden")), "hidden"))
        at = min(secret.end, end)
    if at < end:
        runs.append(_wire(pdu.raw[at:end]))
    return [run for run in runs if run.text]


def _wire(raw: bytes) -> Run:
    return Run(clip(Shown(show(raw[: 4 * WIRE_LIMIT]).strip()), WIRE_LIMIT), "wire")


def _secret(pdu: Pdu, secret: Secret, lang: Lang) -> str:
    """What a hidden value is, and how little protected it travelled."""
    what = say(lang, f"secret.{secret.kind}")
    if secret.kind == "repeated":
        return what
    if pdu.verb == "PASS":
        return say(lang, "secret.clear", what=what)
    return say(lang, "secret.hash" if secret.kind in ("digest", "challenge") else "secret.base64", what=what)


def _fact(pdu: Pdu, kind: str) -> Fact | None:
    return next((fact for fact in pdu.facts if fact.kind == kind), None)


def meaning(pdu: Pdu, lang: Lang, command: Pdu | None) -> Shown | None:
    """What a reply's code means after the command it answers; a recipient is named. None where no table tells."""
    if pdu.code is None:
        return None
    verb = "greeting" if pdu.kind == "greeting" else command.verb or "DATA" if command is not None else ""
    if (maildrop := _fact(pdu, "maildrop")) is not None:
        return shown(say(lang, "pop3.+OK.STAT.known", count=int(maildrop.values["count"]), octets=int(maildrop.values["octets"])))
    if (recipient := _fact(pdu, "recipient")) is not None and pdu.code[:1] in "245":
        key = "fact.refuses" if pdu.refused else "fact.accepts"
        return clip(shown(say(lang, key, address=str(recipient.values["address"]))), WORDS_LIMIT)
    words = find(lang, f"{pdu.protocol}.{pdu.code}.{verb}", f"{pdu.protocol}.{pdu.code}")
    if words is None:
        return shown(say(lang, "meaning.refused")) if pdu.refused else None
    return shown(words)


EMPTY = ("zero window", "probe", "window update", "duplicate ACK", "keep-alive", "keep-alive ACK", "copy", "corrupt")
"""Segments that carry nothing of the stream and have a name for it."""

FLAG_NAMES = ((SYN, "SYN"), (FIN, "FIN"), (RST, "RST"), (PSH, "PSH"), (ACK, "ACK"), (URG, "URG"))


def control_runs(control: Control, lang: Lang, numbers: str) -> tuple[Run, ...]:
    """`FIN, ACK` and the sequence numbers; what a program's words implied has its bare name."""
    if control.what == "failed":
        words = say(lang, "control.failed", error=clip(shown(control.error or ""), WORDS_LIMIT))
        return (Run(shown(words), "decoded"),)
    flags = ", ".join(name for bit, name in FLAG_NAMES if control.flags & bit) or control.what.replace("+", ", ")
    runs = [Run(shown(flags), "flags")]
    if numbers:
        runs.append(Run(shown(numbers), "number"))
    if control.what in EMPTY:
        runs.append(Run(shown(say(lang, f"control.{control.what}")), "decoded"))
    elif control.repeated and control.again is None:
        runs.append(Run(shown(say(lang, "control.repeated")), "decoded"))
    elif control.what == "RST" and control.phase is None:
        runs.append(Run(shown(say(lang, "control.ignored")), "decoded"))
    return tuple(runs)


def displayable(origin: Origin) -> Origin:
    """The same frame or line of a source whose name can be shown: an event list's may be anything."""
    name = shown(origin.source).replace("\n", "\u240a")
    return origin if name == origin.source else Origin(name, origin.index)
