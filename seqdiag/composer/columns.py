"""Dialogues in, the columns of their figure out: who shares one, how it is headed, and in which order they stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from seqdiag.composer.options import ComposeOptions
from seqdiag.diagram import Participant
from seqdiag.errors import LimitError, UsageError
from seqdiag.events import Endpoint
from seqdiag.protocols import Dialogue
from seqdiag.text import Shown, clip, shown
from seqdiag.words import Lang, say

MOST_COLUMNS = 100
"""Columns of one figure unless all are asked for (--no-fold)."""

COLUMNS_AT_ALL = 400
"""More columns than this nobody draws: the size of a figure grows with their square."""

MOST_NAME = 60

Role: TypeAlias = Literal["client", "server"]
ROLES: tuple[Role, Role] = ("client", "server")
Key: TypeAlias = tuple[Role | None, Endpoint | str]
"""What makes two ends one column: role, host and port; or their common label, whatever their role."""


class Columns:
    """The participants. Clients stand left of servers, a relay (both) between them, unless an order is asked for."""

    def __init__(self, dialogues: Sequence[Dialogue], options: ComposeOptions) -> None:
        key = Keys(dialogues, options)
        ends: dict[Key, dict[Endpoint, Role]] = {}
        self.key_of: dict[tuple[int, Role], Key] = {}
        for role in ROLES:
            for d in dialogues:
                found = self.key_of[d.connection.number, role] = key(d, role)
                ends.setdefault(found, {}).setdefault(getattr(d.connection, role), role)
        ends = dict(sorted(ends.items(), key=lambda item: _rank(item[1])))
        names = {key: _names(key, column, options.lang) for key, column in ends.items()}
        wanted = options.order or options.annotations.order
        self.unknown = [label for label in options.order if not any(label in known for known in names.values())]
        self.known = [known[0] if isinstance(key[1], str) else known[1] for key, known in names.items()]
        order = sorted(ends, key=lambda key: next((i for i, label in enumerate(wanted) if label in names[key]), len(wanted)))
        self.ids = {key: f"p{i}" for i, key in enumerate(order, 1)}
        self.participants = tuple(_participant(self.ids[key], names[key][0], ends[key]) for key in order)

    def id(self, number: int, role: Role) -> str:
        return self.ids[self.key_of[number, role]]

    def check(self) -> None:
        """UsageError where an order names nobody."""
        if self.unknown:
            raise UsageError(f"order: no column is called {self.unknown[0]!r}; known: {', '.join(dict.fromkeys(self.known))}")


class Keys:
    """Each end's column. Both ends of one conversation never share one, even where they have the same label."""

    def __init__(self, dialogues: Sequence[Dialogue], options: ComposeOptions) -> None:
        self.options = options
        pairs = [(self._label(d.connection.client), self._label(d.connection.server)) for d in dialogues]
        self.apart = {client for client, server in pairs if client == server}

    def __call__(self, dialogue: Dialogue, role: Role) -> Key:
        endpoint: Endpoint = getattr(dialogue.connection, role)
        label = self._label(endpoint)
        return (role, endpoint) if label is None else (role, label) if label in self.apart else (None, label)

    def _label(self, endpoint: Endpoint) -> str | None:
        return label_of(endpoint, self.options)


def label_of(endpoint: Endpoint, options: ComposeOptions) -> str | None:
    """The name that the command line, or else the notes, give an end or its host."""
    both = options.names, options.annotations.names
    return next((found for names in both if (found := names.get(str(endpoint)) or names.get(endpoint.host))), None)


def fitting(dialogues: Sequence[Dialogue], options: ComposeOptions) -> list[Dialogue]:
    """Those that have room: a dialogue that would need one column too many is left out."""
    most = MOST_COLUMNS if options.fold else COLUMNS_AT_ALL
    key = Keys(dialogues, options)
    columns: set[Key] = set()
    fitting = []
    for dialogue in dialogues:
        wanted = columns | {key(dialogue, role) for role in ROLES} if len(columns) < most else columns
        if len(wanted) <= most and all(key(dialogue, role) in wanted for role in ROLES):
            columns = wanted
            fitting.append(dialogue)
    if len(fitting) < len(dialogues) and not options.fold:
        raise LimitError(f"{len(dialogues)} conversations need more than {most} columns; choose fewer with -s, or leave --no-fold out")
    return fitting


def _rank(ends: dict[Endpoint, Role]) -> int:
    return ("server" in ends.values()) - ("client" in ends.values())


def _names(key: Key, ends: dict[Endpoint, Role], lang: Lang) -> list[str]:
    """What a column may be called, the words of its head first."""
    words = key[1] if isinstance(key[1], str) else say(lang, f"role.{key[0]}")
    return [words, *map(_address, ends), *(end.host for end in ends)]


def _address(end: Endpoint) -> str:
    return str(end) if end.port else end.host


def _participant(name: str, words: str, ends: dict[Endpoint, Role]) -> Participant:
    """Its address is the one that its ends have in common: hosts alone where their ports differ."""
    hosts = dict.fromkeys(end.host for end in ends)
    address = ", ".join(hosts) if len(ends) > 1 else _address(next(iter(ends)))
    role: Role = "server" if "server" in ends.values() else "client"
    return Participant(name, _head(words), _head(address), role)


def _head(text: str) -> Shown:
    return clip(shown(text), MOST_NAME)
