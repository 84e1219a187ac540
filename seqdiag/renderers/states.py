"""Diagram in, Graphviz source out: each session's state machine with the path that the session took through it.

All states and all rules of the machine are there. What was taken is thick, and its steps are numbered; what was not is
thin and pale; a step by no rule, or at an end where nobody saw it, is dashed. TCP's machine has the paths of both ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seqdiag.diagram import Diagram, Machine, Path
from seqdiag.errors import NothingMatched
from seqdiag.renderers import graphs
from seqdiag.renderers.base import PALETTES, Palette, RenderOptions
from seqdiag.text import Shown, shown
from seqdiag.words import say

NAME = "states"
SUFFIXES: tuple[str, ...] = ()
MEDIA_TYPE = "text/vnd.graphviz"

MOST_RANGES = 4
"""Ranges of step numbers that one line lists; of more the count is told."""

A_LINE = 4
"""Commands of one reply, or states, that stand beside each other."""

MANY = 4
"""A rule that holds in so many states is drawn once."""

REPLY = re.compile(r"(\S+) ([-+0-9]\S*)")
"""A command and the class of its reply."""

LETTERS = {"client": "C", "server": "S", None: ""}
"""What a step's number begins with, where the ends have a path each."""


def render(diagram: Diagram, options: RenderOptions) -> bytes:
    """NothingMatched where no session has states (UDP's)."""
    if not diagram.paths:
        raise NothingMatched("none of the chosen conversations has a state machine to draw (UDP has none); `seqdiag sessions` lists them")
    palette = PALETTES[options.theme]
    machines = {machine.name: machine for machine in diagram.machines}
    groups: dict[tuple[int, str], list[Path]] = {}
    for path in diagram.paths:
        groups.setdefault((path.session, path.machine), []).append(path)
    graph = graphs.digraph("states", diagram, palette, _remarks(diagram), rankdir="LR", nodesep="0.35", ranksep="0.6")
    for k, ((session, name), paths) in reversed([*enumerate(groups.items(), 1)]):  # (`dot` stacks clusters upwards)
        if len(groups) == 1:
            _Drawing(graph, f"s{k}", machines[name], paths, palette, diagram).draw()
            continue
        title = say(diagram.lang, "states.title", session=session, machine=machines[name].title)
        with graph.subgraph(name=f"cluster_{k}") as cluster:
            cluster.attr(
                label=graphs.label(graphs.said("pale", shown(title), palette.grey)), color=palette.rule, style="rounded", margin="54"
            )
            _Drawing(cluster, f"s{k}", machines[name], paths, palette, diagram).draw()
    return graphs.source(graph)


def _remarks(diagram: Diagram) -> list[Shown]:
    lang = diagram.lang
    keys = ["states.taken"]
    keys += ["states.inferred"] if any(move.inferred for path in diagram.paths for move in path.moves) else []
    keys += ["states.ends"] if any(path.role for path in diagram.paths) else []
    drawn = {path.session for path in diagram.paths}
    missing = [say(lang, "states.none", session=it.number) for it in diagram.sessions if it.number not in drawn]
    return [shown(text) for text in (("" if lang == "zh" else " ").join(say(lang, key) for key in keys), *missing)]


class _Drawing:
    """One machine and the paths of one session through it."""

    def __init__(
        self, graph: graphs.Digraph, prefix: str, machine: Machine, paths: Sequence[Path], palette: Palette, diagram: Diagram
    ) -> None:
        self.graph = graph
        self.machine = machine
        self.paths = paths
        self.palette = palette
        self.diagram = diagram
        self.prefix = prefix
        self.meanings = {state.name: state.meaning for state in machine.states}
        for path in paths:  # (a path may come to a state that the table does not name)
            for name in (path.start, *(move.after for move in path.moves)):
                self.meanings.setdefault(name, None)
        self.ids = {name: f"{prefix}_{i}" for i, name in enumerate(self.meanings, 1)}
        self.visited = {name for path in paths for name in (path.start, *(move.after for move in path.moves))}
        self.lists: set[str] = set()
        self.taken = {(move.before, move.happened, move.after) for path in paths for move in path.moves}

    def draw(self) -> None:
        leaving = {rule.before for rule in self.machine.rules if rule.before != rule.after}
        for name, meaning in self.meanings.items():
            self._state(name, meaning, final=name not in leaving)
        for path in self.paths:
            self._path(path)
        self._rules()

    def _state(self, name: Shown, meaning: Shown | None, final: bool) -> None:
        palette, visited = self.palette, name in self.visited
        lines = [graphs.said("name", name, palette.ink)] if visited else [graphs.said("pale", name, palette.grey)]
        if meaning and self.diagram.explained:
            lines.append(graphs.said("words", meaning, palette.grey))
        look = {"color": palette.client, "fillcolor": palette.bands["handshake"], "penwidth": "1.8"}
        pale = {"color": palette.faint, "fillcolor": palette.ground, "penwidth": "1"}
        self.graph.node(self.ids[name], label=graphs.label(*lines), peripheries="2" if final else "1", **(look if visited else pale))

    def _path(self, path: Path) -> None:
        colour = self.palette.server if path.role == "server" else self.palette.client
        letter = LETTERS[path.role]
        self._point(f"{self.prefix}_begin{letter}", self.ids[path.start], colour, letter)
        steps: dict[tuple[Shown, Shown, bool], dict[Shown, list[tuple[int, int]]]] = {}
        for number, move in enumerate(path.moves, 1):
            edge = steps.setdefault((move.before, move.after, move.inferred), {})
            edge.setdefault(move.happened, []).append((number, move.times))
        for (before, after, inferred), happened in steps.items():
            lines = [graphs.said("step", shown(self._numbered(letter, text, numbers)), colour) for text, numbers in happened.items()]
            self.graph.edge(
                self.ids[before],
                self.ids[after],
                label=graphs.label(*lines),
                color=colour,
                penwidth="2.6",
                style="dashed" if inferred else "solid",
                weight="8",
                **(_loop("n") if before == after else {}),
            )
        if path.end:
            last = path.moves[-1].after if path.moves else path.start
            end = f"{self.prefix}_end{letter}"
            self.graph.node(end, shape="plaintext", style="", label=graphs.label(graphs.said("words", path.end, self.palette.alert)))
            self.graph.edge(self.ids[last], end, color=self.palette.alert, style="dashed", arrowhead="tee")

    def _point(self, name: str, start: str, colour: str, letter: str) -> None:
        self.graph.node(name, shape="circle", label="", width="0.16", style="filled", fillcolor=self.palette.ink, color=self.palette.ink)
        lines = [graphs.said("step", Shown(letter), colour)] if letter else []
        self.graph.edge(name, start, color=colour, penwidth="2.6", weight="8", **({"label": graphs.label(*lines)} if lines else {}))

    def _numbered(self, letter: str, happened: Shown, steps: Sequence[tuple[int, int]]) -> str:
        """`3, 5-8 RETR +OK`, or how often, where that would be a long list; `3 RETR +OK ×12` where twelve came in a row."""
        ranges = list(_ranges([number for number, _ in steps]))
        times = sum(n for _, n in steps)
        if len(ranges) > MOST_RANGES:
            ranges = [*ranges[: MOST_RANGES - 1], "…"]
        often = f" ×{times:,}" if times > len(steps) or ranges[-1] == "…" else ""
        return f"{', '.join(letter + it if it != '…' else it for it in ranges)} {happened}{often}"

    def _rules(self) -> None:
        """Those that were not taken, one edge for each two states; what holds in many states alike leads from their list."""
        states: dict[tuple[Shown, Shown], list[Shown]] = {}
        for rule in self.machine.rules:
            states.setdefault((rule.words, rule.after), []).append(rule.before)
        edges: dict[tuple[str, str], list[Shown]] = {}
        for (words, after), before in states.items():
            if len(before) >= MANY:
                edges.setdefault((self._list(before), self.ids[after]), []).append(words)
                continue
            for state in before:
                if (state, words, after) not in self.taken:
                    edges.setdefault((self.ids[state], self.ids[after]), []).append(words)
        known = {self.ids[state] for state in self.visited}
        for (tail, head), happened in edges.items():
            lines = [graphs.said("wire", shown(line), self.palette.grey) for line in _together(happened)]
            more = _loop("s") if tail == head else {"constraint": "false"} if {tail, head} <= known else {}
            self.graph.edge(tail, head, label=graphs.label(*lines), color=self.palette.faint, penwidth="1", **more)

    def _list(self, names: Sequence[Shown]) -> str:
        """The node that stands for each of these states."""
        name = f"{self.prefix}_in_{'_'.join(self.ids[state].rpartition('_')[2] for state in names)}"
        if name not in self.lists:
            self.lists.add(name)
            lines = [
                graphs.said("words", shown(text), self.palette.grey) for text in (say(self.diagram.lang, "states.each"), *_rows(names))
            ]
            self.graph.node(name, shape="plaintext", style="", label=graphs.label(*lines))
        return name


def _loop(side: str) -> dict[str, str]:
    return {"tailport": side, "headport": side}


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """1, 2, 3, 7 in, `1-3` and `7` out."""
    first = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number == last + 1:
            last = number
            continue
        yield f"{first}" if first == last else f"{first}-{last}"
        if number is not None:
            first = last = number


def _together(words: Iterable[Shown]) -> list[str]:
    """Commands of one reply share lines: `EHLO, HELO, LHLO 2yz`."""
    replies: dict[str, list[str]] = {}
    for text in words:
        found = REPLY.fullmatch(text)
        replies.setdefault(found[2] if found else "", []).append(found[1] if found else text)
    lines = list(replies.pop("", []))
    for reply, commands in replies.items():
        *rows, last = _rows(commands)
        lines += [*rows, f"{last} {reply}"]
    return lines


def _rows(words: Sequence[str]) -> list[str]:
    """Words with commas, some of them on each line."""
    rows = [", ".join(words[i : i + A_LINE]) for i in range(0, len(words), A_LINE)]
    return [*(f"{row}," for row in rows[:-1]), rows[-1]]
