"""Text in, cells of a terminal out: how many it takes, where it is wrapped, and a row that texts are put into."""

from __future__ import annotations

from functools import cache


def cells(text: str) -> int:
    """How many cells a line takes: two for a wide character, none for a combining mark."""
    return len(text) if text.isascii() else sum(map(_width, text))


@cache
def _width(char: str) -> int:
    from unicodedata import category, east_asian_width

    return 2 if east_asian_width(char) in "WF" else 0 if category(char) in ("Mn", "Me") else 1


def wrap(text: str, width: int, *, indent: int = 0) -> list[str]:
    """A text's lines, each cut into pieces of at most `width` cells, after a space where one is near.

    The pieces after the first leave room for an indent. Joined again they are the text.
    """
    found = []
    for line in text.split("\n"):
        room = width
        while cells(line) > room:
            cut = _fitting(line, room)
            space = line.rfind(" ", cut // 2, cut)
            cut = space + 1 if space > 0 else cut
            found.append(line[:cut])
            line, room = line[cut:], width - indent
        found.append(line)
    return found


def _fitting(line: str, width: int) -> int:
    """How many characters of a line fit, at least one (with the marks that combine with it)."""
    if line.isascii():
        return width
    taken = 0
    for index, char in enumerate(line):
        taken += _width(char)
        if taken > width and index:
            return index
    return len(line)


class Strip:
    """A row of cells; a wide character fills its own and an empty one."""

    def __init__(self) -> None:
        self.cells: list[str] = []

    def put(self, at: int, text: str) -> Strip:
        """Writes over what is there; what would stand left of the row's begin moves right."""
        at = max(at, 0)
        new: list[str] = list(text) if text.isascii() else []
        for char in text if not new else "":
            width = _width(char)
            if width == 0 and new:
                new[-1 if new[-1] else -2] += char
            else:  # (a mark with nothing to combine with gets a cell)
                new += [char, ""][: max(width, 1)]
        self.cells += [" "] * (at + len(new) - len(self.cells))
        if self.cells[at : at + 1] == [""]:  # half of a wide character was written over: the other half goes too
            self.cells[at - 1] = " "
        self.cells[at : at + len(new)] = new
        if self.cells[at + len(new) : at + len(new) + 1] == [""]:
            self.cells[at + len(new)] = " "
        return self

    def free(self, at: int, size: int) -> bool:
        """Nothing stands there."""
        return all(cell == " " for cell in self.cells[max(at, 0) : at + size])

    def __str__(self) -> str:
        return "".join(self.cells).rstrip(" ")
