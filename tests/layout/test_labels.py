"""Lines in, placed runs out."""

import pytest

from seqdiag.layout.labels import Baseline, Ink, fitted, label, place_stack
from tests.diagrams import line, wire


def placed(*lines: object, room: float = 400, upright: bool = False, slope: float = 0) -> Ink:
    ink = Ink([], [], [])
    place_stack(ink, [fitted(label(one, upright), room) for one in lines], Baseline(200, 100, slope), False)  # type: ignore[arg-type]
    return ink


def test_a_single_run_is_anchored_in_its_middle() -> None:
    (text,) = placed(wire("QUIT")).texts
    assert (text.x, text.y, text.anchor, text.voice) == (200, 100, "middle", "wire")


def test_several_runs_are_pinned_where_the_first_two_meet() -> None:
    first, second = placed(line(("SYN", "flags"), ("seq 0", "number"))).texts
    assert (first.anchor, second.anchor) == ("end", "start") and second.x - first.x == 6


def test_a_stack_is_left_aligned_upwards() -> None:
    texts = placed(wire("MAIL"), wire("RCPT TO:<b@x>"), wire("DATA")).texts
    assert [text.y for text in texts] == [72, 86, 100] and len({text.x for text in texts}) == 1


def test_a_hidden_value_is_a_chip() -> None:
    ink = placed(line(("PASS", "wire"), ("[hidden]", "hidden")))
    assert len(ink.boxes) == 1 and ink.boxes[0].fill == "chip"


def test_a_refused_line_is_red_and_bears_a_mark() -> None:
    ink = placed(wire("550 no", refused=True))
    assert [mark.name for mark in ink.marks] == ["warning", "warning-sign"] and ink.texts[0].paint == "alert"


def test_ideographs_are_never_slanted_and_blanks_become_place() -> None:
    ink = placed(line(("Subject: 月次報告書 end", "decoded")))
    assert [(text.text, text.voice) for text in ink.texts] == [("Subject:", "decoded"), ("月次報告書", "upright"), ("end", "decoded")]
    assert ink.texts[1].x - ink.texts[0].x > 3
    assert [text.voice for text in placed(line(("Subject: 報告", "decoded")), upright=True).texts] == ["upright"]


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    whole = label(line(("X" * 30, "wire"), ("and more words", "decoded"), ("[hidden]", "hidden")), False)
    for room in (40, 120, 230, 260, 300, 330):
        cut = fitted(whole, room)
        assert cut.width <= room and cut.pieces[-1].text.endswith("…")
    assert fitted(whole, 1000) is whole


def test_a_label_runs_along_its_arrow() -> None:
    first, second = placed(line(("SYN", "flags"), ("seq 0", "number")), slope=0.1).texts
    assert first.angle == second.angle == 5.7
    assert second.y - first.y == pytest.approx(0.1 * (second.x - first.x), abs=0.1)
