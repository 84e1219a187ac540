"""A Diagram in, a Scene out: what is in the figure, without any markup."""

import msgspec
import pytest

from seqdiag.diagram import Diagram, Note, Repeat, Wait
from seqdiag.layout import Scene, arrange
from seqdiag.layout.scene import Group, px
from seqdiag.layout.theme import FAMILIES, MARKS, PAINTS, VOICES
from seqdiag.text import shown
from seqdiag.words import find
from tests import diagrams


def of(scene: Scene, kind: str) -> list[Group]:
    return [group for group in scene.groups if group.kind == kind]


def words(scene: Scene, kind: str) -> set[str]:
    return {text.text for group in of(scene, kind) for text in group.texts}


@pytest.mark.parametrize("name", diagrams.ALL)
def test_every_name_in_a_scene_is_known(name: str) -> None:
    for group in arrange(diagrams.ALL[name]()).groups:
        assert {text.voice for text in group.texts} <= VOICES.keys()
        assert {text.family for text in group.texts} <= {"", *FAMILIES}
        assert {mark.name for mark in group.marks} <= MARKS.keys()
        paints = [text.paint for text in group.texts] + [s.paint for s in group.strokes] + [b.fill for b in group.boxes]
        assert {
            *paints,
            *(b.stroke for b in group.boxes),
            *(m.fill for m in group.marks),
            *(m.stroke for m in group.marks),
        } <= PAINTS.keys()


def test_the_key_names_only_marks_that_occur() -> None:
    terms = {name: find("en", f"key.{name}") for name in ("abort", "inferred", "repeated", "axis")}
    aborted, inferred = words(arrange(diagrams.aborted()), "key"), words(arrange(diagrams.inferred()), "key")
    assert terms["abort"] in aborted and terms["inferred"] not in aborted and terms["repeated"] not in aborted
    assert terms["inferred"] in inferred and terms["axis"] not in inferred


def test_the_heads_of_a_tall_figure_come_again_at_its_foot() -> None:
    diagram = diagrams.smtp()
    assert len(of(arrange(diagram), "head")) == 2
    tall = msgspec.structs.replace(diagram, messages=diagram.messages * 2, notes=())
    heads = of(arrange(tall), "head")
    assert [head.word for head in heads].count("p1") == 3


def test_meanings_stand_on_the_line_that_they_explain() -> None:
    scene = arrange(diagrams.smtp())
    stack = next(group for group in of(scene, "message") if any("250 2.1.0" in text.text for text in group.texts))
    at = {text.text: text.y for text in stack.texts}
    assert at["250 2.1.5 Ok"] == at["recipient accepted"] and at["mailbox unavailable"] == at["550 5.1.1 <carol@example.org>: no such user"]
    unexplained = msgspec.structs.replace(diagrams.smtp(), explained=False)
    assert "recipient accepted" not in {text.text for group in of(arrange(unexplained), "message") for text in group.texts}


def test_findings_and_caption_stand_under_the_figure() -> None:
    scene = arrange(diagrams.smtp())
    assert "mail.pcap:17: checksum wrong in one segment" in words(scene, "caption")


@pytest.mark.parametrize("kind", ["gap", "missing", "comment", "finding"])
def test_every_kind_of_note(kind: str) -> None:
    note = Note(1, 4, shown("two frames are missing"), kind)  # type: ignore[arg-type]
    (group,) = of(arrange(msgspec.structs.replace(diagrams.aborted(), notes=(note,))), "note")
    assert group.word == kind and group.title == note.text
    assert [mark.name for mark in group.marks].count("break") == (2 if kind in ("gap", "missing") else 0)


def test_the_arrow_tells_what_became_of_the_message() -> None:
    groups = of(arrange(diagrams.smtp()), "message")
    lost, again = groups[12], groups[13]
    assert lost.strokes[0].paint == "alert" and lost.marks[0].name == "cross"
    assert (again.strokes[0].dash, again.marks[0].name) == ("repeat", "head-right")
    weights = {group.strokes[0].weight for group in groups}
    assert weights == {1.7, 1.1, 0.8}
    reset = of(arrange(diagrams.aborted()), "message")[-1]
    assert [mark.name for mark in reset.marks] == ["head-left", "stop"]


def test_an_empty_diagram_is_a_figure() -> None:
    scene = arrange(Diagram(shown("Nothing"), shown(""), "en", (), (), (), ()))
    assert scene.height > 0 and words(scene, "title") == {"Nothing"}


def test_sixty_columns() -> None:
    made = diagrams.interleaved()
    many = tuple(msgspec.structs.replace(made.participants[0], id=f"p{n}", name=shown(f"host{n}")) for n in range(1, 61))
    scene = arrange(msgspec.structs.replace(made, participants=many))
    xs = [head.texts[0].x for head in of(scene, "head")]
    assert len(xs) == 60 and xs == sorted(xs) and xs[-1] < scene.width


@pytest.mark.parametrize(("value", "told"), [(12.04, "12"), (-0.04, "0"), (3.26, "3.3"), (7, "7"), (1.95, "1.9")])
def test_numbers_are_short(value: float, told: str) -> None:
    assert str(px(value)) == told


def again(diagram: Diagram) -> Diagram:
    """The SMTP figure, where the retransmission names the sending before it."""
    lost, resent = diagram.messages[12], diagram.messages[13]
    told = msgspec.structs.replace(resent, again=Repeat(204_000_000, lost.origins[0]))
    return msgspec.structs.replace(diagram, messages=(*diagram.messages[:13], told, *diagram.messages[14:]))


def test_a_bracket_joins_what_was_sent_again() -> None:
    assert not of(arrange(diagrams.smtp()), "bracket")
    (bracket,) = of(arrange(again(diagrams.smtp())), "bracket")
    assert bracket.texts[0].text == "sent again after 204 ms"
    top, bottom = (min(s.y1 for s in bracket.strokes), max(s.y2 for s in bracket.strokes))
    lost, resent = of(arrange(again(diagrams.smtp())), "message")[12:14]
    assert (top, bottom) == (lost.strokes[0].y1, resent.strokes[0].y1)


def test_lifelines_break_where_time_is_cut_out_and_who_took_it_is_named() -> None:
    diagram = diagrams.smtp()
    index = next(k for k, message in enumerate(diagram.messages) if "queued as" in message.text())
    waited = msgspec.structs.replace(diagram.messages[index], wait=Wait("server", 3_190_000_000))
    scene = arrange(msgspec.structs.replace(diagram, messages=(*diagram.messages[:index], waited, *diagram.messages[index + 1 :])))
    named = [group for group in of(scene, "cut") if group.texts]
    assert [text.text for group in named for text in group.texts] == ["server took 3.19 s"]
    assert [mark.name for mark in named[0].marks] == ["cut", "cut"]
    assert of(arrange(diagram, to_scale=False), "cut") == []


def test_ends_that_were_not_captured_are_hollow() -> None:
    def marks(taken_at: str | None) -> set[tuple[str, str]]:
        made = diagrams.smtp()
        session = msgspec.structs.replace(made.sessions[0], taken_at=taken_at, to_client=0, to_server=12_000_000)
        groups = of(arrange(msgspec.structs.replace(made, sessions=(session,))), "message")
        return {(mark.name, mark.fill) for group in groups[:2] for mark in group.marks}

    assert marks("client") == {("head-right", "ground"), ("head-left", "server"), ("ring", "ground")}
    assert marks(None) == {("head-right", "client"), ("head-left", "server")}


def test_the_line_of_a_capture_in_between_stands_where_the_legs_part() -> None:
    made = diagrams.smtp()
    session = msgspec.structs.replace(made.sessions[0], taken_at="between", to_client=3_000_000, to_server=9_000_000)
    scene = arrange(msgspec.structs.replace(made, sessions=(session,)))
    (observer,) = of(scene, "observer")
    left, right = (head.texts[0].x for head in of(scene, "head")[:2])
    assert observer.strokes[0].x1 == pytest.approx(left + (right - left) / 4, abs=0.1)
    assert {mark.name for mark in observer.marks} == {"dot"}


def test_an_arrow_that_was_under_way_for_too_long_is_broken() -> None:
    made = diagrams.smtp()
    held = msgspec.structs.replace(made.messages[4], arrived=(made.messages[4].t_end or 0) + 5_000_000_000)
    session = msgspec.structs.replace(made.sessions[0], taken_at="both", to_client=12_000_000, to_server=12_000_000)
    scene = arrange(msgspec.structs.replace(made, sessions=(session,), messages=(*made.messages[:4], held, *made.messages[5:])))
    groups = of(scene, "message")
    assert "cut" in {mark.name for mark in groups[4].marks} and "cut" not in {mark.name for mark in groups[3].marks}
    assert abs(groups[4].strokes[0].y2 - groups[4].strokes[0].y1) <= 96
