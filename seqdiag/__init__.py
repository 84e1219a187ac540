"""Turn protocol sessions into sequence diagrams: `seqdiag.draw("mail.pcap").save("mail.svg")`.

`draw`, `sessions`, `messages` and `event_list` do what the commands draw, sessions, messages and events do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Figure", "__version__", "draw", "event_list", "messages", "sessions"]

if TYPE_CHECKING:
    from seqdiag.api import Figure, draw, event_list, messages, sessions


def __getattr__(name: str) -> Any:
    """The functions are imported when first used: the command line's `--help` needs none of them."""
    if name in __all__:
        from seqdiag import api

        return getattr(api, name)
    raise AttributeError(f"module 'seqdiag' has no attribute {name!r}")
