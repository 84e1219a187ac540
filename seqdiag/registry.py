"""Look-up of a plug-in by name: first in a dict that anyone can read, then among entry points.

A plug-in is a module. Naming it by its path keeps it unimported until it is used; the package that owns the dict
also lists the modules under TYPE_CHECKING, so that mypy holds each against its Protocol.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar, cast

from seqdiag.errors import UsageError

T = TypeVar("T")


class Registry(Generic[T]):
    """`Registry("protocol", "seqdiag.protocols", {"smtp": "seqdiag.protocols.smtp"})`: a name in, a module out."""

    def __init__(self, noun: str, group: str, modules: Mapping[str, str]) -> None:
        self.noun = noun
        self.group = group
        self.modules = dict(modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __getitem__(self, name: str) -> T:
        path = self.modules.get(name)
        if path is not None:
            return cast(T, importlib.import_module(path))
        return self._entry_point(name)

    def _entry_point(self, name: str) -> T:
        from importlib.metadata import entry_points

        for entry in entry_points(group=self.group, name=name):
            return cast(T, entry.load())
        raise UsageError(f"unknown {self.noun} {name!r}; known: {', '.join(sorted(self.modules))}")
