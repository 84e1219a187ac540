"""Connections and PDUs -> a Diagram: what a figure says, in one language, with nothing dropped in silence."""

from __future__ import annotations

from seqdiag.composer.compose import compose
from seqdiag.composer.labels import displayable, pdu_line
from seqdiag.composer.options import ComposeOptions
from seqdiag.composer.pages import pages

__all__ = ["ComposeOptions", "compose", "displayable", "pages", "pdu_line"]
