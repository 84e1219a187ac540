"""A Diagram in, a Scene out: what each part needs is measured, columns and rows are placed, and every shape is put down.

Time O(messages); the same Diagram gives the same Scene on every machine.
"""

from __future__ import annotations

from seqdiag.diagram import Bar, Diagram, Message, Note
from seqdiag.layout import axis, bands, columns, heads, key, lifelines, messages, rows
from seqdiag.layout.axis import Clock, Times
from seqdiag.layout.columns import Needs
from seqdiag.layout.field import Field, Room
from seqdiag.layout.labels import Label, fitted, flat, label
from seqdiag.layout.notes import MeasuredNote, measure_note, note_group
from seqdiag.layout.rows import Row, Rows
from seqdiag.layout.scene import Group, Scene, Text, px, text
from seqdiag.layout.theme import band_paint
from seqdiag.layout.widths import SLACK, width, wrap
from seqdiag.text import Shown, shown
from seqdiag.words import say

TALL = 1200


def arrange(diagram: Diagram, times: Times = "r") -> Scene:
    """The whole figure of `diagram`, its times told as `times` says."""
    return _Arranger(diagram, times).scene()


class _Arranger:
    def __init__(self, diagram: Diagram, times: Times) -> None:
        self.diagram = diagram
        self.upright = diagram.lang == "zh"
        self.column = {participant.id: index for index, participant in enumerate(diagram.participants)}
        self.roles = {participant.id: participant.role for participant in diagram.participants}
        self.peers = {(s.number, a): b for s in diagram.sessions for a, b in ((s.client, s.server), (s.server, s.client))}
        self.ends = {
            s.number: (self.column[s.client], self.column[s.server])
            for s in diagram.sessions
            if s.client in self.column and s.server in self.column
        }
        self.clock = Clock(diagram, times)
        self.labels = [[label(line, self.upright) for line in message.lines] for message in diagram.messages]
        self.moments = axis.moments(diagram, self.clock)
        self.heads = heads.measure(diagram)
        self.bars: dict[tuple[int, int], list[Bar]] = {}
        for bar in diagram.bars:
            if bar.participant in self.column:
                self.bars.setdefault((self.column[bar.participant], self._bar_side(bar)), []).append(bar)
        rooms = {place: bands.bar_room(own) for place, own in self.bars.items()}
        last = len(self.heads) - 1
        self.columns = columns.place(self._needs((rooms.get((0, -1), 0), rooms.get((last, 1), 0))))
        self.field = Field(self.columns, rooms)
        self.notes = self._measure_notes()
        self.title_height = heads.title_height(diagram)
        self.head_top = self.title_height + heads.ROLE
        self.top = self.head_top + self.heads[0].height + 26 if self.heads else self.head_top
        self.rows = self._rows()

    # --- what is needed ---

    def _bar_side(self, bar: Bar) -> int:
        """A bar stands beside its lifeline on the side away from the session's other end."""
        own = self.column[bar.participant]
        peer = self.column.get(self.peers.get((bar.session, bar.participant), ""), own)
        return -1 if own < peer else 1

    def _needs(self, bars: tuple[float, float]) -> Needs:
        diagram, last = self.diagram, len(self.diagram.participants) - 1
        needs = Needs([head.width for head in self.heads], {}, {}, bars=bars)
        needs.gutter = bool(rows.whole_phases([message.phase for message in diagram.messages]))
        moments = [moment for pair in self.moments for moment in (pair.start, pair.end) if moment is not None]
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

    def _rows(self) -> Rows:
        placed = [
            Row(
                messages.LOW_RISE
                if message.bulk
                else messages.rise(len(lines))
                if message.sender != message.receiver
                else messages.LOW_RISE,
                messages.arrow_height(message, len(lines)),
                message.phase,
            )
            for message, lines in zip(self.diagram.messages, self.labels, strict=True)
        ]
        titles = {index: bands.wanted_height(self.phase_title(index)) for index in range(len(self.diagram.phases))}
        return rows.place(placed, [(before, note.height) for before, _, note in self.notes], self.top, titles)

    def phase_title(self, index: int) -> Shown:
        phase = self.diagram.phases[index]
        return phase.title if len(self.diagram.sessions) < 2 else Shown(f"{phase.session}: {phase.title}")

    # --- what is drawn ---

    def scene(self) -> Scene:
        diagram, cols = self.diagram, self.columns
        bottom = self.rows.bottom
        tall = bottom > TALL and bool(diagram.participants)
        foot = bottom + 14 if tall else bottom
        lines = lifelines.lifelines(diagram, self.rows.starts, self.rows.ends, self.head_top + self._head_height(), foot)
        groups = [
            bands.band(
                diagram.phases[run.phase],
                run,
                cols,
                self.phase_title(run.phase),
                bands.ends_of(self.ends.get(diagram.phases[run.phase].session), cols),
            )
            for run in self.rows.bands
        ]
        groups += axis.axis_groups(self.moments, self.rows, cols)
        for participant, x in zip(diagram.participants, cols.lifelines, strict=True):
            groups.append(lifelines.group(lines[participant.id], participant.id, x))
        groups += self._bars()
        groups += self._messages()
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
            key.occurring(diagram, lines.values(), cols.axis is not None),
            diagram.lang,
            cols.left if self.rows.bands else 12,
            cols.right,
            y + 4,
        )
        if legend is not None:
            groups.append(legend)
        return Scene(cols.width, px(y + 2), diagram.lang, diagram.title, self._description(), tuple(groups))

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
        rows_, count = self.rows, len(self.diagram.messages)
        for (column, side), own in self.bars.items():
            x, participant = self.columns.lifelines[column], self.diagram.participants[column].id
            for bar in own:
                if not (0 <= bar.first < count and 0 <= bar.last < count):
                    continue
                message = self.diagram.messages[bar.first]
                state = message.sender_state if message.sender == participant else message.receiver_state
                far = self.columns.right - x if side > 0 else x - self.columns.deltas
                beside = 0 if messages.pill_words(state) or message.sender == message.receiver else far - self.field.bars[column, side] - 6
                top, bottom = (self._end_of(index, participant, rows_) for index in (bar.first, bar.last))
                groups.append(bands.bar(bar, tints.setdefault(bar.kind, len(tints)), x, side, top, max(bottom, top + 4), beside))
        return groups

    def _end_of(self, index: int, participant: str, placed: Rows) -> float:
        return placed.starts[index] if self.diagram.messages[index].sender == participant else placed.ends[index]

    def _messages(self) -> list[Group]:
        groups: list[Group] = []
        fills = self._fills()
        names = {p.id: flat(p.name or p.address or Shown(say(self.diagram.lang, f"role.{p.role}"))) for p in self.diagram.participants}
        for index, (message, lines) in enumerate(zip(self.diagram.messages, self.labels, strict=True)):
            place = self._place(index, message, lines, fills[index])
            shown = [fitted(line, place.label.high - place.label.low) for line in lines]
            title = self._title(index, message, names)
            groups += messages.draw(message, shown, place, self.roles[message.sender], self.upright, title, self.diagram.explained)
        return groups

    def _fills(self) -> list[str]:
        """The paint behind each row, for what must cover a lifeline."""
        fills = ["ground"] * len(self.diagram.messages)
        for run in self.rows.bands:
            tint = band_paint(self.diagram.phases[run.phase].kind)
            if tint != "none":
                fills[run.first : run.last + 1] = [tint] * (run.last + 1 - run.first)
        return fills

    def _place(self, index: int, message: Message, lines: list[Label], fill: str) -> messages.Place:
        cols = self.columns
        i, j = self.column[message.sender], self.column[message.receiver]
        stateless = message.sender_state is None and message.receiver_state is None
        size = max((line.width for line in lines), default=0)
        return messages.Place(
            cols.lifelines[i],
            cols.lifelines[j],
            self.rows.starts[index],
            self.rows.ends[index],
            self.field.loop(i) if i == j else self.field.label(i, j, size, stateless and not message.bulk),
            self.field.pill(i, j),
            self.field.pill(j, i),
            cols.meaning,
            min(messages.MEANING_MOST, cols.right - cols.meaning) / SLACK,
            fill,
        )

    def _title(self, index: int, message: Message, names: dict[str, Shown]) -> Shown:
        """All that is known of a message, in words: nothing that the figure had to cut is lost."""
        parts = [f"{names[message.sender]} → {names[message.receiver]}"]
        start = self.moments[index].start if self.moments else None
        if start is not None and message.t is not None:
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
        remarks = [*self.diagram.caption, *(shown(str(finding)) for finding in self.diagram.findings)]
        for remark in remarks:
            for line in wrap(remark, "caption", room):
                texts.append(text(left, y, line, "caption", "soft"))
                y += 15
        return ([Group("caption", texts=tuple(texts))], y) if texts else ([], y - 8)

    def _description(self) -> Shown:
        """For those who cannot see it: what the subtitle and the caption say."""
        said = [self.diagram.subtitle, *self.diagram.caption]
        return Shown(" ".join(part for part in said if part))
