"""What a figure shows, whatever draws it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from seqdiag.words import Lang


class ComposeOptions(msgspec.Struct, frozen=True):
    """`names`: labels by `HOST:PORT` or `HOST`; two ends with one label share a column. `first`: at most so many messages."""

    lang: Lang = "en"
    tcp: Literal["full", "phases", "none"] = "phases"
    fold: bool = True
    explain: bool = True
    show_secrets: bool = False
    first: int | None = None
    title: str | None = None
    names: Mapping[str, str] = {}
