"""Events -> Connections: who talked to whom, each stream's bytes once and in order, how it opened and closed.

The only room that concludes. `track` is its door; a Connection is all that leaves it.
"""

from __future__ import annotations

from seqdiag.connections.connection import Connection, Side
from seqdiag.connections.tracker import Tracked, track

__all__ = ["Connection", "Side", "Tracked", "track"]
