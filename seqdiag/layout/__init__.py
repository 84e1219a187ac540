"""Diagram in, Scene out: all geometry, no markup."""

from seqdiag.layout.arrange import arrange
from seqdiag.layout.scene import Scene

__all__ = ["Scene", "arrange"]
