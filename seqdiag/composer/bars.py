"""Decoded messages in, the protocol's own states out: a bar from the message that entered a state to the one that left it."""

from __future__ import annotations

from collections.abc import Mapping

from seqdiag.diagram import Bar
from seqdiag.protocols import Dialogue
from seqdiag.text import shown
from seqdiag.words import Lang, find


def bars(dialogue: Dialogue, message_of: Mapping[int, int], server: str, inferred: bool, lang: Lang) -> list[Bar]:
    """Where the protocol's table has names for its states. `message_of`: each drawn PDU's message; `server`: its column."""
    protocol = dialogue.protocol
    entered: list[tuple[str, int]] = []
    last = 0
    for i, (_, pdu) in enumerate(dialogue.pdus):
        if i not in message_of:
            continue
        last = message_of[i]
        if pdu.state and pdu.protocol != "tls" and (not entered or entered[-1][0] != pdu.state):
            entered.append((pdu.state, message_of[i]))
    found = []
    for k, (state, first) in enumerate(entered):
        name = find(lang, f"state.{protocol}.{state}")
        if name is not None:
            end = entered[k + 1][1] if k + 1 < len(entered) else last
            title, detail = (shown(name), shown(state)) if name.upper() != state else (shown(state), shown(""))
            found.append(Bar(dialogue.connection.number, server, state.lower(), title, detail, first, end, inferred))
    return found
