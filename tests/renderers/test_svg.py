"""The SVG against the law of the figure: by hand, at random, in both languages and every theme."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from seqdiag.diagram import Diagram
from seqdiag.renderers import svg
from seqdiag.renderers.base import RenderOptions, Theme, Times
from tests import diagrams
from tests.layout.law import SVG, faults
from tests.layout.random_diagrams import diagrams as any_diagram

OPTIONS = RenderOptions()
ORIGINS = [f"mail.pcap:{n}" for n in range(1, 5)]


def drawn(diagram: Diagram, **options: object) -> ET.Element:
    return ET.fromstring(svg.render(diagram, RenderOptions(**options)))  # type: ignore[arg-type]


def groups(root: ET.Element, kind: str) -> list[ET.Element]:
    return [group for group in root.iter(SVG + "g") if group.get("class") == kind]


def said(group: ET.Element) -> str:
    return " ".join(text.text or "" for text in group.iter(SVG + "text"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", diagrams.ALL)
def test_no_text_overlaps_or_leaves_the_figure(name: str, lang: str) -> None:
    assert faults(svg.render(msgspec.structs.replace(diagrams.ALL[name](), lang=lang), OPTIONS)) == []


@pytest.mark.parametrize("times", get_args(Times))
@pytest.mark.parametrize("theme", get_args(Theme))
def test_every_theme_and_form_of_time_keeps_the_law(theme: Theme, times: Times) -> None:
    assert faults(svg.render(diagrams.smtp(), RenderOptions(theme=theme, times=times))) == []


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(any_diagram())
def test_any_diagram_keeps_the_law(diagram: Diagram) -> None:
    assert faults(svg.render(diagram, OPTIONS)) == []
    assert faults(svg.render(diagram, RenderOptions(time="rows"))) == []


def test_the_law_sees_what_it_forbids() -> None:
    good = svg.render(diagrams.smtp(), OPTIONS).decode()
    bad = good.replace(">QUIT<", f">{'QUIT' * 200}<")
    assert any(fault.startswith("outside: 'QUITQUIT") for fault in faults(bad))
    assert any("overlap" in fault for fault in faults(good.replace(">AUTH LOGIN<", f">{'AUTH LOGIN ' * 9}<")))
    late = re.sub(r'data-t="\d+"', f'data-t="{10**19}"', good, count=1)
    assert any(fault.startswith("time goes up") for fault in faults(late))
    askew = re.sub(r'data-px-per-ms="[^"]+"', 'data-px-per-ms="99"', good)
    assert any(fault.startswith("not to scale though it says so") for fault in faults(askew))
    assert any("not allowed" in fault for fault in faults(good.replace("</svg>", "<script/></svg>")))


def test_same_bytes_twice() -> None:
    assert svg.render(diagrams.smtp(), OPTIONS) == svg.render(diagrams.smtp(), OPTIONS)


def test_a_message_carries_its_session_number_origin_and_full_text() -> None:
    root = drawn(diagrams.smtp())
    messages = groups(root, "message")
    assert len(messages) == len(diagrams.smtp().messages)
    assert [message.get("data-origin") for message in messages[:4]] == ORIGINS
    assert {message.get("data-session") for message in messages} == {"1"}
    assert messages[3].findtext(SVG + "title") == (
        "49.4 ms, mail.example.org → client.example.net\n220 mail.example.org ESMTP\n  service ready\nmail.pcap:4"
    )


def test_what_is_clipped_stands_in_full_in_the_title() -> None:
    long = "X" * 500
    diagram = diagrams.smtp()
    first = msgspec.structs.replace(diagram.messages[0], lines=(diagrams.wire(long, long),))
    root = drawn(msgspec.structs.replace(diagram, messages=(first,), notes=()))
    message = groups(root, "message")[0]
    assert long not in said(message) and "…" in said(message)
    assert (message.findtext(SVG + "title") or "").count(long) == 2


@pytest.mark.parametrize("name", diagrams.ALL)
def test_every_label_reads_back(name: str) -> None:
    diagram = diagrams.ALL[name]()
    for message, group in zip(diagram.messages, groups(drawn(diagram), "message"), strict=True):
        words = said(group).replace(" ", "")
        for line in message.lines:
            for run in line.runs:
                assert run.text.replace(" ", "") in words
            assert (line.meaning or "").replace(" ", "") in words


def test_hostile_text_is_text() -> None:
    for text in [
        "<script>alert(1)</script>",
        "]]>",
        "&lt;",
        '" onload="x',
        "\u202eevil",
        "a\x00\x1b[2J",
        "\ud800",
        "𝕏😀",
        "\n\n",
        "  a  b  ",
    ]:
        diagram = diagrams.hostile(text)
        raw = svg.render(diagram, OPTIONS)
        assert faults(raw) == []
        assert ET.fromstring(raw).findtext(SVG + "title") == diagram.title


def test_phases_states_and_ticks_are_marked_up() -> None:
    root = drawn(diagrams.smtp())
    kinds = ["handshake", "dialogue", "authentication", "mail", "dialogue", "close"]
    assert [phase.get("data-kind") for phase in groups(root, "phase")] == kinds
    assert [said(state) for state in groups(root, "state")][:3] == ["SYN-SENT", "SYN-RECEIVED", "ESTABLISHED"]
    ticks = [tick for axis in groups(root, "axis") for tick in axis.iter(SVG + "circle")]
    assert {tick.get("data-scale") for tick in ticks} == {"true", "false"}
    assert [int(tick.attrib["data-t"]) - diagrams.START for tick in ticks][:2] == [0, 24_000_000]
    assert float(root.attrib["data-px-per-ms"]) > 0
    rows = drawn(diagrams.smtp(), time="rows")
    assert rows.get("data-px-per-ms") == "0"
    assert {tick.get("data-scale") for axis in groups(rows, "axis")[1:] for tick in axis.iter(SVG + "circle")} <= {"false"}


def test_a_clock_that_goes_back_repeats_the_greatest_time_above() -> None:
    diagram = diagrams.aborted()
    times = [5, 3, 4, 9, 9]
    messages = tuple(msgspec.structs.replace(message, t=t, t_end=t) for message, t in zip(diagram.messages, times, strict=True))
    root = drawn(msgspec.structs.replace(diagram, messages=messages))
    assert [tick.get("data-t") for tick in groups(root, "axis")[0].iter(SVG + "circle")] == ["5", "5", "5", "9", "9"]


def test_without_times_there_is_no_axis() -> None:
    assert groups(drawn(diagrams.inferred()), "axis") == []


def test_only_the_auto_theme_has_a_style_and_dark_is_in_the_attributes() -> None:
    auto, light, dark = (svg.render(diagrams.smtp(), RenderOptions(theme=theme)).decode() for theme in ("auto", "light", "dark"))
    assert "@media (prefers-color-scheme:dark)" in auto and "<style>" not in light + dark
    assert 'class="f-ground" width' in dark and 'fill="#0d1117"' in dark and "#0b5394" not in dark
    assert re.sub(r"<style>.*?</style>\n", "", auto, flags=re.S) == light


def test_print_has_no_colour() -> None:
    colours = set(re.findall(r"#[0-9a-f]{6}", svg.render(diagrams.pop3(), RenderOptions(theme="print")).decode()))
    assert colours and all(colour[1:3] == colour[3:5] == colour[5:7] for colour in colours)


def test_ten_thousand_messages_are_laid_out_in_linear_time() -> None:
    from time import process_time

    def seconds(count: int) -> float:
        diagram = diagrams.smtp()
        many = diagram.messages * (count // len(diagram.messages))
        start = process_time()
        svg.render(msgspec.structs.replace(diagram, messages=many, notes=()), OPTIONS)
        return process_time() - start

    seconds(250)
    assert seconds(4000) < 8 * max(seconds(1000), 0.02)


def test_a_users_template_is_taken_from_their_folder(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "svg").mkdir()
    (folder / "svg" / "figure.svg").write_text("<p>{{ scene.title|xml }}</p>")
    assert svg.render(diagrams.aborted(), RenderOptions(templates=str(folder))) == b"<p>HTTP: reset by server</p>"
