"""A Diagram in, a Scene out: what each part needs is measured, columns and rows are placed, and every shape is put down.

Time O(messages); the same Diagram gives the same Scene on every machine.
"""

from __future__ import annotations

from msgspec.structs import replace

from seqdiag.diagram import Bar, Diagram, Message, Note
from seqdiag.layout import axis, bands, brackets, columns, cuts, edges, heads, key, lifelines, messages, rows, scale
from seqdiag.layout.axis import Clock, Times
from seqdiag.layout.columns import Needs
from seqdiag.layout.field import Field, Loop, Room
from seqdiag.layout.labels import PITCH, Label, fitted, flat, label
from seqdiag.layout.notes import MeasuredNote, measure_note, note_group
from seqdiag.layout.rows import Row, Rows
from seqdiag.layout.scene import Area, Group, Scene, Text, px, text
from seqdiag.layout.theme import band_paint
from seqdiag.layout.timing import timing
from seqdiag.layout.widths import SLACK, width, wrap
from seqdiag.text import Shown, shown
from seqdiag.words import say

TALL = 1200
PILL_BLOCK = (-9.5, 9.5)  # about the end that a state stands at: states of one lifeline never touch


def arrange(diagram: Diagram, times: Times = "r", to_scale: bool = True) -> Scene:
    """The whole figure of `diagram`, its times told as `times` says, drawn to scale or in even rows."""
    return _Arranger(diagram, times, to_scale).scene()


class _Arranger:
    def __init__(self, diagram: Diagram, times: Times, to_scale: bool) -> None:
        self.diagram = diagram
        self.upright = diagram.lang == "zh"
        self.column = {participant.id: index for index, participant in enumerate(diagram.participants)}
        self.peers = {(s.number, a): b for s in diagram.sessions for a, b in ((s.client, s.server), (s.server, s.client))}
        self.ends = {
            s.number: (self.column[s.client], self.column[s.server])
            for s in diagram.sessions
            if s.client in self.column and s.server in self.column
        }
        self.sessions = {session.number: session for session in diagram.sessions}
        self.px_per_ms = scale.px_per_ms(edges.edges(diagram)) if to_scale else 0.0
        self.edges = edges.edges(diagram, self.px_per_ms)
        self.clock = Clock(diagram, self.edges, times)
        self.moments = axis.moments(self.edges, self.clock)
        self.heads = heads.measure(diagram)
        self.bars: dict[tuple[int, int], list[Bar]] = {}
        for bar in diagram.bars:
            if bar.participant in self.column:
                self.bars.setdefault((self.column[bar.participant], self._bar_side(bar)), []).append(bar)
        self.brackets = brackets.brackets(diagram, self.column, {side for _, side in self.bars})
        self.labels = [
            [label(line, self.upright) for line in (self._short(message) if index in self.brackets else message).lines]
            for index, message in enumerate(diagram.messages)
        ]
        rooms = {place: bands.bar_room(own) for place, own in self.bars.items()}
        self.barred = {bar.first for bars in self.bars.values() for bar in bars}
        last = len(self.heads) - 1
        self.columns = columns.place(self._needs((rooms.get((0, -1), 0), rooms.get((last, 1), 0))))
        self.field = Field(self.columns, rooms)
        self.notes = self._measure_notes()
        self.title_height = heads.title_height(diagram)
        self.head_top = self.title_height + heads.ROLE
        self.top = self.head_top + self.heads[0].height + 26 if self.heads else self.head_top
        self.broken: set[int] = set()
        self.spots = [self._spot(message, lines) for message, lines in zip(diagram.messages, self.labels, strict=True)]
        self.placed = [self._row(edge) for edge in self.edges]
        self.rows = self._place_rows()
        self.ways: list[list[messages.Way]] = [[] for _ in diagram.messages]
        self.places: list[list[int]] = [[] for _ in diagram.messages]
        for index, (row, y) in enumerate(zip(self.placed, self.rows.ys, strict=True)):
            self.ways[row.message].append(messages.Way(y - row.up, y + max(row.down, row.depth)))
            self.places[row.message].append(index)

    # --- what is needed ---

    def _bar_side(self, bar: Bar) -> int:
        """A bar stands beside its lifeline on the side away from the session's other end."""
        own = self.column[bar.participant]
        peer = self.column.get(self.peers.get((bar.session, bar.participant), ""), own)
        return -1 if own < peer else 1

    def _needs(self, bars: tuple[float, float]) -> Needs:
        diagram, last = self.diagram, len(self.diagram.participants) - 1
        needs = Needs([head.width for head in self.heads], {}, {}, bars=bars)
        needs.gutter = bool(rows.whole_phases([diagram.messages[edge.message].phase for edge in self.edges]))
        moments = [moment for moment in self.moments if moment is not None]
        if moments:
            needs.times = max(width(moment.label, "time") for moment in moments) * SLACK
            needs.deltas = (
                max(
                    width(self.clock.delta_heading(say(diagram.lang, "key.delta")), "delta"),
                    *(width(moment.delta, "delta-long") for moment in moments),
                )
                * SLACK
            )
            needs.times = max(needs.times, width(self.clock.heading, "time"))
        pills = {-1: 0.0, 1: 0.0}
        for message, lines in zip(diagram.messages, self.labels, strict=True):
            sender, receiver = self.column[message.sender], self.column[message.receiver]
            i, j = sorted((sender, receiver))
            size = max((line.width for line in lines), default=0)
            if i == j:
                needs.loops[i] = max(needs.loops.get(i, 0), size)
            else:
                needs.spans[i, j] = max(needs.spans.get((i, j), 0), size)
            right = 0.0
            for end, state in ((sender, message.sender_state), (receiver, message.receiver_state)):
                size = messages.pill_width(messages.pill_words(state))
                if size and end == 0:
                    pills[-1] = max(pills[-1], size)
                if size and end == last:
                    pills[1], right = max(pills[1], size), max(right, size)
            if diagram.explained:
                for line in message.lines:
                    if line.meaning:
                        meaning = min(width(flat(line.meaning), "meaning") * SLACK, messages.MEANING_MOST)
                        needs.meanings = max(needs.meanings, meaning + (right + 8 if right else 0))
        if needs.meanings:
            needs.meanings = max(needs.meanings, width(Shown(say(diagram.lang, "key.meaning")), "time") * SLACK)
        for bracket in self.brackets.values():
            beside = bracket.room - columns.PILL_OFF
            pills[bracket.side] = max(pills[bracket.side], beside)
        needs.pills = (pills[-1], pills[1])
        return needs

    def _measure_notes(self) -> list[tuple[int, Note, MeasuredNote]]:
        """In order of place; a note past the last message stands at the foot."""
        count = len(self.diagram.messages)
        ordered = sorted(((min(max(note.before, 0), count), note) for note in self.diagram.notes), key=lambda item: item[0])
        return [(before, note, measure_note(note, self._note_room(note), self.upright)) for before, note in ordered]

    def _note_room(self, note: Note) -> Room:
        """Between the two ends of its session, or across the figure where that is not known."""
        if not self.heads:
            return Room(self.columns.left, self.columns.right)
        return self.field.note(*self.ends.get(note.session, (0, len(self.heads) - 1)))

    def _short(self, message: Message) -> Message:
        """Its label beside a bracket that tells when it was sent again."""
        word = Shown(say(self.diagram.lang, "key.repeated"))
        lines = [
            replace(line, runs=tuple(replace(run, text=word) if run.kind == "again" else run for run in line.runs))
            for line in message.lines
        ]
        return replace(message, lines=tuple(lines))

    def _spot(self, message: Message, lines: list[Label]) -> Room | Loop:
        """The room of a message's label."""
        i, j = self.column[message.sender], self.column[message.receiver]
        if i == j:
            return self.field.loop(i)
        stateless = message.sender_state is None and message.receiver_state is None
        return self.field.label(i, j, max((line.width for line in lines), default=0), stateless and not message.bulk)

    def _row(self, edge: edges.Edge) -> Row:
        """What an edge needs."""
        message, lines, spot = self.diagram.messages[edge.message], self.labels[edge.message], self.spots[edge.message]
        i, j = self.column[message.sender], self.column[message.receiver]
        low, high = sorted((i, j))
        last = len(self.diagram.participants) - 1
        up, down = (edge.before * self.px_per_ms / edges.MS, edge.after * self.px_per_ms / edges.MS)
        fall = up + down
        if fall > rows.STEEPEST:  # a way so long that its arrow is broken, as time is
            self.broken.add(edge.message)
            up, down = up * rows.STEEPEST / fall, down * rows.STEEPEST / fall
        rise = messages.rise(len(lines)) if edge.last else 0.0
        depth = 0.0
        if isinstance(spot, Loop):
            rise, depth = messages.LOW_RISE, messages.loop_height(len(lines))
        elif message.bulk and edge.last:
            rise = messages.bulk_height(len(lines))
        width = min(max((line.width for line in lines), default=0), spot.high - spot.low)
        left, right = self.columns.lifelines[low], self.columns.lifelines[high]
        plain = isinstance(spot, Room) and left <= spot.low and spot.high <= right
        ends = ((i, j, message.sender_state), (j, i, message.receiver_state)) if edge.last else ()
        pills = [(end, self.field.side(end, other)) for end, other, state in ends if messages.pill_words(state)]
        outer = {side for end, side in pills if end == (0 if side < 0 else last)}
        plain = plain and len(outer) == len(pills)
        gaps = (low, high)
        if not plain:  # it may take what is beside its columns, or all of them
            gaps = (max(low - 1, 0), min(high + 1, max(last, 1))) if pills or i == j else (0, max(last, 1))
        return Row(
            message=edge.message,
            phase=message.phase,
            key=edge.key,
            timed=edge.t is not None and self.columns.axis is not None,
            departs=edge.departs,
            arrives=edge.arrives,
            up=up,
            down=down,
            left=left,
            right=right,
            way=1 if j > i else -1,
            rise=rise,
            width=width,
            low=spot.low,
            high=spot.high,
            gaps=gaps,
            plain=plain,
            beside=(PILL_BLOCK if -1 in outer else None, self._beside(message, edge, lines, 1 in outer, fall > messages.SLANTED)),
            depth=depth,
            last=edge.last,
            below=(self.brackets[edge.message].first, brackets.LEAST) if edge.message in self.brackets and edge.last else None,
        )

    def _beside(self, message: Message, edge: edges.Edge, lines: list[Label], pill: bool, slanted: bool) -> tuple[float, float] | None:
        """From where to where the texts stand at the right of an edge: states, meanings, and a bar's title under them."""
        if not edge.last:
            return None
        blocks = [PILL_BLOCK] if pill else []
        if self.diagram.explained and any(line.meaning for line in message.lines):
            loop = message.sender == message.receiver
            foot = messages.loop_height(len(lines)) if loop else messages.meanings_at(0, slanted or message.bulk)
            blocks.append((foot - PITCH * (max(len(lines), 1) - 1) - 10, foot + 4))
        if edge.message in self.barred:
            blocks.append((0, bands.BESIDE + 3))
        return (min(top for top, _ in blocks), max(low for _, low in blocks)) if blocks else None

    def _place_rows(self) -> Rows:
        titles = {index: bands.wanted_height(self.phase_title(index)) for index in range(len(self.diagram.phases))}
        opening = {index for index, phase in enumerate(self.diagram.phases) if phase.kind in ("handshake", "tls")}
        return rows.place(self.placed, [(before, note.height) for before, _, note in self.notes], self.top, titles, self.px_per_ms, opening)

    def phase_title(self, index: int) -> Shown:
        phase = self.diagram.phases[index]
        return phase.title if len(self.diagram.sessions) < 2 else Shown(f"{phase.session}: {phase.title}")

    # --- what is drawn ---

    def scene(self) -> Scene:
        diagram, cols = self.diagram, self.columns
        bottom = self.rows.bottom
        tall = bottom > TALL and bool(diagram.participants)
        foot = bottom + 14 if tall else bottom
        starts, ends = [way[-1].leaves for way in self.ways], [way[-1].comes for way in self.ways]
        lines = lifelines.lifelines(diagram, starts, ends, self.head_top + self._head_height(), foot)
        groups = [
            bands.band(
                diagram.phases[run.phase],
                run,
                cols,
                self.phase_title(run.phase),
                bands.ends_of(self.ends.get(diagram.phases[run.phase].session), cols),
                not any(row.beside[0] for row in self.placed[run.first : run.last + 1]),
            )
            for run in self.rows.bands
        ]
        groups += axis.axis_groups(self.moments, self.rows, cols)
        for participant, x in zip(diagram.participants, cols.lifelines, strict=True):
            groups.append(lifelines.group(lines[participant.id], participant.id, x))
        groups += self._bars()
        groups += self._observers()
        groups += self._cuts()
        groups += self._messages()
        groups += self._brackets()
        groups += [
            note_group(note, measured, top, self._note_room(note), bands.ends_of(self.ends.get(note.session), cols))
            for (_, note, measured), top in zip(self.notes, self.rows.notes, strict=True)
        ]
        groups += heads.title_groups(diagram, cols)
        groups += heads.head_groups(self.heads, cols.lifelines, self.head_top)
        groups += self._headings()
        for y in self.rows.strips:
            groups += heads.strip_groups(diagram.participants, self.heads, cols.lifelines, y)
        y = foot
        if tall:
            groups += heads.head_groups(self.heads, cols.lifelines, foot, roles=False)
            y = foot + self._head_height()
        caption, y = self._caption(y + 22)
        groups += caption
        legend, y = key.key(
            key.occurring(diagram, lines.values(), self.rows if self.clock.known else None, self._hollow(), bool(self.broken)),
            diagram.lang,
            cols.left if self.rows.bands else 12,
            cols.right,
            y + 4,
        )
        if legend is not None:
            groups.append(legend)
        return Scene(cols.width, px(y + 2), diagram.lang, diagram.title, self._description(), tuple(groups), self.px_per_ms or 0)

    def _hollow(self) -> bool:
        """Is any end of an arrow estimated?"""
        seen = (edges.seen(message, self.sessions.get(message.session)) for message in self.diagram.messages)
        return any(not (one.departure and one.arrival) for one in seen)

    def _head_height(self) -> float:
        return self.heads[0].height if self.heads else 0

    def _headings(self) -> list[Group]:
        y = self.head_top + self._head_height() + 13
        texts = axis.heading_texts(self.clock, self.columns, say(self.diagram.lang, "key.delta"), y)
        if self.diagram.explained and any(line.meaning for message in self.diagram.messages for line in message.lines):
            texts.append(text(self.columns.meaning, y, Shown(say(self.diagram.lang, "key.meaning")), "time", "soft"))
        return [Group("headings", texts=tuple(texts))] if texts else []

    def _bars(self) -> list[Group]:
        groups: list[Group] = []
        tints: dict[str, int] = {}
        count = len(self.diagram.messages)
        for (column, side), own in self.bars.items():
            x, participant = self.columns.lifelines[column], self.diagram.participants[column].id
            for bar in own:
                if not (0 <= bar.first < count and 0 <= bar.last < count):
                    continue
                message = self.diagram.messages[bar.first]
                state = message.sender_state if message.sender == participant else message.receiver_state
                far = self.columns.right - x if side > 0 else x - self.columns.deltas
                beside = 0 if messages.pill_words(state) or message.sender == message.receiver else far - self.field.bars[column, side] - 6
                top, bottom = (self._end_of(index, participant) for index in (bar.first, bar.last))
                groups.append(bands.bar(bar, tints.setdefault(bar.kind, len(tints)), x, side, top, max(bottom, top + 4), beside))
        return groups

    def _brackets(self) -> list[Group]:
        found = []
        for bracket in self.brackets.values():
            x = self.columns.lifelines[0 if bracket.side < 0 else -1]
            top, bottom = (self.ways[index][-1].leaves for index in (bracket.first, bracket.second))
            breaks = [middle for cut in self.rows.cuts if top < (middle := (cut.top + cut.bottom) / 2) < bottom]
            found.append(brackets.group(bracket, x, top, bottom, breaks))
        return found

    def _cuts(self) -> list[Group]:
        """Where time is cut out the lifelines break, and who took it is named beside his own."""
        found = []
        for cut in self.rows.cuts:
            index = self.placed[cut.row].message
            named = cut.row == self.places[index][0] and index not in self.brackets
            found.append(cuts.group(cut, self.diagram.messages[index] if named else None, self.columns, self.ends, self.diagram.lang))
        return found

    def _observers(self) -> list[Group]:
        """The line of a capture that was taken between the two ends, and where the packets passed it."""
        found = []
        for session in self.diagram.sessions:
            client, server = self.ends.get(session.number, (0, 0))
            ways = (session.to_client or 0) + (session.to_server or 0)
            if session.taken_at != "between" or not ways or abs(client - server) != 1:
                continue
            start, end = self.columns.lifelines[client], self.columns.lifelines[server]
            x = start + (end - start) * (session.to_client or 0) / ways
            ys = [
                y for row, y in zip(self.placed, self.rows.ys, strict=True) if self.diagram.messages[row.message].session == session.number
            ]
            if ys:
                found.append(cuts.observer(x, ys, self.head_top + self._head_height() + 13, self.diagram.lang))
        return found

    def _end_of(self, index: int, participant: str) -> float:
        way = self.ways[index][-1]
        return way.leaves if self.diagram.messages[index].sender == participant else way.comes

    def _messages(self) -> list[Group]:
        """All of them; what lies under all arrows comes first."""
        groups: list[Group] = []
        grounds: list[Area] = []
        fills = self._fills()
        names = {p.id: flat(p.name or p.address or Shown(say(self.diagram.lang, f"role.{p.role}"))) for p in self.diagram.participants}
        for index, (message, lines) in enumerate(zip(self.diagram.messages, self.labels, strict=True)):
            place, role = self._place(index, message, fills[index]), self._role(message)
            if len(place.edges) > 1:
                grounds.append(messages.bulk(place, role))
            shown = [fitted(line, place.label.high - place.label.low) for line in lines]
            title = self._title(index, message, names)
            groups += messages.draw(message, shown, place, role, self.upright, title, self.diagram.explained)
        return [Group("bulk", areas=tuple(grounds)), *groups] if grounds else groups

    def _role(self, message: Message) -> str:
        """Its sender's in that session: a relay is a server in one and a client in another."""
        session = self.sessions.get(message.session)
        return "client" if session is not None and message.sender == session.client else "server"

    def _fills(self) -> list[str]:
        """The paint behind each message, for what must cover a lifeline."""
        fills = ["ground"] * len(self.diagram.messages)
        for run in self.rows.bands:
            tint = band_paint(self.diagram.phases[run.phase].kind)
            if tint != "none":
                for row in self.placed[run.first : run.last + 1]:
                    fills[row.message] = tint
        return fills

    def _place(self, index: int, message: Message, fill: str) -> messages.Place:
        cols, spot, last = self.columns, self.spots[index], self.places[index][-1]
        i, j = self.column[message.sender], self.column[message.receiver]
        return messages.Place(
            cols.lifelines[i],
            cols.lifelines[j],
            tuple(self.ways[index]),
            edges.seen(message, self.sessions.get(message.session)),
            spot,
            self.rows.middles[last] if isinstance(spot, Room) else 0,
            self.field.pill(i, j),
            self.field.pill(j, i),
            cols.meaning,
            min(messages.MEANING_MOST, cols.right - cols.meaning) / SLACK,
            fill,
            self.places[index][-1] - self.places[index][0] < 2,
            index in self.broken,
        )

    def _title(self, index: int, message: Message, names: dict[str, Shown]) -> Shown:
        """All that is known of a message, in words: nothing that the figure had to cut is lost."""
        parts = [f"{names[message.sender]} → {names[message.receiver]}"]
        start = self.moments[self.places[index][0]]
        if start is not None:
            unit = "UTC" if self.clock.times in ("a", "ad") else self.clock.unit.name
            parts.insert(0, f"{start.label or start.delta} {unit}")
        said = [", ".join(parts)]
        for line in message.lines:
            said.append(line.text())
            if line.meaning:
                said.append(f"  {line.meaning}")
        for end, state in ((message.sender, message.sender_state), (message.receiver, message.receiver_state)):
            if state is not None and state.text:
                said.append(f"{names[end]}: {state.text}")
        if len(message.origins) > 1:
            said.append(f"{message.origins[0]} … {message.origins[-1]}")
        elif message.origins:
            said.append(str(message.origins[0]))
        return Shown("\n".join(said))

    def _caption(self, y: float) -> tuple[list[Group], float]:
        """The caption's sentences and the findings, each on lines of its own."""
        left = self.columns.left if self.rows.bands else 12
        room = (self.columns.right - left) / SLACK
        texts: list[Text] = []
        told = timing(self.diagram, self.px_per_ms, self.rows) if self.clock.known else []
        for remark in [*told, *self.diagram.caption, *(shown(str(finding)) for finding in self.diagram.findings)]:
            for line in wrap(remark, "caption", room):
                texts.append(text(left, y, line, "caption", "soft"))
                y += 15
        return ([Group("caption", texts=tuple(texts))], y) if texts else ([], y - 8)

    def _description(self) -> Shown:
        """For those who cannot see it: what the subtitle and the caption say."""
        said = [self.diagram.subtitle, *self.diagram.caption]
        return Shown(" ".join(part for part in said if part))
