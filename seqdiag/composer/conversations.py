"""One dialogue in, who spoke with whom and how it ended out: what a figure of hosts needs, without the messages."""

from __future__ import annotations

from seqdiag.composer.columns import MOST_NAME, Role, label_of
from seqdiag.composer.options import ComposeOptions
from seqdiag.connections.connection import Control
from seqdiag.diagram import Conversation, Outcome
from seqdiag.events import Endpoint
from seqdiag.protocols import Dialogue
from seqdiag.text import Shown, clip, shown
from seqdiag.words import say


def conversation(dialogue: Dialogue, options: ComposeOptions) -> Conversation:
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
    label = label_of(endpoint, options) or endpoint.host or say(options.lang, f"role.{role}")
    return clip(shown(label), MOST_NAME)
