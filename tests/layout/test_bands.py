"""Bands, gutter titles and bars."""

from seqdiag.diagram import Bar, Phase
from seqdiag.layout.bands import along, band, bar, settings, wanted_height
from seqdiag.layout.columns import Needs, place
from seqdiag.layout.rows import Band
from seqdiag.text import shown

COLUMNS = place(Needs([100, 100], {}, {}, times=40, deltas=30, gutter=True, pills=(80, 80)))


def made(title: str, height: float, whole: bool = True) -> object:
    return band(
        Phase(1, "handshake", shown(title)), Band(0, 100, 100 + height, 0, 1, whole, 110, 110 + height), COLUMNS, shown(title), (200, 500)
    )


def test_a_title_runs_up_the_gutter_in_the_largest_way_that_fits() -> None:
    title = shown("MAIL TRANSACTION")
    ways = [setting.lines for setting in settings(title, ("gutter", "gutter-small"), True)]
    assert ways == [("MAIL TRANSACTION",), ("MAIL TRANSACTION",), ("MAIL", "TRANSACTION")]
    assert along(title, ("gutter",), 500) and along(title, ("gutter",), 20) is None
    assert wanted_height(title) < 110


def test_ideographs_are_stacked_upright_and_read_as_one() -> None:
    group = made("握手", 90)
    assert [(text.text, text.angle) for text in group.texts] == [("握", 0), ("手", 0)] and group.label == "握手"  # type: ignore[attr-defined]


def test_a_low_band_has_its_title_beside_the_first_lifeline() -> None:
    (text,) = made("Authentication", 40).texts  # type: ignore[attr-defined]
    assert text.anchor == "end" and text.angle == 0 and COLUMNS.deltas < text.x < COLUMNS.lifelines[0]


def test_a_very_long_band_repeats_its_title() -> None:
    assert len(made("Handshake", 5000).texts) == 5  # type: ignore[attr-defined]


def test_a_split_phase_is_a_tint_between_its_ends() -> None:
    group = made("Handshake", 30, whole=False)
    (ground,) = group.areas  # type: ignore[attr-defined]
    assert ground.corners == (200, 100, 500, 110, 500, 140, 200, 130) and not group.strokes  # type: ignore[attr-defined]


def test_the_edges_of_a_band_run_from_lifeline_to_lifeline() -> None:
    (ground,) = made("Handshake", 30).areas  # type: ignore[attr-defined]
    corners = list(zip(ground.corners[::2], ground.corners[1::2], strict=True))
    assert corners[:4] == [(COLUMNS.left, 100), (200, 100), (500, 110), (COLUMNS.right, 110)]


def test_a_short_bar_has_its_title_beside_it() -> None:
    update = Bar(1, "p2", "update", shown("UPDATE"), shown(""), 0, 1, True)
    tall, short = (bar(update, 4, 300, 1, 100, bottom, 90) for bottom in (300, 120))
    assert tall.texts[0].angle == -90 and short.texts[0].angle == 0
    assert tall.boxes[0].dash == "pill" and tall.boxes[0].fill == "bar-1"
