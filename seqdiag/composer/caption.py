"""What stands above and below a figure: its title, where and when it was taken, what it leaves out and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from seqdiag.composer.options import ComposeOptions
from seqdiag.composer.session import Draft
from seqdiag.diagram import Message
from seqdiag.protocols import Dialogue
from seqdiag.text import Shown, clip, shown
from seqdiag.words import Lang, duration, say

SECOND = 1_000_000_000
FIVE_DIGIT_YEAR = 253_402_300_800
"""Seconds since 1970 from which a year no longer has four digits (and a damaged clock is likely)."""

MOST_FINDINGS = 10
"""Findings told under a figure; the rest is counted."""


def title(dialogues: Sequence[Dialogue], lang: Lang) -> Shown:
    names = list(dict.fromkeys(d.protocol.upper() for d in dialogues if d.protocol))
    if len(dialogues) > 1:
        several = say(lang, "title.several", count=len(dialogues))
        return shown(f"{several}: {', '.join(names)}" if names else several)
    if names:
        return shown(say(lang, "title.session", protocol=names[0]))
    return shown(say(lang, "title.udp" if dialogues and dialogues[0].connection.transport == "udp" else "title.tcp"))


def subtitle(dialogues: Sequence[Dialogue], source: str, gmtime: Callable[[float], time.struct_time]) -> Shown:
    """The source and the first frame's date and time of day (UTC)."""
    parts = [source] if source else []
    if len(dialogues) == 1:
        ends = dialogues[0].connection.client, dialogues[0].connection.server
        parts += [" → ".join(map(str, ends))] if all(end.host for end in ends) else [str(end) for end in ends if end.host]
    first = min((d.connection.first for d in dialogues if d.connection.first is not None), default=None)
    if first is not None and SECOND <= first < FIVE_DIGIT_YEAR * SECOND:
        parts.append(time.strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(first // SECOND)))
    return clip(shown(" · ".join(parts)), 200)


def caption(
    dialogues: Sequence[Dialogue], drafts: Sequence[Draft], messages: Sequence[Message], total: int, sessions: int, options: ComposeOptions
) -> tuple[Shown, ...]:
    """`total` and `sessions`: how many messages and sessions there are, drawn or not."""
    lang = options.lang
    sentences: list[str] = []
    timed = any(message.t is not None for message in messages)
    if not timed:
        sentences.append(say(lang, "caption.untimed"))
    if len(dialogues) < sessions:
        sentences.append(say(lang, "caption.sessions", drawn=len(dialogues), total=sessions))
    if len(messages) < total:
        sentences.append(say(lang, "caption.messages", drawn=len(messages), total=total))
        if any(message.times > 1 for message in messages):
            sentences.append(say(lang, "caption.folded"))
    else:
        sentences += _segments(dialogues, drafts, messages, lang)
    if any("inferred" in message.marks for message in messages):
        sentences.append(say(lang, "caption.inferred"))
    elif any(m.receiver_state is not None and m.receiver_state.inferred for m in messages):
        sentences.append(say(lang, "caption.estimated"))
    sentences += list(dict.fromkeys(sentence for d in dialogues for sentence in _vantage(d, lang)))
    hidden = any(run.kind == "hidden" for message in messages for line in message.lines for run in line.runs)
    if options.show_secrets:
        sentences.append(say(lang, "caption.shown_secrets"))
    elif hidden and not any(d.protocol == "tls" for d in dialogues):
        symbolic = any(run.kind == "number" and " v" in f" {run.text}" for m in messages for line in m.lines for run in line.runs)
        sentences.append(say(lang, "caption.hidden" if symbolic else "caption.hidden.plain"))
    if any(run.kind == "decoded" for message in messages for line in message.lines for run in line.runs):
        sentences.append(say(lang, "caption.voice"))
    findings = list(dict.fromkeys(f.text for d in dialogues for f in d.connection.findings))
    sentences += [say(lang, "caption.finding", text=finding) for finding in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        sentences.append(say(lang, "caption.findings", count=len(findings) - MOST_FINDINGS))
    return tuple(clip(shown(sentence), 300) for sentence in sentences)


def _vantage(dialogue: Dialogue, lang: Lang) -> list[str]:
    """Where the capture was taken, and how far two points' clocks are to be trusted."""
    connection = dialogue.connection
    if not connection.captured or connection.transport != "tcp":
        return []
    joint = "、" if lang == "zh" else ", "
    evidence = joint.join(say(lang, f"evidence.{word}") for word in connection.evidence)
    alignment = connection.alignment
    if alignment is not None:
        clock = say(
            lang,
            "caption.clock",
            offset=duration(abs(alignment.offset)),
            drift=f"{alignment.drift_ppm:.1f}",
            uncertainty=duration(alignment.uncertainty),
        )
        return [say(lang, "caption.taken.both"), clock]
    place = "loopback" if connection.evidence == ("loopback",) else connection.taken_at
    return [say(lang, f"caption.taken.{place}", evidence=evidence)]


def _segments(dialogues: Sequence[Dialogue], drafts: Sequence[Draft], messages: Sequence[Message], lang: Lang) -> list[str]:
    """How many of the captured segments the figure draws, and what the others were."""
    captured = sum(sum(d.connection.packets.values()) for d in dialogues if d.connection.captured and d.connection.transport == "tcp")
    if not captured:
        return []
    drawn = len({(message.session, origin) for message in messages for origin in message.origins})
    if drawn >= captured:
        return [say(lang, "caption.all", count=captured)]
    left: dict[str, int] = {}
    for draft in drafts:
        for kind, count in draft.left_out.items():
            left[kind] = left.get(kind, 0) + count
    left.pop("others", None)
    left["others"] = captured - drawn - sum(left.values())
    joint = "、" if lang == "zh" else ", "
    parts = joint.join(say(lang, f"caption.{kind}", count=count) for kind, count in left.items() if count > 0)
    return [say(lang, "caption.shown", drawn=drawn, total=captured, parts=parts)]
