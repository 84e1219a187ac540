"""A figure in pages: each begins as the one before it ended, and together they say all."""

from __future__ import annotations

import pytest

from seqdiag.composer import pages
from seqdiag.diagram import Diagram
from seqdiag.renderers import RENDERERS, RenderOptions, base
from tests import diagrams
from tests.composer.story import compose
from tests.talk import talk

POP3 = ("S: +OK x", "C: USER a", "S: +OK", "C: PASS b", "S: +OK", "C: STAT", "S: +OK 0 0", "C: QUIT", "S: +OK")


def test_a_figure_that_fits_stays_as_it_is() -> None:
    diagram = diagrams.smtp()
    assert pages(diagram, len(diagram.messages)) == [diagram]


def test_each_page_says_what_it_is_of() -> None:
    first, second, third = pages(compose(talk(*POP3, port=110, close=True)), 6)
    assert [page.title for page in (first, second, third)] == ["POP3 session (1/3)", "POP3 session (2/3)", "POP3 session (3/3)"]
    assert first.caption[0] == "Page 1 of 3: messages 1 to 6 of 15."
    assert third.caption[0] == "Page 3 of 3: messages 13 to 15 of 15."
    assert [phase.title for phase in second.phases] == ["POP3 dialogue (continued)"]
    assert [phase.title for phase in third.phases] == ["close"]
    zh = pages(compose(talk(*POP3, port=110), lang="zh"), 6)[1]
    assert (zh.title, zh.caption[0]) == ("POP3 会话（2/2）", "第 2 页，共 2 页：第 7 至 12 条消息，共 12 条。")


def test_lifelines_go_on_as_they_were() -> None:
    diagram = compose(talk(*POP3, port=110, close=True))
    before = [(page.sessions[0].before("p1"), page.sessions[0].before("p2")) for page in pages(diagram, 1)]
    assert before[:4] == [("none", "none"), ("opening", "none"), ("open", "opening"), ("open", "open")]
    assert set(before[4:13]) == {("open", "open")}
    assert before[13:] == [("closing", "closing"), ("closed", "closing")]


def test_bars_are_cut_at_the_page() -> None:
    first, second = pages(compose(talk(*POP3, port=110)), 6)
    assert [(bar.title, bar.first, bar.last) for bar in first.bars] == [("AUTHORIZATION", 3, 5)]
    assert [(bar.title, bar.first, bar.last) for bar in second.bars][:2] == [("AUTHORIZATION", 0, 1), ("TRANSACTION", 1, 4)]


def test_relative_times_count_on() -> None:
    diagram = compose(talk(*POP3, port=110, close=True))
    for times in ("r", "d", "a"):
        whole = [row.time for row in base.rows(diagram, times)]
        assert [row.time for page in pages(diagram, 4) for row in base.rows(page, times)] == whole


@pytest.mark.parametrize("figure", diagrams.ALL)
@pytest.mark.parametrize("most", [1, 2, 7])
def test_pages_together_are_the_figure(figure: str, most: int) -> None:
    def said(page: Diagram) -> list[tuple[object, ...]]:
        return [(m.session, m.sender, m.lines, m.t, page.phases[m.phase].kind if m.phase is not None else None) for m in page.messages]

    diagram = diagrams.ALL[figure]()
    found = pages(diagram, most)
    assert [line for page in found for line in said(page)] == said(diagram)
    assert [note.text for page in found for note in page.notes] == [note.text for note in sorted(diagram.notes, key=lambda n: n.before)]
    assert all(len(page.messages) <= most and page.participants == diagram.participants for page in found)
    for name in RENDERERS:
        for page in found:
            assert RENDERERS[name].render(page, RenderOptions())
