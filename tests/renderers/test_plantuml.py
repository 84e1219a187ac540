"""PlantUML source, line by line."""

from __future__ import annotations

import msgspec

from seqdiag.diagram import Diagram
from seqdiag.renderers import RENDERERS, RenderOptions
from tests import diagrams


def source(diagram: Diagram, options: RenderOptions | None = None) -> list[str]:
    return RENDERERS["plantuml"].render(diagram, options or RenderOptions()).decode().splitlines()


def test_a_frame_of_one_diagram() -> None:
    lines = source(diagrams.smtp())
    assert lines[0] == "@startuml" and lines[-1] == "@enduml"
    assert [line.split(" as ")[1] for line in lines if line.startswith("participant")] == ["p1", "p2"]


def test_a_handshake() -> None:
    lines = source(diagrams.smtp())
    start = lines.index("group#eef4fb #eef4fb Handshake")
    time = "<size:10><color:#57606a>{} ms</color></size>  "
    assert lines[start + 1 : start + 9] == [
        "p1 -[#0b5394]>> p2 : " + time.format("0.0") + "<b>SYN</b> <size:10>seq 0, mss 1460</size>",
        "hnote over p1 #f6f8fa : SYN-SENT",
        "/ hnote over p2 #f6f8fa : <i>SYN-RECEIVED</i>",
        "p2 -[#9a3b00]>> p1 : " + time.format("24.0") + "<b>SYN, ACK</b> <size:10>seq 0, ack 1, mss 1460</size>",
        "hnote over p1 #f6f8fa : ESTABLISHED",
        "p1 -[#0b5394]>> p2 : " + time.format("24.1") + "<b>ACK</b> <size:10>ack 1</size>",
        "hnote over p2 #f6f8fa : <i>ESTABLISHED</i>",
        "end",
    ]


def test_lost_resent_refused_inferred() -> None:
    arrows = [line for line in source(diagrams.smtp()) if line.startswith(("p1 -", "p2 -"))]
    assert any(arrow.startswith("p1 -[#b3261e]>x p2 : ") and arrow.count("\\n") == 4 for arrow in arrows)
    assert any(arrow.startswith("p1 -[#b3261e]-> p2 : ") for arrow in arrows)
    assert any("<color:#b3261e><&warning> 550 5.1.1" in arrow for arrow in arrows)
    assert any(line.startswith("p1 -[#8c959f]->> p2 : <b>SYN</b>") for line in source(diagrams.inferred()))


def test_waits_notes_bars_and_the_foot() -> None:
    lines = source(diagrams.smtp()) + source(diagrams.pop3())
    assert "...3.19 s..." in lines
    assert "note over p1, p2 #f6f8fa : the capture lost 2 packets here" in lines
    assert "rnote over p2 #e3efdf : <b>AUTHORIZATION</b>  认证状态" in lines
    caption = next(line for line in lines if line.startswith("caption") and "在客户端捕获" in line)
    assert "各行按观察到的先后排列" in caption and "服务器端的时刻由往返时间（24 ms）估计" in caption


def test_themes() -> None:
    assert "skinparam backgroundColor #0d1117" in source(diagrams.smtp(), RenderOptions(theme="dark"))
    assert not any("#0b5394" in line for line in source(diagrams.smtp(), RenderOptions(theme="print")))


def test_a_label_too_long_for_an_arrow_becomes_a_note() -> None:
    long = source(diagrams.hostile("B" * 3000))
    assert "p1 -[#0b5394]> p2" in long
    assert max(len(line) for line in long if line.startswith("p1 -")) < 2000
    assert any(line.startswith("note over p1, p2 : ") and line.count("B") == 18_000 for line in long)
    kept = source(diagrams.hostile("B" * 3000), RenderOptions(compat=True))
    assert any(line.startswith("p1 -[#0b5394]> p2 : ") and line.count("B") == 18_000 for line in kept)


def test_no_times_no_stamps() -> None:
    assert not any(" ms</color>" in line for line in source(diagrams.inferred()))


def test_ten_thousand_messages() -> None:
    smtp = diagrams.smtp()
    assert len(source(msgspec.structs.replace(smtp, messages=smtp.messages * 400))) > 10_000
