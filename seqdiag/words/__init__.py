"""Every word that we put in a figure, in English and Chinese: a key and values in, a phrase out.

`en` and `zh` hold the same keys (a test compares them). A key ending in `.one` is its phrase for a count of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

Lang: TypeAlias = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = ("en", "zh")


def table(lang: Lang) -> Mapping[str, str]:
    if lang == "zh":
        from seqdiag.words import zh

        return zh.WORDS
    from seqdiag.words import en

    return en.WORDS


def number(value: int) -> str:
    """`28412` is written 28,412 in both languages."""
    return f"{value:,}"


def say(lang: Lang, key: str, /, **values: str | int) -> str:
    """`say("en", "fact.more_lines", count=5, first="PIPELINING")`. An unknown key is a KeyError: a bug of ours."""
    words = table(lang)
    if values.get("count") == 1 and f"{key}.one" in words:
        key = f"{key}.one"
    return words[key].format(**{name: number(value) if isinstance(value, int) else value for name, value in values.items()})


def duration(ns: int) -> str:
    """Three digits and a unit, alike in both languages: `204 ms`, `3.19 s`, `25 min`."""
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1000)):
        if ns >= size:
            value = ns / size
            if unit == "s" and value >= 600:
                return f"{value / 60:,.0f} min"
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"
    return f"{ns} ns"


def find(lang: Lang, *keys: str) -> str | None:
    """The phrase of the first key that has one."""
    words = table(lang)
    return next((words[key] for key in keys if key in words), None)
