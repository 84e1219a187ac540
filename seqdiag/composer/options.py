"""What a figure shows, whatever draws it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Literal

import msgspec

from seqdiag.notes import Annotations
from seqdiag.words import Lang

MOST_MESSAGES = 2000
"""Messages that one figure draws unless it is asked for more: past that no reader and few viewers follow."""


class ComposeOptions(msgspec.Struct, frozen=True):
    """`names`: labels by `HOST:PORT` or `HOST`; ends with one label share a column. `order`: columns from the left, by label,
    host or `HOST:PORT`; those not named follow. `first`: at most so many messages. `annotations`: a person's notes file; all
    else here wins over it."""

    lang: Lang = "en"
    tcp: Literal["full", "phases", "none"] = "phases"
    fold: bool = True
    explain: bool = True
    show_secrets: bool = False
    first: int | None = None
    title: str | None = None
    names: Mapping[str, str] = {}
    order: tuple[str, ...] = ()
    annotations: Annotations = Annotations()

    @property
    def most(self) -> int:
        """Messages that are drawn; the others are counted."""
        return self.first if self.first is not None else MOST_MESSAGES if self.fold else sys.maxsize
